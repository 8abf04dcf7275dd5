/**
 * All promises in one sentence: kept, or which are broken.
 */

import { attribute, h, text } from "../dom.js";
import { levelName, standing } from "../levels.js";
import { mark, setMark } from "../marks.js";
import { number } from "../numbers.js";
import { counted } from "../words.js";

const NAMES = 3;
const UNKNOWN = "not known while the twin is away";

/**
 * @param {import("../store.js").Store} store
 * @returns {[string, import("../types.js").LevelView][]}  whose, and which
 */
function promisesOf(store) {
  const own = store.levels.map((level) => /** @type {const} */ ([store.twin?.name ?? "", level]));
  const others = store.sources.flatMap((source) => source.levels.map((level) => [source.name, level]));
  return /** @type {[string, import("../types.js").LevelView][]} */ ([...own, ...others]);
}

/**
 * How many promises there are, how many are kept so far, and the sentence about them.
 * @param {import("../store.js").Store} store
 * @returns {{all: number, kept: number | null, quality: import("../marks.js").Mark, words: string}}
 */
function judged(store) {
  const promises = promisesOf(store);
  const all = promises.length;
  const which = (/** @type {import("../levels.js").Standing} */ wanted) =>
    promises
      .filter(([, level]) => standing(level) === wanted)
      .map(([owner, level]) => `${owner} ${levelName(level.sli).toLowerCase()}`);
  const [broken, risk, silent, unknown] = [which("broken"), which("risk"), which("none"), which("unknown")];
  if (!store.live) return { all, kept: null, quality: "None", words: UNKNOWN };
  if (unknown.length)
    return { all, kept: null, quality: "None", words: "not known: nobody keeps the ledger of service levels" };
  const kept = all - broken.length - silent.length;
  const parts = [
    broken.length && `${counted(broken.length, "promise")} broken: ${listed(broken)}`,
    risk.length && `${broken.length ? `${risk.length}` : counted(risk.length, "promise")} at risk: ${listed(risk)}`,
    silent.length && `${silent.length} without events yet`,
  ].filter(Boolean);
  const quality = broken.length ? "Bad" : risk.length ? "Uncertain" : silent.length === all ? "None" : "Good";
  return { all, kept, quality, words: parts.length ? parts.join("; ") : "all promises kept" };
}

/** @param {string[]} names */
function listed(names) {
  const rest = names.length - NAMES;
  return names.slice(0, NAMES).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** A mark and the sentence. */
function sentence() {
  const shape = mark({ quiet: true });
  const words = h("span");
  const element = h("p", { class: "verdict" }, shape, words);
  /** @param {ReturnType<typeof judged>} found */
  const update = (found) => {
    setMark(shape, found.quality, "");
    text(words, found.words);
  };
  return { element, update };
}

/**
 * The sentence by itself; hidden while nothing is promised.
 * @param {import("../store.js").Store} store
 */
export function verdict(store) {
  const said = sentence();
  const update = () => {
    const found = judged(store);
    attribute(said.element, "hidden", !found.all);
    said.update(found);
  };
  return { element: said.element, update };
}

/**
 * A tile of the overview's summary; hidden while nothing is promised.
 * @param {import("../store.js").Store} store
 */
export function promisesTile(store) {
  const value = h("span", { class: "figure" });
  const of = h("span", { class: "of" });
  const said = sentence();
  said.element.classList.add("tile-note");
  const link = h("a", { href: "#/sources" }, "Service levels");
  const element = h("div", { class: "tile" }, h("h2", { class: "tile-title" }, link), h("p", {}, value, " ", of), said.element);
  const update = () => {
    const found = judged(store);
    attribute(element, "hidden", !found.all);
    text(value, found.kept === null ? "–" : number(found.kept));
    text(of, `of ${counted(found.all, "promise")}`);
    said.update(found);
  };
  return { element, update };
}
