/**
 * One property as a reading: its name, value and unit, and the shape of its quality.
 */

import { attribute, h, text } from "../dom.js";
import { mark, setMark } from "../marks.js";
import { GLANCE, number } from "../numbers.js";
import { unitText } from "../units.js";
import { humanised, why } from "../words.js";

/**
 * @param {import("../types.js").PropertyView} property
 * @param {number} [significant]  digits
 * @returns {string}
 */
export function valueText(property, significant) {
  const { value, unit } = property;
  if (value === null) return "–";
  return typeof value === "number"
    ? number(value, unit, significant)
    : typeof value === "boolean"
      ? value
        ? "on"
        : "off"
      : value;
}

/**
 * A `<div>` for a description list.
 * @param {import("../types.js").PropertyView} first
 * @param {string} size  class name: "large" or "small"
 */
export function reading(first, size) {
  const value = h("span", { class: "value" });
  const unit = h("span", { class: "unit" });
  const shape = mark({ quiet: true });
  const element = h(
    "div",
    { class: `reading ${size}` },
    h("dt", {}, shape, h("span", { class: "reading-name" }, humanised(first.name))),
    h("dd", {}, value, unit),
  );

  /** @param {import("../types.js").PropertyView} property */
  const update = (property) => {
    text(value, valueText(property, GLANCE));
    text(unit, property.value === null ? "" : unitText(property.unit));
    attribute(element, "data-old", property.freshness !== "Fresh");
    attribute(element, "data-estimated", property.estimated);
    const title = property.estimated ? `Estimated: ${why(property)}` : why(property);
    setMark(shape, property.quality, property.quality, title ? `${property.quality}: ${title}` : property.quality);
  };
  update(first);
  return { element, update };
}
