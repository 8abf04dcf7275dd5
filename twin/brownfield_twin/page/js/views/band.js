/**
 * Quality along the time line, as colour and pattern: plain good, striped uncertain, crossed bad, hollow no samples.
 */

import { NO_SAMPLES } from "../series.js";
import { colour } from "../theme.js";

const TOKENS = ["--good", "--uncertain", "--bad"];
/** @type {Map<string, CanvasPattern | string>} */
const patterns = new Map();

/**
 * @param {any} plot  a uPlot
 * @param {{from: number, to: number, quality: number}[]} spans
 * @param {{height: number, offset: number}} place  CSS pixels below the plotting area
 */
export function paintBand(plot, spans, { height, offset }) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const top = bbox.top + bbox.height + offset * ratio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, top, bbox.width, height * ratio);
  ctx.clip();
  ctx.strokeStyle = colour("--rule");
  ctx.lineWidth = ratio;
  ctx.setLineDash([]); // The series before may have been dashed.
  ctx.strokeRect(bbox.left + ratio / 2, top + ratio / 2, bbox.width - ratio, height * ratio - ratio);
  for (const span of spans) {
    if (span.quality === NO_SAMPLES) continue;
    const left = plot.valToPos(span.from, "x", true);
    ctx.fillStyle = patternOf(ctx, span.quality, ratio);
    ctx.fillRect(left, top, Math.max(plot.valToPos(span.to, "x", true) - left, ratio), height * ratio);
  }
  ctx.restore();
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {number} quality
 * @param {number} ratio
 * @returns {CanvasPattern | string}
 */
function patternOf(ctx, quality, ratio) {
  const base = colour(TOKENS[quality]);
  if (quality === 0) return base;
  const key = `${base} ${ratio}`;
  const known = patterns.get(key);
  if (known) return known;
  const tile = document.createElement("canvas");
  const size = Math.round(6 * ratio);
  tile.width = tile.height = size;
  const pen = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
  pen.fillStyle = base;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = colour("--panel");
  pen.lineWidth = (quality === 2 ? 1 : 1.6) * ratio;
  stroke(pen, [
    [-1, 1, 1, -1],
    [0, size, size, 0],
    [size - 1, size + 1, size + 1, size - 1],
  ]);
  if (quality === 2)
    stroke(pen, [
      [-1, size - 1, 1, size + 1],
      [0, 0, size, size],
      [size - 1, -1, size + 1, 1],
    ]);
  const pattern = ctx.createPattern(tile, "repeat") ?? base;
  patterns.set(key, pattern);
  return pattern;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number[][]} lines
 */
function stroke(pen, lines) {
  pen.beginPath();
  for (const [x1, y1, x2, y2] of lines) {
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
  }
  pen.stroke();
}
