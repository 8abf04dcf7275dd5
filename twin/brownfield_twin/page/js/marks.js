/**
 * Quality as shape, colour and word together (filled circle, triangle, cross), so that none of the three is needed.
 */

import { attribute, h, svg, text } from "./dom.js";

/** @typedef {"Good" | "Uncertain" | "Bad" | "None" | "Paused"} Mark */

const SHAPES = /** @type {Record<Mark, string>} */ ({
  Good: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11z",
  Uncertain: "M8 1.8 15 14H1z",
  Bad: "M3.2 1.4 8 6.2l4.8-4.8 1.8 1.8L9.8 8l4.8 4.8-1.8 1.8L8 9.8l-4.8 4.8-1.8-1.8L6.2 8 1.4 3.2z",
  None: "M2 7h12v2H2z",
  Paused: "M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z",
});

/**
 * A mark; `word` is shown beside it, or read aloud only when `quiet`.
 * @param {{quiet?: boolean}} [options]
 */
export function mark({ quiet = false } = {}) {
  const shape = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path"));
  return h("span", { class: "mark" }, shape, h("span", { class: quiet ? "unseen" : "mark-word" }));
}

/**
 * @param {Element} element  made by `mark`
 * @param {Mark} quality
 * @param {string} [word]
 * @param {string} [title]  why, on hover
 */
export function setMark(element, quality, word = quality, title = "") {
  attribute(element, "data-quality", quality);
  attribute(element, "title", title || null);
  attribute(/** @type {Element} */ (element.querySelector("path")), "d", SHAPES[quality]);
  text(/** @type {Element} */ (element.lastElementChild), word);
}

/** @type {("Good" | "Uncertain" | "Bad")[]} */
export const SEVERITIES = ["Good", "Uncertain", "Bad"];

/**
 * @param {Iterable<"Good" | "Uncertain" | "Bad">} qualities
 * @returns {"Good" | "Uncertain" | "Bad"}
 */
export function worst(qualities) {
  let index = 0;
  for (const quality of qualities) index = Math.max(index, SEVERITIES.indexOf(quality));
  return SEVERITIES[index];
}
