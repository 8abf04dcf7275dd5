/**
 * Numbers for people: four significant digits (three at a glance), never more decimals than the unit can mean,
 * a real minus sign.
 */

/** Decimals beyond which a reading of this UCUM unit says nothing. */
const DECIMALS = /** @type {Record<string, number>} */ ({
  Cel: 1,
  deg: 1,
  "%": 1,
  "[degF]": 1,
  W: 0,
  kW: 1,
  "kW.h": 1,
  "W.h": 0,
  Pa: 0,
  "/min": 1,
  "m/s": 2,
});
const SIGNIFICANT = 4;

/** Where a number is read at a glance, from afar. */
export const GLANCE = 3;
const formats = new Map();

/**
 * @param {number} value
 * @param {string} [unit]  UCUM
 * @param {number} [significant]  digits; whole ones are always kept
 * @returns {string}
 */
export function number(value, unit = "", significant = SIGNIFICANT) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e12 || size < 1e-4)) return power(value);
  if (Number.isInteger(value) && !(unit in DECIMALS)) return fixed(value, 0);
  const before = size < 1 ? 1 : Math.floor(Math.log10(size)) + 1;
  const small = size !== 0 && size < 1 ? -Math.floor(Math.log10(size)) - 1 : 0;
  const decimals = Math.max(0, significant - before + small);
  return fixed(value, Math.min(decimals, DECIMALS[unit] ?? 3 + small));
}

/**
 * With a sign always, for differences.
 * @param {number} value
 * @param {string} [unit]
 * @param {number} [significant]
 */
export function signed(value, unit = "", significant = SIGNIFICANT) {
  const digits = number(Math.abs(value), unit, significant);
  const zero = !/[1-9]/.test(digits);
  return (zero ? "±" : value > 0 ? "+" : "−") + digits;
}

/**
 * A mark on an axis: as many decimals as the step between marks needs, and no more.
 * @param {number} value
 * @param {number} step
 */
export function tick(value, step) {
  const size = Math.abs(value);
  if (size >= 1e9) return power(value);
  return fixed(value, Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))));
}

/**
 * @param {number} part
 * @param {number} whole
 */
export function percent(part, whole) {
  if (!(whole > 0)) return "–";
  const value = (100 * part) / whole;
  if (value > 0 && value < 0.5) return "< 1 %";
  const rounded = value < 100 && value > 99.9 ? 99.9 : value; // 100 % is kept for what is complete.
  return `${fixed(rounded, rounded >= 99 && rounded < 100 ? 1 : 0)} %`;
}

/**
 * @param {number} value
 * @param {number} decimals
 */
function fixed(value, decimals) {
  let format = formats.get(decimals);
  if (!format) {
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    format = new Intl.NumberFormat(undefined, digits);
    formats.set(decimals, format);
  }
  return negativeZero(format.format(value)).replace("-", "−");
}

/** @param {string} digits */
function negativeZero(digits) {
  return /[1-9]/.test(digits) ? digits : digits.replace("-", "");
}

/** @param {number} value */
function power(value) {
  const [mantissa, exponent] = value.toExponential(SIGNIFICANT - 1).split("e");
  return `${mantissa.replace("-", "−")} × 10${superscript(String(Number(exponent)))}`;
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/**
 * @param {string} digits
 * @returns {string}
 */
export function superscript(digits) {
  return digits.replace("-", "⁻").replace(/\d/g, (digit) => RAISED[Number(digit)]);
}
