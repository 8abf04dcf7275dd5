/**
 * The arithmetic of axes: pleasant ticks, labels that do not lie on each other, a value on a curve.
 */

/**
 * Round numbers from below `low` to above `high`, about `count` steps.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 * @returns {number[]}
 */
export function niceTicks(low, high, count) {
  const rough = (high - low) / count || 1;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * size >= rough) ?? 10) * size;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: Math.max(last - first, 1) + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

/**
 * Positions at least `distance` apart, as near to the wanted ones as going once through them allows; order is kept.
 * @param {number[]} wanted
 * @param {number} distance
 * @param {number} low
 * @param {number} high
 * @returns {number[]}
 */
export function spread(wanted, distance, low, high) {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a] - wanted[b]);
  const placed = [...wanted];
  let floor = low;
  for (const index of order) {
    placed[index] = Math.max(placed[index], floor);
    floor = placed[index] + distance;
  }
  let ceiling = high;
  for (const index of order.reverse()) {
    placed[index] = Math.min(placed[index], ceiling);
    ceiling = placed[index] - distance;
  }
  return placed;
}

/**
 * Piecewise linear, constant beyond the ends, as the twin computes it.
 * @param {[number, number][]} points  ascending x
 * @param {number} x
 */
export function interpolate(points, x) {
  const after = points.findIndex(([px]) => px >= x);
  if (after === 0) return points[0][1];
  if (after < 0) return points[points.length - 1][1];
  const [[x0, y0], [x1, y1]] = [points[after - 1], points[after]];
  return y0 + ((x - x0) / (x1 - x0 || 1)) * (y1 - y0);
}
