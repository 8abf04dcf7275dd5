/**
 * The strip on top: how many are fresh, what they do against what they should, the worst quality, the links.
 */

import { behaviourOf, isActual, namesOf, numeric, propertyOf } from "../behaviours.js";
import { attribute, h, text } from "../dom.js";
import { mark, setMark, worst } from "../marks.js";
import { GLANCE, number, percent, signed } from "../numbers.js";
import { assetHref } from "../router.js";
import { isAdditive, unitText } from "../units.js";
import { assetName, counted, humanised } from "../words.js";
import { meter } from "./meter.js";
import { promisesTile } from "./promises.js";

/** Where an asset's count of each quality stands. */
const COUNTED = /** @type {const} */ ([
  ["Good", "good"],
  ["Uncertain", "uncertain"],
  ["Bad", "bad"],
]);
const UNKNOWN = "not known while the twin is away";

/** @param {import("../store.js").Store} store */
export function summary(store) {
  const tiles = [freshTile(store), ...performanceTiles(store), qualityTile(store), linkTile(store), promisesTile(store)];
  const element = h("section", { class: "summary", "aria-label": "Summary" }, ...tiles.map((tile) => tile.element));
  return { element, update: () => tiles.forEach((tile) => tile.update()) };
}

/**
 * @param {string} title
 * @param {...import("../dom.js").Child} content
 */
function tile(title, ...content) {
  return h("div", { class: "tile" }, h("h2", { class: "tile-title" }, title), ...content);
}

/** @param {import("../store.js").Store} store */
function freshTile(store) {
  const value = h("span", { class: "figure" });
  const of = h("span", { class: "of" });
  const note = h("p", { class: "tile-note" });
  const update = () => {
    const assets = [...store.assets.values()];
    const stale = assets.filter((asset) => asset.freshness !== "Fresh");
    text(value, store.live ? number(assets.length - stale.length) : "–");
    text(of, `of ${counted(assets.length, "asset")}`);
    const key = store.live + stale.map((asset) => asset.id + asset.freshness).join();
    if (note.dataset.key === key) return;
    note.dataset.key = key;
    note.replaceChildren(...(stale.length ? staleLinks(stale) : [store.live ? "all up to date" : UNKNOWN]));
  };
  return { element: tile("Fresh", h("p", {}, value, of), note), update };
}

/** @param {import("../types.js").AssetView[]} stale */
function staleLinks(stale) {
  const links = stale
    .slice(0, 4)
    .flatMap((asset) => [
      h(
        "a",
        { href: assetHref(asset.id), class: "stale-link" },
        `${assetName(asset)} ${asset.freshness.toLowerCase()}`,
      ),
      " ",
    ]);
  return stale.length > 4 ? [...links, `and ${stale.length - 4} more`] : links;
}

/**
 * For each behaviour that counts for some asset: the sum (or mean) of what it predicts, over the assets whose actual
 * may be counted.
 * @param {import("../store.js").Store} store
 */
function performanceTiles(store) {
  const all = store.twin?.behaviours ?? [];
  const counting = new Set([...store.assets.values()].map((asset) => behaviourOf(all, asset)));
  return all.filter((behaviour) => counting.has(behaviour)).map((behaviour) => performanceTile(store, behaviour));
}

/**
 * @param {import("../store.js").Store} store
 * @param {import("../types.js").BehaviourView} behaviour
 */
function performanceTile(store, behaviour) {
  const names = namesOf(behaviour);
  const value = h("span", { class: "figure" });
  const of = h("span", { class: "of" });
  const note = h("p", { class: "tile-note" });
  const bar = meter();
  const most = Math.max(...behaviour.points.map(([, y]) => y), 0);
  const title = humanised(names.output);
  const element = tile(title, h("p", {}, value, of), bar.element, note);
  const update = () => {
    const all = [...store.assets.values()].filter(
      (a) => behaviourOf(store.twin?.behaviours ?? [], a)?.name === behaviour.name,
    );
    const counting = all
      .map((a) => [propertyOf(a, names.output), propertyOf(a, names.expected)])
      .filter(([actual, expected]) => isActual(actual) && numeric(actual) !== null && numeric(expected) !== null);
    const unit = all[0] ? (propertyOf(all[0], names.output)?.unit ?? "") : "";
    const divisor = isAdditive(unit) ? 1 : counting.length || 1;
    const actual = counting.reduce((sum, [p]) => sum + (numeric(p) ?? 0), 0) / divisor;
    const expected = counting.reduce((sum, [, p]) => sum + (numeric(p) ?? 0), 0) / divisor;
    text(value, counting.length ? number(actual, unit, GLANCE) : "–");
    text(of, unitText(unit));
    const full = (most * counting.length) / divisor;
    bar.update(counting.length ? actual : null, counting.length ? expected : null, full);
    // Of next to nothing no percentage means anything.
    const share = expected > full / 50 ? `${percent(actual, expected)} of ` : "";
    const missing = counting.length < all.length ? `; ${counting.length} of ${all.length} counted` : "";
    const difference = signed(actual - expected, unit, GLANCE);
    const words = `${share}${number(expected, unit, GLANCE)} ${unitText(unit)} expected (${difference})${missing}`;
    text(note, counting.length ? words : "nothing can be counted: no actual value is good and fresh");
  };
  attribute(element, "data-wide", true);
  return { element, update };
}

/** @param {import("../store.js").Store} store */
function qualityTile(store) {
  const shape = mark();
  const note = h("p", { class: "tile-note" });
  const update = () => {
    const assets = [...store.assets.values()];
    const counts = COUNTED.map(([name, key]) => ({ name, key, count: assets.reduce((sum, a) => sum + a[key], 0) }));
    const present = counts.filter(({ count }) => count);
    const found = present.length ? worst(present.map(({ name }) => name)) : null;
    setMark(shape, found ?? "None", found ?? "no values");
    text(note, present.map(({ key, count }) => `${number(count)} ${key}`).join(" · "));
  };
  return { element: tile("Worst quality", h("p", { class: "figure-mark" }, shape), note), update };
}

/** @param {import("../store.js").Store} store */
function linkTile(store) {
  const value = h("span", { class: "figure" });
  const of = h("span", { class: "of" });
  const note = h("p", { class: "tile-note" });
  const update = () => {
    const connected = store.sources.filter((source) => source.state === "Connected" && !source.expired);
    const others = store.sources.filter((source) => !connected.includes(source)).map((source) => source.name);
    text(value, store.live ? number(connected.length) : "–");
    text(of, `of ${counted(store.sources.length, "source")}`);
    const names = others.slice(0, 3).join(", ") + (others.length > 3 ? ` and ${others.length - 3} more` : "");
    if (!store.live) text(note, UNKNOWN);
    else
      text(note, others.length ? `not connected: ${names}` : store.sources.length ? "all connected" : "none known yet");
  };
  const link = h("a", { href: "#/sources" }, "Connected");
  return {
    element: h("div", { class: "tile" }, h("h2", { class: "tile-title" }, link), h("p", {}, value, of), note),
    update,
  };
}
