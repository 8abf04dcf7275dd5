/**
 * Expected against actual as one bar: the fill is what is, the notch what should be.
 */

import { attribute, h } from "../dom.js";

export function meter() {
  const fill = h("span", { class: "meter-fill" });
  const notch = h("span", { class: "meter-notch" });
  const element = h("div", { class: "meter", "aria-hidden": "true" }, fill, notch);

  /**
   * @param {number | null} actual
   * @param {number | null} expected
   * @param {number} full  the value at the bar's end
   */
  const update = (actual, expected, full) => {
    fill.style.inlineSize = share(actual, full);
    attribute(notch, "hidden", expected === null);
    notch.style.insetInlineStart = share(expected, full);
  };
  return { element, update };
}

/**
 * @param {number | null} value
 * @param {number} full
 */
function share(value, full) {
  const part = value === null || !(full > 0) ? 0 : Math.min(1, Math.max(0, value / full));
  return `${(part * 100).toFixed(1)}%`;
}
