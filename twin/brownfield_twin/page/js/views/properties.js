/**
 * Every property of an asset: value, quality and why, how old, and where it came from. On a phone each row is a card.
 * Rows come and go with the properties: those of a large asset are asked for after the first are shown.
 */

import { attribute, h, text } from "../dom.js";
import { mark, setMark } from "../marks.js";
import { durationText, setTime, timeElement } from "../times.js";
import { unitText } from "../units.js";
import { counted, humanised, why } from "../words.js";
import { filterForm } from "./filter.js";
import { valueText } from "./reading.js";

const COLUMNS = ["Property", "Value", "Quality", "Age", "Comes from"];
const KINDS = { measured: "", derived: "derived", behaviour: "computed by a behaviour" };

/** From so many properties on, a filter is worth its place. */
const MANY = 40;

/** @param {import("../whole.js").Whole} whole */
export function propertyTable(whole) {
  /** @type {Map<string, ReturnType<typeof row>>} */
  let rows = new Map();
  const generation = h("p", { class: "note" });
  const trouble = h("p", { class: "note" });
  const filter = filterForm({ label: "Filter properties", placeholder: "Property, source, tag…" }, update);
  const body = h("tbody");
  const head = h(
    "tr",
    {},
    ...COLUMNS.map((name) => h("th", { scope: "col", class: name === "Value" ? "right" : null }, name)),
  );
  const element = h(
    "section",
    { "aria-labelledby": "properties" },
    h("div", { class: "toolbar" }, h("h2", { id: "properties" }, "Properties"), filter.element),
    trouble,
    h("table", { class: "panel properties" }, h("thead", {}, head), body),
    generation,
  );

  /** @param {import("../types.js").PropertyView[]} properties */
  function settle(properties) {
    if (properties.length === rows.size && properties.every(({ name }) => rows.has(name))) return;
    rows = new Map(properties.map((property) => [property.name, rows.get(property.name) ?? row(property)]));
    body.replaceChildren(...[...rows.values()].map((r) => r.element));
  }

  function update() {
    const { properties } = whole.asset();
    settle(properties);
    const many = properties.length > MANY;
    attribute(filter.element, "hidden", !many && whole.complete());
    let shown = 0;
    for (const property of properties) {
      const line = /** @type {ReturnType<typeof row>} */ (rows.get(property.name));
      const fits = !many || filter.wants(line.words(), property.quality !== "Good" || property.freshness !== "Fresh");
      attribute(line.element, "hidden", !fits);
      if (!fits) continue;
      line.update(property, whole.age(property));
      shown += 1;
    }
    const all = counted(properties.length, "property", "properties");
    filter.say(!whole.complete() ? "asking for all…" : shown < properties.length ? `${shown} of ${all}` : all);
  }
  update();

  /** @param {import("../types.js").LineageView[]} lineage */
  const explain = (lineage) => {
    for (const line of lineage) rows.get(line.property)?.explain(line);
    // What a behaviour computes has no generation of its own.
    const mapped = lineage.filter((l) => l.mapping && l.generation);
    const versions = new Set(mapped.map((l) => `${l.mapping}, generation ${l.generation}`));
    text(generation, versions.size ? `Mapped by ${[...versions].join("; ")}.` : "");
    text(trouble, "");
  };
  return { element, update, explain, complain: (/** @type {string} */ words) => text(trouble, words) };
}

/** @param {import("../types.js").PropertyView} first */
function row(first) {
  const value = h("span", { class: "value" });
  const shape = mark();
  const reason = h("span", { class: "why" });
  const age = h("span");
  const since = h("span", { class: "why" });
  const moment = timeElement();
  const sinceTime = timeElement();
  const origin = h("td", { "data-label": "Comes from" });
  since.append("stale since ", sinceTime);
  let words = `${first.name} ${humanised(first.name)}`;
  let explained = "";
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

  /**
   * @param {import("../types.js").PropertyView} property
   * @param {number | null} seconds  its age
   */
  const update = (property, seconds) => {
    text(value, valueText(property));
    attribute(element, "data-old", property.freshness !== "Fresh");
    attribute(element, "data-estimated", property.estimated);
    setMark(shape, property.quality, property.quality, property.status);
    text(reason, why(property));
    text(age, seconds === null ? "never" : seconds < 1 ? "now" : durationText(seconds));
    attribute(moment, "hidden", !property.sourceTime);
    setTime(moment, property.sourceTime);
    attribute(since, "hidden", !property.staleSince);
    setTime(sinceTime, property.staleSince);
  };

  /** @param {import("../types.js").LineageView} line */
  const explain = (line) => {
    const key = JSON.stringify(line);
    if (key === explained) return;
    explained = key;
    words = `${first.name} ${humanised(first.name)} ${line.source} ${line.tag}`;
    const unit = line.tagUnit && line.tagUnit !== first.unit ? ` in ${unitText(line.tagUnit)}` : "";
    const parts = [];
    if (line.source) parts.push(h("a", { href: "#/sources" }, line.source), " › ", h("code", {}, line.tag), unit);
    if (line.expression) parts.push(h("code", {}, line.expression));
    if (line.inputs.length)
      parts.push(h("span", { class: "why" }, `from ${line.inputs.map(humanised).join(", ").toLowerCase()}`));
    origin.replaceChildren(h("span", {}, ...(parts.length ? parts : ["–"])));
  };
  return { element, update, explain, words: () => words };
}
