/**
 * Which span and which properties to plot: native controls, so that every keyboard and screen reader knows them.
 */

import { attribute, h, text } from "../dom.js";
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

/** Up to so many properties, each has its box; of more, so many are offered, and a search finds the others. */
const ALL = 40;
const OFFERED = 24;

/**
 * @param {() => {usual: string[], all: string[]}} known  names to offer unasked, and those a search finds
 * @param {string[]} first  chosen
 * @param {(names: string[]) => void} onChoose
 */
export function propertyPicker(known, first, onChoose) {
  const chosen = new Set(first);
  const boxes = h("span", { class: "boxes" });
  const found = h("output", { class: "count" });
  const search = /** @type {HTMLInputElement} */ (
    h("input", { type: "search", placeholder: "Find a property…", oninput: offer })
  );
  const finder = h("label", { class: "finder" }, h("span", { class: "unseen" }, "Find a property to plot"), search);
  const element = h(
    "fieldset",
    { class: "picker" },
    h("legend", { class: "unseen" }, "Properties to plot"),
    finder,
    found,
    boxes,
  );

  /** @param {string} name */
  function box(name) {
    const choose = (/** @type {Event} */ event) => {
      if (/** @type {HTMLInputElement} */ (event.target).checked) chosen.add(name);
      else chosen.delete(name);
      onChoose([...chosen]);
    };
    const input = h("input", { type: "checkbox", value: name, checked: chosen.has(name), onchange: choose });
    return h("label", {}, input, h("span", {}, humanised(name)));
  }

  /** Boxes change only here, never by a choice: the one in focus stays. */
  function offer() {
    const { usual, all } = known();
    const few = all.length <= ALL;
    const wanted = search.value.trim().toLowerCase();
    const fits = wanted ? all.filter((name) => `${name} ${humanised(name)}`.toLowerCase().includes(wanted)) : usual;
    const offered = new Set(few ? all : fits.slice(0, OFFERED));
    const names = all.filter((name) => offered.has(name) || chosen.has(name));
    boxes.replaceChildren(...names.map(box));
    attribute(finder, "hidden", few);
    const shown = fits.length > OFFERED ? `first ${OFFERED} of ` : "";
    text(found, few || !wanted ? "" : `${shown}${fits.length} found`);
  }
  offer();
  return { element, offer };
}
