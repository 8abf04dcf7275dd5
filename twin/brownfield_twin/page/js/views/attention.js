/**
 * What a person should look at, worst first, each with the reason in plain words. An asset that is stale as a whole is
 * one line, not one for each of its properties; so is one of hundreds of properties, which only its counts tell of.
 */

import { attribute, h, text } from "../dom.js";
import { mark, setMark, SEVERITIES } from "../marks.js";
import { assetHref } from "../router.js";
import { assetName, counted, humanised, why } from "../words.js";

const LINES = 8;
const NAMES = 3;

/**
 * @typedef {{id: string, name: string, what: string, why: string, quality: "Good" | "Uncertain" | "Bad"}} Matter
 *
 * @param {import("../store.js").Store} store
 */
export function attention(store) {
  const list = h("ul", { class: "matters" });
  const none = h("p", { class: "note" });
  const more = h("p", { class: "note" });
  const element = h(
    "section",
    { class: "panel attention", "aria-labelledby": "attention" },
    h("h2", { id: "attention" }, "Needs attention"),
    none,
    list,
    more,
  );
  let shown = "";
  const update = () => {
    const matters = [...store.assets.values()].flatMap((a) => (a.abridged ? sumOf(a) : mattersOf(a)));
    matters.sort((a, b) => SEVERITIES.indexOf(b.quality) - SEVERITIES.indexOf(a.quality));
    attribute(none, "hidden", matters.length > 0);
    text(none, store.live ? "Nothing: every value is good and fresh." : "Not known while the twin is away.");
    attribute(element, "data-matters", matters.length > 0);
    const rest = matters.length - LINES;
    text(more, rest > 0 ? `and ${counted(rest, "more", "more")}` : "");
    const key = JSON.stringify(matters);
    if (key === shown) return;
    shown = key;
    list.replaceChildren(...matters.slice(0, LINES).map(line));
  };
  return { element, update };
}

/**
 * @param {import("../types.js").AssetView} asset  abridged
 * @returns {Matter[]}
 */
function sumOf(asset) {
  const { id, good, uncertain, bad, freshness, quality } = asset;
  const all = good + uncertain + bad;
  const unwell = uncertain + bad;
  const fresh = freshness === "Fresh";
  if (fresh && !unwell) return [];
  const name = assetName(asset);
  if (!fresh && !good) return [{ id, name, what: `All ${all} properties`, why: silence(asset), quality }];
  const old = !fresh && `some ${freshness.toLowerCase()}`;
  const parts = [bad && `${bad} bad`, uncertain && `${uncertain} uncertain`, old];
  const what = unwell ? `${unwell} of ${counted(all, "property", "properties")} not good` : "Some properties";
  const worst = bad ? "Bad" : unwell ? "Uncertain" : quality;
  return [{ id, name, what, why: parts.filter(Boolean).join(", "), quality: worst }];
}

/**
 * @param {import("../types.js").AssetView} asset
 * @returns {Matter[]}
 */
function mattersOf(asset) {
  const { id } = asset;
  const name = assetName(asset);
  const measured = asset.properties.filter((p) => p.kind !== "behaviour");
  const stale = measured.filter((p) => p.freshness !== "Fresh");
  const whole = stale.length > 1 && stale.length === measured.length;
  const own = whole ? [] : measured.filter((p) => p.quality !== "Good" || p.freshness !== "Fresh");
  const lines = alike(own).map((group) => ({
    id,
    name,
    what: listed(group.map((p) => humanised(p.name))),
    why: cause(group[0]),
    quality: group[0].quality,
  }));
  if (!whole) return lines;
  return [{ id, name, what: "All properties", why: silence(asset), quality: asset.quality }];
}

/** @param {import("../types.js").AssetView} asset */
function silence({ freshness }) {
  return `${freshness.toLowerCase()}: ${freshness === "Never" ? "no value has ever come" : "no new values"}`;
}

/** @param {import("../types.js").PropertyView} property */
function cause(property) {
  return why(property) || property.freshness.toLowerCase();
}

/**
 * Properties that ail from the same cause, together.
 * @param {import("../types.js").PropertyView[]} properties
 */
function alike(properties) {
  /** @type {Map<string, import("../types.js").PropertyView[]>} */
  const groups = new Map();
  for (const property of properties) {
    const key = property.quality + cause(property);
    groups.set(key, [...(groups.get(key) ?? []), property]);
  }
  return [...groups.values()];
}

/** @param {string[]} names */
function listed(names) {
  const rest = names.length - NAMES;
  return names.slice(0, NAMES).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** @param {Matter} matter */
function line(matter) {
  const shape = mark({ quiet: true });
  setMark(shape, matter.quality);
  return h(
    "li",
    {},
    shape,
    h("a", { href: assetHref(matter.id) }, matter.name),
    h("span", {}, matter.what),
    h("span", { class: "why" }, matter.why),
  );
}
