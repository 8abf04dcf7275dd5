/**
 * Narrows many cards to the ones a reader names, or to those that are not well.
 */

import { attribute, h, text } from "../dom.js";
import { counted } from "../words.js";

/**
 * @param {Map<string, {element: HTMLElement, words: () => string, unwell: () => boolean}>} cards
 * @param {{element: HTMLElement, ids: string[]}[]} sections
 */
export function assetFilter(cards, sections) {
  const search = /** @type {HTMLInputElement} */ (
    h("input", { type: "search", placeholder: "Name, alias, path…", oninput: apply })
  );
  const unwell = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", onchange: apply }));
  const found = h("output", { class: "count" });
  const element = h(
    "form",
    { class: "filter", role: "search", onsubmit: (/** @type {Event} */ e) => e.preventDefault() },
    h("label", {}, h("span", { class: "unseen" }, "Filter assets"), search),
    h("label", {}, unwell, "only what is stale or not good"),
    found,
  );

  function apply() {
    const wanted = search.value.trim().toLowerCase();
    let shown = 0;
    for (const card of cards.values()) {
      const fits = card.words().toLowerCase().includes(wanted) && (!unwell.checked || card.unwell());
      attribute(card.element, "hidden", !fits);
      if (fits) shown += 1;
    }
    for (const part of sections)
      attribute(
        part.element,
        "hidden",
        part.ids.every((id) => cards.get(id)?.element.hidden),
      );
    text(found, shown === cards.size ? "" : `${shown} of ${counted(cards.size, "asset")}`);
  }
  return { element, apply };
}
