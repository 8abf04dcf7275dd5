/**
 * The last quarter of an hour of one property in the space of a line, with what was expected behind it.
 */

import { fetchHistory, isAborted } from "../api.js";
import { propertyOf } from "../behaviours.js";
import { attribute, h, svg } from "../dom.js";
import { Series } from "../series.js";

const SPAN = 900;
const POINTS = 150;
const WIDTH = 300;
const HEIGHT = 40;

/**
 * @param {import("../store.js").Store} store
 * @param {() => import("../types.js").AssetView} asset
 * @param {string} name
 * @param {string} [expectedName]
 */
export function sparkline(store, asset, name, expectedName) {
  const actual = new Series();
  const expected = new Series();
  const lines = {
    area: svg("path", { class: "spark-area" }),
    expected: svg("path", { class: "spark-expected" }),
    actual: svg("path", { class: "spark-line" }),
  };
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    lines.area,
    lines.expected,
    lines.actual,
  );
  const element = h("div", { class: "spark", title: "The last 15 minutes" }, picture);
  const gone = new AbortController();
  let visible = false;
  let asked = false;
  const watcher = new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    if (visible && !asked) load();
    draw();
  });
  watcher.observe(element);

  function load() {
    asked = true;
    const to = store.now() / 1000;
    const span = { from: to - SPAN, to, points: POINTS };
    const ask = (/** @type {Series} */ series, /** @type {string} */ wanted) =>
      fetchHistory(asset().id, wanted, span, gone.signal)
        .then((history) => {
          series.load(history);
          draw();
        })
        .catch((error) => {
          // Not worth a word on a card: the line grows from live values, and we ask again.
          if (!isAborted(error)) asked = false;
        });
    ask(actual, name);
    if (expectedName) ask(expected, expectedName);
  }

  function draw() {
    if (!visible) return;
    const to = store.now() / 1000;
    const values = [...actual.value, ...expected.value].filter((value) => value !== null);
    const low = Math.min(0, ...values);
    const high = Math.max(...values, low + 1e-9);
    const gap = actual.gap(store.twin?.fresh ?? 5);
    const place = (/** @type {number} */ time, /** @type {number} */ value) => [
      ((time - to + SPAN) / SPAN) * WIDTH,
      HEIGHT - 2 - ((value - low) / (high - low || 1)) * (HEIGHT - 4),
    ];
    const path = pathOf(actual.drawn(gap), place);
    attribute(lines.actual, "d", path.line);
    attribute(lines.area, "d", path.area);
    attribute(lines.expected, "d", pathOf(expected.drawn(gap), place).line);
  }

  return {
    element,
    update: () => {
      actual.append(propertyOf(asset(), name));
      if (expectedName) expected.append(propertyOf(asset(), expectedName));
    },
    tick: () => {
      const from = store.now() / 1000 - SPAN;
      actual.trim(from);
      expected.trim(from);
      if (visible && !asked && store.live) load();
      draw();
    },
    close: () => {
      gone.abort();
      watcher.disconnect();
    },
  };
}

/**
 * @param {[number[], (number | null)[]]} columns
 * @param {(time: number, value: number) => number[]} place
 */
function pathOf([time, value], place) {
  let line = "";
  let area = "";
  let start = 0;
  let x = 0;
  let open = false;
  const close = () => open && (area += `L${x.toFixed(1)} ${HEIGHT}L${start.toFixed(1)} ${HEIGHT}Z`);
  time.forEach((at, index) => {
    const here = value[index];
    if (here === null) {
      close();
      open = false;
      return;
    }
    const [left, y] = place(at, here);
    if (!open) start = left;
    const step = `${open ? "L" : "M"}${left.toFixed(1)} ${y.toFixed(1)}`;
    [x, open] = [left, true];
    line += step;
    area += step;
  });
  close();
  return { line, area };
}
