/**
 * One property over time: history first, then live. Where there was no sample there is no line; the band below says
 * what the quality was. Plots of one asset share the cursor; the arrow keys move it too.
 */

import { fetchHistory, isAborted } from "../api.js";
import { propertyOf } from "../behaviours.js";
import { attribute, h, text } from "../dom.js";
import { number, percent, signed as signedNumber } from "../numbers.js";
import { NO_SAMPLES, Series } from "../series.js";
import { timeText } from "../times.js";
import { unitText } from "../units.js";
import { humanised } from "../words.js";
import { plotOptions } from "./plot_options.js";

const POINTS = 1500;
/** With so many samples gathered live, the history is asked again, thinned. */
const MANY = 6000;
/** @type {Promise<any>} */
const uplot = import("../../vendor/uplot-1.6.32/uPlot.esm.js").then((module) => module.default);
uplot.catch(() => {}); // Said on each plot's own place below.

/**
 * @typedef {object} TrendOptions
 * @property {import("../types.js").PropertyView} property
 * @property {string} expected  property to draw beside it, "" for none
 * @property {boolean} signed  a difference: zero is drawn, values carry their sign
 * @property {number} seconds  the span shown
 *
 * @param {import("../store.js").Store} store
 * @param {() => import("../types.js").AssetView} asset
 * @param {TrendOptions} options
 */
export function trend(store, asset, { property, expected, signed, seconds }) {
  const { name, unit } = property;
  const actual = new Series();
  const model = new Series();
  const readout = h("p", { class: "readout" });
  const note = h("p", { class: "note" }, "Asking for history…");
  const share = h("p", { class: "note shares" });
  const place = h("div", {
    class: "plot",
    role: "img",
    tabindex: "0",
    "aria-label": `Trend of ${humanised(name)}`,
    onkeydown: step,
  });
  const element = h(
    "figure",
    { class: "panel trend", "data-property": name },
    h("figcaption", {}, h("h3", {}, humanised(name), " ", h("span", { class: "count" }, unitText(unit))), readout),
    place,
    note,
    share,
  );
  const gone = new AbortController();
  /** @type {any} */
  let plot = null;
  let drawn = false;
  let moved = false;
  let wasLive = store.live;
  const watcher = new ResizeObserver(() => plot?.setSize(size()));
  const size = () => ({ width: Math.max(place.clientWidth, 120), height: signed ? 150 : 220 });
  const from = () => store.now() / 1000 - seconds;
  const gap = () => actual.gap(store.twin?.fresh ?? 5);

  uplot
    .then((Plot) => {
      if (gone.signal.aborted) return;
      const band = () => actual.spans(from(), store.now() / 1000, gap());
      const hover = (/** @type {number | null} */ index) => read(index);
      plot = new Plot(
        plotOptions({ ...size(), signed, seconds, expected: Boolean(expected), band, hover }),
        data(),
        place,
      );
      watcher.observe(place);
      drawn = true;
      draw();
    })
    .catch(() =>
      place.append(
        h("p", { class: "note" }, "The plot library could not be loaded, or is not the one this page was made with."),
      ),
    );
  load();

  function load() {
    const to = store.now() / 1000;
    const span = { from: to - seconds, to, points: POINTS };
    const ask = async (/** @type {Series} */ series, /** @type {string} */ wanted) => {
      series.load(await fetchHistory(asset().id, wanted, span, gone.signal));
      draw();
    };
    Promise.all([ask(actual, name), expected ? ask(model, expected) : null])
      .then(() => attribute(note, "hidden", true))
      .catch((error) => {
        if (isAborted(error)) return;
        attribute(note, "hidden", null);
        text(note, `History could not be read: ${error.message}. New values are drawn as they come.`);
      });
  }

  function data() {
    if (!expected) return actual.drawn(gap());
    return joined(actual.drawn(gap()), model.drawn(gap()));
  }

  function draw() {
    if (!drawn) return;
    const to = store.now() / 1000;
    plot.batch(() => {
      plot.setData(data(), false);
      plot.setScale("x", { min: to - seconds, max: to });
    });
    read(plot.cursor.idx);
    tell(to);
  }

  /** @param {number | null | undefined} index  of the cursor, none: the newest value */
  function read(index) {
    if (!plot) return;
    const format = signed ? signedNumber : number;
    const columns = plot.data;
    const at = index ?? lastKnown(columns[1]);
    const value = columns[1][at];
    const beside = columns[2]?.[index ?? lastKnown(columns[2])];
    const words = [typeof value === "number" ? `${format(value, unit)} ${unitText(unit)}` : "no value"];
    if (typeof beside === "number") words.push(`expected ${number(beside, unit)}`);
    if (columns[0][at])
      words.push(`${index === null || index === undefined ? "latest, " : ""}${timeText(columns[0][at] * 1000)}`);
    text(readout, words.join(" · "));
  }

  /** @param {number} to  the shares of quality in words, for whoever cannot see the band */
  function tell(to) {
    const sums = [0, 0, 0, 0];
    for (const span of actual.spans(to - seconds, to, gap())) sums[span.quality] += span.to - span.from;
    const names = ["good", "uncertain", "bad", "no samples"];
    const parts = sums.map((sum, quality) => sum > 0 && `${percent(sum, seconds)} ${names[quality]}`).filter(Boolean);
    text(share, actual.time.length ? parts.join(" · ") : "No samples in this span.");
    attribute(element, "data-empty", sums[NO_SAMPLES] >= seconds - 1);
    attribute(place, "aria-label", `Trend of ${humanised(name)}: ${readout.textContent}; quality ${parts.join(", ")}`);
  }

  /** @param {KeyboardEvent} event */
  function step(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !plot) return;
    event.preventDefault();
    const times = plot.data[0];
    const stride = event.shiftKey ? 20 : 1;
    const at = Math.min(Math.max((plot.cursor.idx ?? times.length - 1) + by * stride, 0), times.length - 1);
    // The two `true`: fire our hook, and tell the other plots.
    plot.setCursor({ left: plot.valToPos(times[at], "x"), top: 20 }, true, true);
  }

  return {
    element,
    update: () => {
      const now = asset();
      const grown = actual.append(propertyOf(now, name));
      if (expected) model.append(propertyOf(now, expected));
      if (grown) draw();
      moved = grown;
    },
    tick: () => {
      const tooMany = actual.time.length > MANY;
      if ((store.live && !wasLive) || tooMany) {
        if (tooMany) for (const series of [actual, model]) series.trim(Infinity);
        load();
      }
      wasLive = store.live;
      actual.trim(from());
      model.trim(from());
      if (!moved) draw(); // Nothing new: time goes on all the same.
      moved = false;
    },
    close: () => {
      gone.abort();
      watcher.disconnect();
      plot?.destroy();
    },
  };
}

/** @param {(number | null | undefined)[]} values */
function lastKnown(values) {
  return values.findLastIndex((value) => typeof value === "number");
}

/**
 * Two columns on one time axis: `undefined` where a series has no sample of its own, which draws through; `null` stays
 * a hole.
 * @param {[number[], (number | null)[]]} one
 * @param {[number[], (number | null)[]]} other
 */
function joined([timeA, valueA], [timeB, valueB]) {
  const time = [...new Set([...timeA, ...timeB])].sort((a, b) => a - b);
  const at = (/** @type {number[]} */ times, /** @type {(number | null)[]} */ values) => {
    const known = new Map(times.map((moment, index) => [moment, values[index]]));
    return time.map((moment) => known.get(moment));
  };
  return [time, at(timeA, valueA), at(timeB, valueB)];
}
