/**
 * Narrows many cards or rows to the ones a reader names, or to those that are not well.
 */

import { attribute, h, text } from "../dom.js";
import { counted } from "../words.js";

/** From so many assets or sources on, a filter is worth its place. */
export const MANY = 13;

/**
 * A search box and a switch; `wants` says whether what has these words, and is unwell or not, is asked for.
 * @param {{label: string, placeholder: string, only?: string}} wording  `only`: of the switch
 * @param {() => void} onChange
 */
export function filterForm({ label, placeholder, only = "only what is stale or not good" }, onChange) {
  const search = /** @type {HTMLInputElement} */ (h("input", { type: "search", placeholder, oninput: onChange }));
  const unwell = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", onchange: onChange }));
  const found = h("output", { class: "count" });
  const element = h(
    "form",
    { class: "filter", role: "search", onsubmit: (/** @type {Event} */ e) => e.preventDefault() },
    h("label", {}, h("span", { class: "unseen" }, label), search),
    h("label", {}, unwell, only),
    found,
  );
  return {
    element,
    wants: (/** @type {string} */ words, /** @type {boolean} */ ails) =>
      words.toLowerCase().includes(search.value.trim().toLowerCase()) && (!unwell.checked || ails),
    say: (/** @type {string} */ words) => text(found, words),
  };
}

/**
 * @param {Map<string, {element: HTMLElement, words: () => string, unwell: () => boolean}>} cards
 * @param {{element: HTMLElement, ids: string[]}[]} sections
 */
export function assetFilter(cards, sections) {
  const form = filterForm({ label: "Filter assets", placeholder: "Name, alias, path…" }, apply);

  function apply() {
    let shown = 0;
    for (const card of cards.values()) {
      const fits = form.wants(card.words(), card.unwell());
      attribute(card.element, "hidden", !fits);
      if (fits) shown += 1;
    }
    for (const part of sections)
      attribute(
        part.element,
        "hidden",
        part.ids.every((id) => cards.get(id)?.element.hidden),
      );
    form.say(shown === cards.size ? "" : `${shown} of ${counted(cards.size, "asset")}`);
  }
  return { element: form.element, apply };
}
