/**
 * What a person should look at, worst first, each with the reason in plain words. An asset that is stale as a whole is
 * one line, not one for each of its properties.
 */

import { attribute, h, text } from "../dom.js";
import { mark, setMark, SEVERITIES } from "../marks.js";
import { assetHref } from "../router.js";
import { assetName, counted, humanised, why } from "../words.js";

const LINES = 8;

/**
 * @typedef {{id: string, name: string, what: string, why: string, quality: "Good" | "Uncertain" | "Bad"}} Matter
 *
 * @param {import("../store.js").Store} store
 */
export function attention(store) {
  const list = h("ul", { class: "matters" });
  const none = h("p", { class: "note" }, "Nothing: every value is good and fresh.");
  const more = h("p", { class: "note" });
  const element = h("section", { class: "panel attention", "aria-labelledby": "attention" },
    h("h2", { id: "attention" }, "Needs attention"), none, list, more);
  let shown = "";
  const update = () => {
    const matters = [...store.assets.values()].flatMap(mattersOf);
    matters.sort((a, b) => SEVERITIES.indexOf(b.quality) - SEVERITIES.indexOf(a.quality));
    attribute(none, "hidden", matters.length > 0);
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
  const lines = own.map((p) => ({ id, name, what: humanised(p.name), why: why(p) || p.freshness.toLowerCase(), quality: p.quality }));
  if (!whole) return lines;
  const never = asset.freshness === "Never" ? "no value has ever come" : "no new values";
  return [{ id, name, what: "All properties", why: `${asset.freshness.toLowerCase()}: ${never}`, quality: asset.quality }];
}

/** @param {Matter} matter */
function line(matter) {
  const shape = mark({ quiet: true });
  setMark(shape, matter.quality);
  return h("li", {}, shape, h("a", { href: assetHref(matter.id) }, matter.name), h("span", {}, matter.what),
    h("span", { class: "why" }, matter.why));
}
