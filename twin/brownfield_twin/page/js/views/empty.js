/**
 * What to read when there is nothing to show yet, in plain words.
 */

import { h } from "../dom.js";

/**
 * @param {string} title
 * @param {string} words
 */
export function emptyState(title, words) {
  return h("div", { class: "empty" }, h("h1", {}, title), h("p", {}, words));
}

/**
 * Before the twin has said anything.
 * @param {import("../store.js").Store} store
 * @returns {import("../main.js").View}
 */
export function emptyView(store) {
  const element = h("div");
  const tick = () => {
    const away = store.link.state === "away";
    const title = away ? "The twin does not answer" : "Asking the twin…";
    const words = away
      ? "Nothing has been heard from it since this page was opened. Is its process running, and is this its address? " +
        "The page keeps trying and fills itself as soon as there is an answer."
      : "This takes a moment.";
    if (element.textContent !== title + words) element.replaceChildren(emptyState(title, words));
  };
  return { element, title: "", update: () => {}, tick, close: () => {} };
}
