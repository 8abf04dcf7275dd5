/**
 * One asset on the overview: who it is, how well, its first readings, what is expected of it, and the last minutes.
 */

import { behaviourOf, headline, namesOf, numeric, propertyOf } from "../behaviours.js";
import { attribute, h, text } from "../dom.js";
import { mark, setMark, worst } from "../marks.js";
import { GLANCE, number, signed } from "../numbers.js";
import { assetHref } from "../router.js";
import { unitText } from "../units.js";
import { assetName } from "../words.js";
import { freshnessLine } from "./freshness.js";
import { meter } from "./meter.js";
import { reading } from "./reading.js";
import { sparkline } from "./sparkline.js";

/**
 * @param {import("../store.js").Store} store
 * @param {import("../types.js").AssetView} first
 */
export function assetCard(store, first) {
  const id = first.id;
  const asset = () => store.assets.get(id) ?? first;
  const behaviour = behaviourOf(store.twin?.behaviours ?? [], first);
  const names = headline(first, behaviour, { count: 2, more: 4 });
  const readings = new Map(
    [...names.large, ...names.small].map((name) => {
      const property = /** @type {import("../types.js").PropertyView} */ (propertyOf(first, name));
      return [name, reading(property, names.large.includes(name) ? "large" : "small")];
    }),
  );
  const shape = mark();
  const fresh = freshnessLine(store, asset);
  const expected = behaviour && expectation(behaviour, asset);
  const spark = names.large[0]
    ? sparkline(store, asset, names.large[0], behaviour && namesOf(behaviour).expected)
    : null;
  const element = h(
    "li",
    { class: "card", "data-asset": id },
    h("header", {}, h("h3", {}, h("a", { href: assetHref(id) }, assetName(first))), shape, aliases(first)),
    h("dl", { class: "readings" }, ...[...readings.values()].map((r) => r.element)),
    expected?.element,
    spark?.element,
    fresh.element,
  );

  const update = () => {
    const now = asset();
    for (const property of now.properties) readings.get(property.name)?.update(property);
    const quality = worst([now.quality]);
    setMark(shape, quality, quality);
    attribute(element, "data-freshness", now.freshness);
    attribute(element, "data-quality", quality);
    fresh.tick();
    expected?.update();
    spark?.update();
  };
  update();
  return {
    element,
    update,
    tick: () => (fresh.tick(), spark?.tick()),
    close: () => spark?.close(),
    words: () => [id, first.path, ...Object.values(first.aliases), ...Object.values(first.sources)].join(" "),
    unwell: () => asset().freshness !== "Fresh" || asset().quality !== "Good",
  };
}

/** @param {import("../types.js").AssetView} asset */
function aliases(asset) {
  const parent = asset.path.split("/").slice(0, -1).join(" / ");
  const others = Object.entries(asset.aliases).map(([system, alias]) => h("span", { title: `in ${system}` }, alias));
  return h(
    "p",
    { class: "card-path" },
    h("span", { class: "path" }, parent || asset.path),
    h("span", { title: "asset id" }, asset.id),
    ...others,
  );
}

/**
 * "Expected 1,203 kW, −53" with a bar; the bar ends at the most the behaviour can predict.
 * @param {import("../types.js").BehaviourView} behaviour
 * @param {() => import("../types.js").AssetView} asset
 */
function expectation(behaviour, asset) {
  const names = namesOf(behaviour);
  const full = Math.max(...behaviour.points.map(([, y]) => y), 0) || 1;
  const bar = meter();
  const words = h("span", { class: "expected-value" });
  const difference = h("span", { class: "difference" });
  const element = h(
    "div",
    { class: "expectation" },
    h("p", {}, h("span", { class: "label" }, "Expected"), words, difference),
    bar.element,
  );
  const update = () => {
    const actual = propertyOf(asset(), names.output);
    const expected = numeric(propertyOf(asset(), names.expected));
    const unit = actual?.unit ?? "";
    text(words, expected === null ? "unknown" : `${number(expected, unit, GLANCE)} ${unitText(unit)}`);
    const value = numeric(actual);
    text(difference, value === null || expected === null ? "" : signed(value - expected, unit, GLANCE));
    bar.update(value, expected, full);
  };
  return { element, update };
}
