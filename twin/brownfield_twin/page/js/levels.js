/**
 * Service levels in words. Nothing is rounded to look better than it is: a level below its promise is shown below it.
 */

import { percent } from "./numbers.js";
import { humanised } from "./words.js";

const NAMES = /** @type {Record<string, string>} */ ({
  uptime: "Uptime",
  latency: "Latency to spine",
  twin_latency: "Latency to twin",
  quality: "Quality",
  freshness: "Freshness",
});
const UNITS = /** @type {Record<string, string>} */ ({ d: "d", h: "h", m: "min", s: "s", ms: "ms" });
const LEAST_DECIMALS = 2;
/** Shares of the budget: what is left when enough of it is gone to be worth a word, and when little is left. */
const FELT = 0.9;
const LOW = 0.25;

/** @typedef {"kept" | "risk" | "broken" | "none" | "unknown"} Standing */

/** @type {Record<Standing, [import("./marks.js").Mark, string]>} shape, and what it means */
const STANDINGS = {
  kept: ["Good", "Kept"],
  risk: ["Uncertain", "At risk"],
  broken: ["Bad", "Broken"],
  none: ["None", "No events"],
  unknown: ["None", "Not kept now"],
};

/**
 * A promise is broken when its budget is overdrawn. It is at risk when less than a quarter of the budget is left, or when
 * a tenth is gone and the share so far is less than was promised: going on like this breaks it. Two polls missed in the
 * first minute of four weeks are less than a tenth, and no risk.
 * @param {import("./types.js").LevelView} level
 * @returns {Standing}
 */
export function standing({ expired, ratio, objective, budget }) {
  if (expired) return "unknown";
  if (ratio === null) return "none";
  if (budget < 0) return "broken";
  return budget < LOW || (budget < FELT && ratio < objective) ? "risk" : "kept";
}

/**
 * The shape of a standing and its word.
 * @param {import("./types.js").LevelView} level
 * @returns {[import("./marks.js").Mark, string]}
 */
export function standingMark(level) {
  const found = standing(level);
  const [shape, word] = STANDINGS[found];
  return [shape, found === "kept" && level.ratio !== null && level.ratio < level.objective ? "Kept so far" : word];
}

/** @param {string} sli */
export function levelName(sli) {
  return NAMES[sli] ?? humanised(sli);
}

/**
 * In the order of a sample's way, not of the record.
 * @param {import("./types.js").LevelView[]} levels
 */
export function inOrder(levels) {
  const order = Object.keys(NAMES);
  return [...levels].sort((a, b) => order.indexOf(a.sli) - order.indexOf(b.sli));
}

/**
 * A share, rounded down to at least as many decimals as its promise has.
 * @param {import("./types.js").LevelView} level
 */
export function ratioText({ ratio, objective }) {
  if (ratio === null) return "–";
  if (ratio >= 1) return "100 %";
  const decimals = Math.max(LEAST_DECIMALS, promiseDigits(objective).split(".")[1]?.length ?? 0);
  const scale = 10 ** decimals;
  const floor = Math.floor(ratio * 100 * scale + 1e-6) / scale;
  return `${formatted(Math.min(floor, 100 - 1 / scale), decimals)} %`;
}

/** @param {import("./types.js").LevelView} level */
export function promiseText({ objective, window }) {
  const digits = promiseDigits(objective);
  const share = formatted(Number(digits), digits.split(".")[1]?.length ?? 0);
  return `promised ${share} % over ${windowText(window)}`;
}

/**
 * What is left of the budget, or how much of it was used when that is more than there was.
 * @param {import("./types.js").LevelView} level
 */
export function budgetText(level) {
  if (level.ratio === null) return "nothing to judge yet";
  if (level.budget === 1) return "whole budget left";
  if (level.budget >= 0) return `${percent(level.budget, 1)} of the budget left`;
  const used = 1 - level.budget;
  return used < 1.005 ? "overdrawn: the budget is just used up" : `overdrawn: ${percent(used, 1)} of the budget used`;
}

/**
 * "28d" as "28 d", "90m" as "90 min".
 * @param {string} window
 */
export function windowText(window) {
  const [, amount, unit] = /^(\d+)(ms|[dhms])$/.exec(window) ?? [];
  return amount ? `${amount} ${UNITS[unit]}` : window;
}

/**
 * The promise in per cent as it was written: binary fractions leave traces in the fifteenth digit.
 * @param {number} objective
 */
function promiseDigits(objective) {
  return String(Number((objective * 100).toPrecision(12)));
}

/**
 * @param {number} value
 * @param {number} decimals
 */
function formatted(value, decimals) {
  return new Intl.NumberFormat(undefined, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(
    value,
  );
}
