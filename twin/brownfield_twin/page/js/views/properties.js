/**
 * Every property of an asset: value, quality and why, how old, and where it came from. On a phone each row is a card.
 */

import { attribute, h, text } from "../dom.js";
import { mark, setMark } from "../marks.js";
import { durationText, setTime, timeElement } from "../times.js";
import { unitText } from "../units.js";
import { humanised, why } from "../words.js";
import { valueText } from "./reading.js";

const COLUMNS = ["Property", "Value", "Quality", "Age", "Comes from"];
const KINDS = { measured: "", derived: "derived", behaviour: "computed by a behaviour" };

/**
 * @param {import("../store.js").Store} store
 * @param {() => import("../types.js").AssetView} asset
 */
export function propertyTable(store, asset) {
  const rows = new Map(asset().properties.map((property) => [property.name, row(store, asset().id, property)]));
  const generation = h("p", { class: "note" });
  const head = h(
    "tr",
    {},
    ...COLUMNS.map((name) => h("th", { scope: "col", class: name === "Value" ? "right" : null }, name)),
  );
  const element = h(
    "section",
    { "aria-labelledby": "properties" },
    h("h2", { id: "properties" }, "Properties"),
    h(
      "table",
      { class: "panel properties" },
      h("thead", {}, head),
      h("tbody", {}, ...[...rows.values()].map((r) => r.element)),
    ),
    generation,
  );
  const update = () => {
    for (const property of asset().properties) rows.get(property.name)?.update(property);
  };
  update();

  /** @param {import("../types.js").LineageView[]} lineage */
  const explain = (lineage) => {
    for (const line of lineage) rows.get(line.property)?.explain(line);
    const versions = new Set(lineage.filter((l) => l.mapping).map((l) => `${l.mapping}, generation ${l.generation}`));
    text(generation, versions.size ? `Mapped by ${[...versions].join("; ")}.` : "");
  };
  return { element, update, explain, unexplained: (/** @type {string} */ words) => text(generation, words) };
}

/**
 * @param {import("../store.js").Store} store
 * @param {string} id
 * @param {import("../types.js").PropertyView} first
 */
function row(store, id, first) {
  const value = h("span", { class: "value" });
  const shape = mark();
  const reason = h("span", { class: "why" });
  const age = h("span");
  const since = h("span", { class: "why" });
  const moment = timeElement();
  const sinceTime = timeElement();
  const origin = h("td", { "data-label": "Comes from" });
  since.append("stale since ", sinceTime);
  const element = h(
    "tr",
    {},
    h(
      "th",
      { scope: "row" },
      humanised(first.name),
      KINDS[first.kind] && h("span", { class: "why" }, KINDS[first.kind]),
    ),
    h(
      "td",
      { class: "right", "data-label": "Value" },
      h("span", {}, value, " ", h("span", { class: "unit" }, unitText(first.unit))),
    ),
    h("td", { "data-label": "Quality" }, h("span", {}, shape, reason)),
    h("td", { "data-label": "Age" }, h("span", {}, age, " ", moment, since)),
    origin,
  );

  /** @param {import("../types.js").PropertyView} property */
  const update = (property) => {
    text(value, valueText(property));
    attribute(element, "data-old", property.freshness !== "Fresh");
    attribute(element, "data-estimated", property.estimated);
    setMark(shape, property.quality, property.quality, property.status);
    text(reason, why(property));
    const seconds = store.age(id, property);
    text(age, seconds === null ? "never" : seconds < 1 ? "now" : durationText(seconds));
    attribute(moment, "hidden", !property.sourceTime);
    setTime(moment, property.sourceTime);
    attribute(since, "hidden", !property.staleSince);
    setTime(sinceTime, property.staleSince);
  };

  /** @param {import("../types.js").LineageView} line */
  const explain = (line) => {
    const unit = line.tagUnit && line.tagUnit !== first.unit ? ` in ${unitText(line.tagUnit)}` : "";
    const parts = [];
    if (line.source) parts.push(h("a", { href: "#/sources" }, line.source), " › ", h("code", {}, line.tag), unit);
    if (line.expression) parts.push(h("code", {}, line.expression));
    if (line.inputs.length)
      parts.push(h("span", { class: "why" }, `from ${line.inputs.map(humanised).join(", ").toLowerCase()}`));
    origin.replaceChildren(h("span", {}, ...(parts.length ? parts : ["–"])));
  };
  return { element, update, explain };
}
