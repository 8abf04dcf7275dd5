/**
 * The promises about one source, or about the twin: what was promised, what came of it, what is left of the budget.
 */

import { attribute, h, text } from "../dom.js";
import { budgetText, inOrder, levelName, promiseText, ratioText, standing, standingMark } from "../levels.js";
import { mark, setMark } from "../marks.js";

/**
 * A list that is hidden while nothing is promised.
 * @param {string} owner  whose promises they are
 */
export function levelList(owner) {
  const element = h("ul", { class: "levels", "aria-label": `Promises of ${owner}` });
  /** @type {Map<string, ReturnType<typeof row>>} */
  let rows = new Map();

  /** @param {import("../types.js").LevelView[]} levels */
  const update = (levels) => {
    const ordered = inOrder(levels);
    if (ordered.map(({ sli }) => sli).join() !== [...rows.keys()].join()) {
      rows = new Map(ordered.map(({ sli }) => [sli, row(sli)]));
      element.replaceChildren(...[...rows.values()].map((item) => item.element));
    }
    for (const level of ordered) rows.get(level.sli)?.update(level);
    attribute(element, "hidden", !ordered.length);
  };
  return { element, update };
}

/** @param {string} sli */
function row(sli) {
  const shape = mark();
  const ratio = h("span", { class: "value" });
  const promise = h("span", { class: "count" });
  const fill = h("span", { class: "budget-fill" });
  const words = h("span", { class: "budget-words" });
  const element = h(
    "li",
    { class: "level", "data-sli": sli },
    h("span", { class: "level-name" }, levelName(sli)),
    shape,
    h("span", { class: "level-ratio" }, ratio, " ", promise),
    h("span", { class: "budget" }, h("span", { class: "budget-bar", "aria-hidden": "true" }, fill), words),
  );

  /** @param {import("../types.js").LevelView} level */
  const update = (level) => {
    const [quality, word] = standingMark(level);
    const title = level.expired ? "Nobody keeps the ledger of service levels; this is what it said last" : "";
    attribute(element, "data-standing", standing(level));
    setMark(shape, quality, word, title);
    text(ratio, ratioText(level));
    text(promise, promiseText(level));
    text(words, budgetText(level));
    const width = `${(100 * Math.min(1, Math.max(0, level.budget < 0 ? 1 : level.budget))).toFixed(1)}%`;
    if (fill.style.inlineSize !== width) fill.style.inlineSize = width;
    attribute(fill, "hidden", level.ratio === null);
  };
  return { element, update };
}
