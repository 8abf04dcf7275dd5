/**
 * How a trend looks: quiet axes, times as the viewer writes them, the quality band between plot and time axis.
 */

import { tick } from "../numbers.js";
import { colour } from "../theme.js";
import { paintBand } from "./band.js";

const BAND = 9;
const SYNC = "asset";

/**
 * @param {object} wanted
 * @param {number} wanted.width
 * @param {number} wanted.height
 * @param {boolean} wanted.signed
 * @param {number} wanted.seconds
 * @param {boolean} wanted.expected
 * @param {() => {from: number, to: number, quality: number}[]} wanted.band
 * @param {(index: number | null) => void} wanted.hover
 */
export function plotOptions({ width, height, signed, seconds, expected, band, hover }) {
  const root = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const font = `${Math.round(root * 0.78)}px ${getComputedStyle(document.body).fontFamily}`;
  const axis = {
    stroke: colour("--ink-soft"),
    font,
    ticks: { show: false },
    grid: { stroke: colour("--rule-soft"), width: 1 },
  };
  const actual = { stroke: colour("--actual"), width: 1.5, points: { show: false } };
  const zero = signed ? { fill: colour("--actual-area"), fillTo: 0 } : {};
  const model = { stroke: colour("--expected"), width: 1.5, dash: [5, 4], points: { show: false } };
  return {
    width,
    height,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: { sync: { key: SYNC, scales: ["x", null] }, y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: true }, y: { range: yRange(signed) } },
    series: [{}, { ...actual, ...zero }, ...(expected ? [model] : [])],
    axes: [
      {
        ...axis,
        size: root * 2.2 + BAND,
        gap: BAND + 8,
        space: root * 5.4,
        values: timeLabels(seconds),
        grid: { show: false },
      },
      { ...axis, size: root * 3.6, space: root * 1.9, values: valueLabels },
    ],
    hooks: {
      setCursor: [(/** @type {any} */ plot) => hover(plot.cursor.idx ?? null)],
      draw: [(/** @type {any} */ plot) => paintBand(plot, band(), { height: BAND, offset: 4 })],
    },
  };
}

/**
 * Five percent of air; a range that always holds zero for differences; never a range of nothing.
 * @param {boolean} signed
 */
function yRange(signed) {
  return (/** @type {any} */ _, /** @type {number | null} */ low, /** @type {number | null} */ high) => {
    if (low === null || high === null) return [0, 1];
    const [from, to] = signed ? [Math.min(low, 0), Math.max(high, 0)] : [low, high];
    const air = (to - from) * 0.06 || Math.abs(to) * 0.1 || 1;
    return [from - (from === 0 && !signed ? 0 : air), to + air];
  };
}

/**
 * @param {any} _
 * @param {number[]} ticks
 */
function valueLabels(_, ticks) {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1;
  return ticks.map((value) => tick(value, step));
}

/** @param {number} seconds  the span shown decides whether seconds are worth showing */
function timeLabels(seconds) {
  const parts = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit", hour12: false });
  const format = new Intl.DateTimeFormat(undefined, seconds < 600 ? { ...parts, second: "2-digit" } : parts);
  return (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map((tick) => format.format(tick * 1000));
}
