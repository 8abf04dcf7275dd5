/**
 * Light, dark, or as the system says. Remembered where the browser lets us.
 */

import { attribute, text } from "./dom.js";

const KEY = "brownfield.theme";
const CHOICES = /** @type {const} */ (["auto", "light", "dark"]);

/** Fired on `window` when colours change, for what is drawn on canvas. */
export const THEME_CHANGED = "brownfield:theme";

/** @param {HTMLElement} button  cycles through the choices */
export function wireTheme(button) {
  let choice = remembered();
  const show = () => {
    attribute(document.documentElement, "data-theme", choice === "auto" ? null : choice);
    text(/** @type {Element} */ (button.querySelector("[data-part=theme]")), choice);
    dispatchEvent(new Event(THEME_CHANGED));
  };
  button.addEventListener("click", () => {
    choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
    remember(choice);
    show();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
}

/**
 * The current value of a colour token such as `--good`.
 * @param {string} name
 */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @returns {typeof CHOICES[number]} */
function remembered() {
  try {
    return CHOICES.find((choice) => choice === localStorage.getItem(KEY)) ?? "auto";
  } catch {
    return "auto"; // Storage may be forbidden; the page works without.
  }
}

/** @param {string} choice */
function remember(choice) {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // As above: the choice then lasts as long as the page.
  }
}
