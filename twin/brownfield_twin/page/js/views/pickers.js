/**
 * Which span and which properties to plot: native controls, so that every keyboard and screen reader knows them.
 */

import { h } from "../dom.js";
import { humanised } from "../words.js";

/** @type {[string, number][]} name and seconds */
export const RANGES = [
  ["5 min", 300],
  ["15 min", 900],
  ["1 h", 3600],
  ["24 h", 86400],
];

/**
 * @param {number} chosen
 * @param {(seconds: number) => void} onChoose
 */
export function rangePicker(chosen, onChoose) {
  return h(
    "fieldset",
    { class: "ranges" },
    h("legend", { class: "unseen" }, "Span of time"),
    ...RANGES.map(([name, seconds]) =>
      h(
        "label",
        {},
        h("input", { type: "radio", name: "range", checked: seconds === chosen, onchange: () => onChoose(seconds) }),
        h("span", {}, name),
      ),
    ),
  );
}

/**
 * @param {import("../types.js").PropertyView[]} properties
 * @param {string[]} chosen
 * @param {(names: string[]) => void} onChoose
 */
export function propertyPicker(properties, chosen, onChoose) {
  const boxes = properties.map((property) => {
    const box = /** @type {HTMLInputElement} */ (
      h("input", {
        type: "checkbox",
        value: property.name,
        checked: chosen.includes(property.name),
        onchange: () => onChoose(boxes.filter((b) => b.checked).map((b) => b.value)),
      })
    );
    return box;
  });
  return h(
    "fieldset",
    { class: "picker" },
    h("legend", { class: "unseen" }, "Properties to plot"),
    ...boxes.map((box) => h("label", {}, box, h("span", {}, humanised(box.value)))),
  );
}
