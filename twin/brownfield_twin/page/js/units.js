/**
 * UCUM codes as people print them: `kW.h` is kWh, `m3/h` is m³/h, `Cel` is °C (UCUM 2.1, section 4).
 */

import { superscript } from "./numbers.js";

const PRINTED = /** @type {Record<string, string>} */ ({
  1: "",
  Cel: "°C",
  "[degF]": "°F",
  deg: "°",
  Ohm: "Ω",
  "[in_i]": "in",
  "[ft_i]": "ft",
  "[lb_av]": "lb",
  "[gal_us]": "gal",
  "[psi]": "psi",
  "[pH]": "pH",
  "[ppm]": "ppm",
  "'": "′",
  "''": "″",
  um: "µm",
  us: "µs",
  mo: "month",
  "kW.h": "kWh",
  "W.h": "Wh",
  "MW.h": "MWh",
  "A.h": "Ah",
  "V.A": "VA",
  "kV.A": "kVA",
  "m[H2O]": "mH₂O",
});

/** Quantities that may be added up over assets; of all others (a temperature, a speed) a mean is shown. */
const ADDITIVE = /^(k|M|G|m)?(W|var|V\.A|W\.h|J|A|g|L|l|mol)$|^(m3|L|l|k?g|t)(\/(s|min|h|d))?$/;

/**
 * @param {string} unit
 * @returns {string}
 */
export function unitText(unit) {
  if (unit in PRINTED) return PRINTED[unit];
  return unit.split("/").map(product).join("/");
}

/** @param {string} unit */
export function isAdditive(unit) {
  return ADDITIVE.test(unit);
}

/** @param {string} part */
function product(part) {
  return part.split(".").map(factor).join("·");
}

/** @param {string} symbol */
function factor(symbol) {
  if (symbol in PRINTED) return PRINTED[symbol];
  const plain = symbol.replace(/^\{(.*)\}$/, "$1").replace(/\{.*\}/, "");
  const [, name, digits] = /^([a-zA-Zµ%Ω°]+)(-?\d+)$/.exec(plain) ?? ["", plain, ""];
  return (PRINTED[name] ?? name) + superscript(digits);
}
