/**
 * One asset in depth: trends with quality along the time line, what was expected, every property and its origin.
 */

import { behaviourOf, namesOf, propertyOf } from "../behaviours.js";
import { attribute, h } from "../dom.js";
import { mark, setMark } from "../marks.js";
import { assetHref, rememberAs } from "../router.js";
import { THEME_CHANGED } from "../theme.js";
import { timeText } from "../times.js";
import { wholeAsset } from "../whole.js";
import { assetName, humanised } from "../words.js";
import { emptyState } from "./empty.js";
import { freshnessLine } from "./freshness.js";
import { propertyPicker, rangePicker, RANGES } from "./pickers.js";
import { propertyTable } from "./properties.js";
import { trend } from "./trend.js";

/**
 * @param {import("../store.js").Store} store
 * @param {import("../router.js").Route} route
 * @returns {import("../main.js").View}
 */
export function assetView(store, route) {
  const first = store.assets.get(route.id);
  if (!first) return missing(route.id);
  const whole = wholeAsset(store, first, {
    onDetail: (detail) => {
      board.learn();
      board.update();
      table.update();
      table.explain(detail.lineage);
    },
    onFailure: (error, heard) => table.complain(complaint(error, heard, first)),
  });
  const head = heading(store, whole.asset);
  const table = propertyTable(whole);
  const board = trends(store, whole, route);
  const element = h("article", { class: "asset" }, head.element, board.element, table.element);
  return {
    element,
    title: assetName(first),
    update: (change) => {
      if (!change.assets.has(route.id)) return;
      head.update();
      board.update();
      table.update();
    },
    tick: () => {
      whole.tick();
      head.update();
      board.tick();
      table.update();
    },
    close: () => {
      whole.close();
      board.close();
    },
  };
}

/**
 * @param {Error} error
 * @param {number} heard
 * @param {import("../types.js").AssetView} asset
 */
function complaint(error, heard, asset) {
  if (!asset.abridged) return `Where the values come from could not be asked: ${error.message}.`;
  const shown = heard ? `those below are as of ${timeText(heard)}` : "only the first are shown";
  return `All properties could not be asked for: ${error.message}; ${shown}.`;
}

/**
 * @param {string} id
 * @returns {import("../main.js").View}
 */
function missing(id) {
  const element = emptyState(
    "No such asset",
    `The twin has no asset "${id}". It may have been renamed or left the model.`,
  );
  element.append(h("p", {}, h("a", { href: "#/" }, "To the overview")));
  return { element, title: id, update: () => {}, tick: () => {}, close: () => {} };
}

/**
 * @param {import("../store.js").Store} store
 * @param {() => import("../types.js").AssetView} asset
 */
function heading(store, asset) {
  const shape = mark();
  const fresh = freshnessLine(store, asset);
  const { id, path, aliases, sources, className } = asset();
  const facts = [
    ["Class", humanised(className)],
    ["Asset", id],
    ...Object.entries(aliases).map(([key, alias]) => [key, alias]),
  ];
  const links = Object.entries(sources).map(([role, source]) =>
    h(
      "div",
      {},
      h("dt", {}, role === "default" ? "Source" : `Source (${role})`),
      h("dd", {}, h("a", { href: "#/sources" }, source)),
    ),
  );
  const element = h(
    "header",
    { class: "asset-head" },
    h("p", { class: "crumbs" }, h("a", { href: "#/" }, "Overview"), ` / ${path.split("/").slice(0, -1).join(" / ")}`),
    h("div", { class: "asset-title" }, h("h1", {}, assetName(asset())), shape, fresh.element),
    h(
      "dl",
      { class: "facts" },
      ...facts.map(([key, value]) => h("div", {}, h("dt", {}, key), h("dd", {}, value))),
      ...links,
    ),
  );
  const update = () => {
    setMark(shape, asset().quality);
    fresh.tick();
    attribute(element, "data-freshness", asset().freshness);
  };
  update();
  return { element, update };
}

/**
 * The plots, and the choice of properties and range, which the address remembers.
 * @param {import("../store.js").Store} store
 * @param {import("../whole.js").Whole} whole
 * @param {import("../router.js").Route} route
 */
function trends(store, whole, route) {
  const { asset } = whole;
  const behaviour = behaviourOf(store.twin?.behaviours ?? [], asset());
  const names = behaviour && namesOf(behaviour);
  const headline = plottable(asset());
  const usual = names ? [names.output, names.residual, names.input] : headline.slice(0, 3);
  let chosen = route.query.get("show")?.split(",").filter(Boolean) ?? usual;
  let seconds = RANGES.find(([, span]) => String(span) === route.query.get("range"))?.[1] ?? RANGES[1][1];
  /** @type {Map<string, ReturnType<typeof trend>>} */
  const plots = new Map();
  const stack = h("div", { class: "trends" });
  const ranges = rangePicker(seconds, (span) => {
    seconds = span;
    rebuild();
  });
  const picker = propertyPicker(
    () => ({ usual: [...new Set([...usual, ...headline])], all: plottable(asset()) }),
    chosen,
    (wanted) => {
      chosen = wanted;
      rebuild();
    },
  );

  /** @param {boolean} [anew]  also those that need not change */
  function rebuild(anew = true) {
    const all = plottable(asset());
    if (whole.complete()) chosen = chosen.filter((name) => all.includes(name) || plots.has(name));
    const place = (/** @type {string} */ name) => {
      const index = usual.indexOf(name);
      return index < 0 ? usual.length + all.indexOf(name) : index;
    };
    const order = [...chosen].sort((a, b) => place(a) - place(b));
    for (const [name, plot] of plots) {
      if (!anew && chosen.includes(name)) continue;
      plot.close();
      plots.delete(name);
    }
    for (const name of order) {
      const property = propertyOf(asset(), name);
      if (!property || plots.has(name)) continue;
      const options = {
        property,
        expected: name === names?.output ? names.expected : "",
        signed: name === names?.residual,
        seconds,
      };
      plots.set(name, trend(store, asset, options));
    }
    stack.replaceChildren(...order.flatMap((name) => plots.get(name)?.element ?? []));
    if (!order.length)
      stack.append(h("p", { class: "note" }, "No property is chosen. Choose one above to see its trend."));
    if (location.hash.startsWith(assetHref(route.id))) {
      rememberAs(assetHref(route.id, { range: String(seconds), show: chosen.join(",") }));
    }
  }
  const repaint = () => rebuild();
  addEventListener(THEME_CHANGED, repaint);
  rebuild();
  const element = h(
    "section",
    { "aria-labelledby": "trends" },
    h("div", { class: "toolbar" }, h("h2", { id: "trends" }, "Trends"), ranges, picker.element),
    stack,
    legend(),
  );
  const called = () =>
    asset()
      .properties.map((property) => property.name)
      .join();
  let known = called();
  return {
    element,
    /** Properties may have come that were not known before: offer them, and plot those the address asks for. */
    learn: () => {
      const all = called();
      if (all === known) return;
      known = all;
      rebuild(false);
      picker.offer();
    },
    update: () => plots.forEach((plot) => plot.update()),
    tick: () => plots.forEach((plot) => plot.tick()),
    close: () => {
      removeEventListener(THEME_CHANGED, repaint);
      plots.forEach((plot) => plot.close());
    },
  };
}

/** @param {import("../types.js").AssetView} asset */
function plottable(asset) {
  return asset.properties.filter((p) => typeof p.value === "number" || p.value === null).map((p) => p.name);
}

/** What the band below each plot means. */
function legend() {
  const entry = (/** @type {string} */ quality, /** @type {string} */ words) =>
    h("span", {}, h("span", { class: "swatch", "data-quality": quality, "aria-hidden": "true" }), words);
  return h(
    "p",
    { class: "legend" },
    "Band below each plot: ",
    entry("Good", "good"),
    entry("Uncertain", "uncertain, striped"),
    entry("Bad", "bad, crossed"),
    entry("None", "no samples"),
  );
}
