/**
 * A behaviour's curve and, on it, where every asset is now: shape and colour tell quality, hollow means not fresh, a
 * tail shows the way it came, a stem how far it is from what is expected.
 */

import { namesOf, numeric, propertyOf } from "../behaviours.js";
import { attribute, h, svg, text } from "../dom.js";
import { tick as tickText } from "../numbers.js";
import { assetHref } from "../router.js";
import { unitText } from "../units.js";
import { assetName, humanised } from "../words.js";
import { interpolate, niceTicks, spread } from "./scale.js";

/** In units of the type's size, so that a wall's larger letters have their place. */
const MARGIN = { left: 3.1, right: 0.9, top: 0.9, bottom: 2.5 };
const TAIL = 12;
/** With more assets than this, only the few furthest from the curve carry their name, and none its tail. */
const NAMED = 12;
const FURTHEST = 6;

/**
 * @param {import("../store.js").Store} store
 * @param {import("../types.js").BehaviourView} behaviour
 * @param {string[]} ids
 */
export function curvePlot(store, behaviour, ids) {
  const names = namesOf(behaviour);
  const first = ids.length ? store.assets.get(ids[0]) : undefined;
  const units = [names.input, names.output].map((name) => unitText((first && propertyOf(first, name)?.unit) ?? ""));
  const titles = [names.input, names.output].map(
    (name, axis) => humanised(name) + (units[axis] && ` (${units[axis]})`),
  );
  const axes = svg("g", { class: "axes" });
  const curve = svg("path", { class: "curve" });
  const crowd = svg("g");
  const picture = svg("svg", { role: "img" }, axes, curve, crowd);
  const note = h("p", { class: "unseen" });
  const element = h(
    "figure",
    { class: "panel curve-plot" },
    h(
      "figcaption",
      {},
      h("h2", {}, humanised(behaviour.name)),
      h("span", { class: "count" }, behaviour.active ? "active" : "in the shadow"),
    ),
    picture,
    note,
  );
  const spots = new Map(ids.map((id) => [id, spot(store.assets.get(id))]));
  const all = [...spots.values()];
  if (ids.length <= NAMED) crowd.append(...all.map((s) => s.tail));
  crowd.append(...all.map((s) => s.element), ...all.map((s) => s.name));
  const unit = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const margin = {
    left: MARGIN.left * unit,
    right: MARGIN.right * unit,
    top: MARGIN.top * unit,
    bottom: MARGIN.bottom * unit,
  };
  let size = { width: 0, height: 0 };
  const watcher = new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (width === size.width || width < 40) return;
    size = { width, height: Math.round(Math.min(width * 0.78, 520)) };
    attribute(picture, "viewBox", `0 0 ${size.width} ${size.height}`);
    picture.style.blockSize = `${size.height}px`;
    frame();
    update();
  });
  watcher.observe(element);

  const xs = behaviour.points.map(([x]) => x);
  const ys = behaviour.points.map(([, y]) => y);
  const xTicks = niceTicks(Math.min(0, ...xs), Math.max(...xs) * 1.1, 8);
  const yTicks = niceTicks(Math.min(0, ...ys), Math.max(...ys) * 1.05, 5);
  const x = (/** @type {number} */ value) => scaled(value, xTicks, margin.left, size.width - margin.right);
  const y = (/** @type {number} */ value) => scaled(value, yTicks, size.height - margin.bottom, margin.top);

  function frame() {
    const bottom = size.height - margin.bottom;
    axes.replaceChildren(
      ...yTicks.flatMap((tick) => [
        svg("line", { x1: margin.left, x2: size.width - margin.right, y1: y(tick), y2: y(tick) }),
        svg(
          "text",
          { x: margin.left - 6, y: y(tick) + 0.27 * unit, "text-anchor": "end" },
          tickText(tick, yTicks[1] - yTicks[0]),
        ),
      ]),
      ...xTicks.map((tick) =>
        svg(
          "text",
          { x: x(tick), y: bottom + 1.1 * unit, "text-anchor": "middle" },
          tickText(tick, xTicks[1] - xTicks[0]),
        ),
      ),
      svg(
        "text",
        { class: "axis-name", x: size.width - margin.right, y: size.height - 0.3 * unit, "text-anchor": "end" },
        titles[0],
      ),
      svg("text", { class: "axis-name", x: margin.left + 4, y: margin.top + 2 }, titles[1]),
    );
    const line = [[xTicks[0], ys[0]], ...behaviour.points, [xTicks[xTicks.length - 1], ys[ys.length - 1]]];
    attribute(
      curve,
      "d",
      line.map(([px, py], index) => `${index ? "L" : "M"}${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join(""),
    );
  }

  function update() {
    if (!size.width) return;
    const placed = ids.flatMap((id) => {
      const asset = store.assets.get(id);
      const [px, py] = [names.input, names.output].map((name) => asset && propertyOf(asset, name));
      const [vx, vy] = [numeric(px), numeric(py)];
      const known = asset && px && py && vx !== null && vy !== null;
      spots.get(id)?.show(Boolean(known));
      if (!known) return [];
      const expected = interpolate(behaviour.points, vx);
      const fresh = px.freshness === "Fresh" && py.freshness === "Fresh" && store.live;
      return [
        {
          id,
          asset,
          px: x(vx),
          py: y(vy),
          ey: y(expected),
          off: Math.abs(vy - expected),
          quality: asset.quality,
          fresh,
        },
      ];
    });
    const named = [...placed].sort((a, b) => b.off - a.off).slice(0, placed.length > NAMED ? FURTHEST : NAMED);
    const heights = spread(
      named.map((p) => p.py),
      unit,
      margin.top + 6,
      size.height - margin.bottom - 4,
    );
    const labels = new Map(named.map((p, index) => [p.id, heights[index]]));
    for (const p of placed) spots.get(p.id)?.move({ ...p, label: labels.get(p.id) ?? null, right: size.width, unit });
    const words = `${placed.length} of ${ids.length} assets on the curve of ${titles[1]} by ${titles[0]}`;
    attribute(picture, "aria-label", words);
    text(note, words);
  }
  return { element, update, close: () => watcher.disconnect() };
}

/**
 * One asset's point. The link is for the mouse; the keyboard reaches the same place by the asset's card.
 * @param {import("../types.js").AssetView | undefined} asset
 */
function spot(asset) {
  /** @type {string[]} */
  const way = [];
  const tail = svg("polyline", { class: "tail" });
  const stem = svg("line", { class: "stem" });
  const shape = svg("path", { class: "spot" });
  const leader = svg("line", { class: "leader" });
  const label = svg("text", { class: "spot-name" }, asset ? assetName(asset) : "");
  const title = svg("title", {}, asset ? `${assetName(asset)} (${Object.values(asset.aliases).join(", ")})` : "");
  const element = svg("a", { href: assetHref(asset?.id ?? ""), tabindex: "-1" }, title, stem, shape);
  const name = svg("g", {}, leader, label); // Apart, so that no other spot lies on it.
  const show = (/** @type {boolean} */ known) => {
    for (const part of [tail, element, name]) attribute(part, "visibility", known ? null : "hidden");
  };

  /**
   * @typedef {{px: number, py: number, ey: number, quality: string, fresh: boolean}} Spot  `ey`: where it should be
   * @param {Spot & {label: number | null, right: number, unit: number}} place
   */
  const move = ({ px, py, ey, quality, fresh, label: height, right, unit }) => {
    const here = `${px.toFixed(1)},${py.toFixed(1)}`;
    if (way.at(-1) !== here) way.push(here);
    if (way.length > TAIL) way.shift();
    attribute(tail, "points", way.join(" "));
    attribute(element, "data-quality", quality);
    attribute(element, "data-fresh", String(fresh));
    attribute(shape, "d", SHAPES[quality] ?? SHAPES.Good);
    attribute(shape, "transform", `translate(${px.toFixed(1)} ${py.toFixed(1)}) scale(${(unit / 15).toFixed(2)})`);
    line(stem, px, py, px, ey);
    const side = px > right - 4 * unit ? -1 : 1;
    attribute(name, "display", height === null ? "none" : null);
    attribute(label, "text-anchor", side > 0 ? "start" : "end");
    attribute(label, "x", px + side * 1.1 * unit);
    attribute(label, "y", (height ?? py) + 0.27 * unit);
    line(leader, px + side * 0.4 * unit, py, px + side * unit, height ?? py);
  };
  return { element, tail, name, show, move };
}

const SHAPES = /** @type {Record<string, string>} */ ({
  Good: "M-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0-11 0z",
  Uncertain: "M0-6.5 6.5 5.5H-6.5z",
  Bad: "M-5-6.5 0-1.5 5-6.5 6.5-5 1.5 0 6.5 5 5 6.5 0 1.5-5 6.5-6.5 5-1.5 0-6.5-5z",
});

/**
 * @param {SVGElement} element
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 */
function line(element, x1, y1, x2, y2) {
  for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) attribute(element, name, value.toFixed(1));
}

/**
 * @param {number} value
 * @param {number[]} ticks
 * @param {number} from
 * @param {number} to
 */
function scaled(value, ticks, from, to) {
  const [low, high] = [ticks[0], ticks[ticks.length - 1]];
  return from + ((value - low) / (high - low || 1)) * (to - from);
}
