/**
 * Times in the viewer's zone with UTC on hover, and durations in the two units a person would say.
 */

import { attribute, h, text } from "./dom.js";

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
const dated = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});

/**
 * The time of day, with the date if that is not today's.
 * @param {number} milliseconds  since 1970
 * @param {number} [now]
 */
export function timeText(milliseconds, now = Date.now()) {
  const moment = new Date(milliseconds);
  const today = moment.toDateString() === new Date(now).toDateString();
  return (today ? clock : dated).format(moment);
}

/** @param {number} milliseconds */
export function utcText(milliseconds) {
  return new Date(milliseconds)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");
}

/**
 * Seconds as "0.4 s", "45 s", "3 min 20 s", "2 h 5 min", "4 d 3 h".
 * @param {number} seconds
 */
export function durationText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(whole, 60, "min", "s");
  if (whole < 86400) return pair(Math.floor(whole / 60), 60, "h", "min");
  return pair(Math.floor(whole / 3600), 24, "d", "h");
}

/**
 * @param {number} amount
 * @param {number} base
 * @param {string} large
 * @param {string} small
 */
function pair(amount, base, large, small) {
  const rest = amount % base;
  return `${Math.floor(amount / base)} ${large}` + (rest ? ` ${rest} ${small}` : "");
}

/**
 * Latencies and short spans: "0.8 ms", "12 ms", "1.25 s".
 * @param {number} seconds
 */
export function spanText(seconds) {
  if (seconds < 0.01) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 60 ? `${seconds.toFixed(2)} s` : durationText(seconds);
}

/** An empty `<time>`; fill it with `setTime`. */
export function timeElement() {
  return h("time");
}

/**
 * @param {Element} element
 * @param {string | number | null} moment  RFC 3339 or milliseconds
 */
export function setTime(element, moment) {
  const milliseconds = typeof moment === "string" ? Date.parse(moment) : moment;
  if (milliseconds === null || Number.isNaN(milliseconds)) {
    text(element, "");
    attribute(element, "datetime", null);
    attribute(element, "title", null);
    return;
  }
  text(element, timeText(milliseconds));
  attribute(element, "datetime", new Date(milliseconds).toISOString());
  attribute(element, "title", utcText(milliseconds));
}
