/**
 * The plant at a glance: a summary, each asset's card by class, each behaviour's curve with where everyone is on it.
 */

import { namesOf, propertyOf } from "../behaviours.js";
import { h } from "../dom.js";
import { counted, humanised } from "../words.js";
import { attention } from "./attention.js";
import { assetCard } from "./card.js";
import { curvePlot } from "./curve.js";
import { emptyState } from "./empty.js";
import { assetFilter, MANY } from "./filter.js";
import { summary } from "./summary.js";

/**
 * @param {import("../store.js").Store} store
 * @returns {import("../main.js").View}
 */
export function farmView(store) {
  const assets = [...store.assets.values()];
  const cards = new Map(assets.map((asset) => [asset.id, assetCard(store, asset)]));
  const strip = summary(store);
  const plots = plotsOf(store, assets);
  const sections = grouped(assets).map(([name, members]) => section(name, members, cards));
  const filter = assets.length >= MANY ? assetFilter(cards, sections) : null;
  const list = h("div", { class: "classes" }, filter?.element, ...sections.map((part) => part.element));
  if (!assets.length) list.append(emptyState("No assets", "This twin's model selects no asset of any mapping."));
  const matters = attention(store);
  const aside = h(
    "aside",
    { class: "curves", "aria-label": "Behaviours and what needs attention" },
    ...plots.map((p) => p.element),
    matters.element,
  );
  const element = h(
    "div",
    { class: "farm" },
    h("h1", { class: "unseen" }, "Overview"),
    strip.element,
    h("div", { class: "farm-body" }, list, aside),
  );
  const tick = () => {
    strip.update();
    matters.update();
    for (const card of cards.values()) card.tick();
    for (const plot of plots) plot.update();
  };
  return {
    element,
    title: "",
    tick,
    update: (change) => {
      for (const id of change.assets) cards.get(id)?.update();
      filter?.apply();
      strip.update();
      matters.update();
      for (const plot of plots) plot.update();
    },
    close: () => {
      for (const card of cards.values()) card.close();
      for (const plot of plots) plot.close();
    },
  };
}

/**
 * @param {import("../store.js").Store} store
 * @param {import("../types.js").AssetView[]} assets
 */
function plotsOf(store, assets) {
  return (store.twin?.behaviours ?? [])
    .filter((behaviour) => behaviour.points.length > 1)
    .map((behaviour) => {
      const { input, output } = namesOf(behaviour);
      const ids = assets.filter((a) => propertyOf(a, input) && propertyOf(a, output)).map((a) => a.id);
      return curvePlot(store, behaviour, ids);
    });
}

/**
 * Assets by class, each class's in order of their paths: a card keeps its place, operators know it by heart.
 * @param {import("../types.js").AssetView[]} assets
 */
function grouped(assets) {
  /** @type {Map<string, import("../types.js").AssetView[]>} */
  const classes = new Map();
  for (const asset of assets) classes.set(asset.className, [...(classes.get(asset.className) ?? []), asset]);
  const byPath = new Intl.Collator(undefined, { numeric: true }).compare;
  for (const members of classes.values()) members.sort((a, b) => byPath(a.path, b.path));
  return [...classes].sort(([, a], [, b]) => b.length - a.length);
}

/**
 * @param {string} name
 * @param {import("../types.js").AssetView[]} members
 * @param {Map<string, ReturnType<typeof assetCard>>} cards
 */
function section(name, members, cards) {
  const count = h("span", { class: "count" }, counted(members.length, "asset"));
  const list = h("ul", { class: "cards" }, ...members.map((asset) => cards.get(asset.id)?.element));
  const id = `class-${name}`;
  const heading = h("h2", { id }, humanised(name), " ", count);
  return { element: h("section", { "aria-labelledby": id }, heading, list), ids: members.map((asset) => asset.id) };
}
