/**
 * The samples of one property over the last while: filled from history, then fed by the live stream. Columns, because
 * plots take columns.
 */

import { numeric } from "./behaviours.js";

/** Quality of a span without samples. */
export const NO_SAMPLES = 3;
const QUALITY = { Good: 0, Uncertain: 1, Bad: 2 };

export class Series {
  constructor() {
    /** @type {number[]} seconds since 1970 */
    this.time = [];
    /** @type {(number | null)[]} */
    this.value = [];
    /** @type {number[]} */
    this.quality = [];
  }

  /** @param {import("./types.js").HistoryView} history */
  load(history) {
    const last = history.time.at(-1) ?? -Infinity;
    const later = this.time.findIndex((time) => time > last);
    const kept = later < 0 ? this.time.length : later;
    this.time = history.time.concat(this.time.slice(kept));
    this.value = history.value.concat(this.value.slice(kept));
    this.quality = history.quality.concat(this.quality.slice(kept));
  }

  /**
   * Add what a live message says, if it is newer than what we have.
   * @param {import("./types.js").PropertyView | undefined} property
   * @returns {boolean} whether it was
   */
  append(property) {
    if (!property?.sourceTime) return false;
    const time = Date.parse(property.sourceTime) / 1000;
    if (!(time > (this.time.at(-1) ?? -Infinity))) return false;
    this.time.push(time);
    this.value.push(property.quality === "Bad" ? null : numeric(property));
    this.quality.push(QUALITY[property.quality]);
    return true;
  }

  /** @param {number} from  forget all samples before, but the last of them */
  trim(from) {
    let keep = this.time.findIndex((time) => time >= from);
    keep = keep < 0 ? this.time.length - 1 : keep - 1;
    if (keep <= 0) return;
    for (const column of [this.time, this.value, this.quality]) column.splice(0, keep);
  }

  /**
   * Seconds without a sample that are shown as a gap instead of a line: no line is drawn over what nobody saw.
   * @param {number} fresh  the twin's own idea of "recent", seconds
   */
  gap(fresh) {
    const steps = this.time
      .slice(1)
      .map((time, index) => time - this.time[index])
      .sort((a, b) => a - b);
    const usual = steps[Math.floor(steps.length / 2)] ?? 0;
    return Math.max(8 * usual, 2 * fresh);
  }

  /**
   * Time and value with a hole wherever samples are missing.
   * @param {number} gap  seconds
   * @returns {[number[], (number | null)[]]}
   */
  drawn(gap) {
    /** @type {number[]} */
    const time = [];
    /** @type {(number | null)[]} */
    const value = [];
    this.time.forEach((at, index) => {
      const before = this.time[index - 1];
      if (at - before > gap) {
        time.push(before + gap / 2);
        value.push(null);
      }
      time.push(at);
      value.push(this.value[index]);
    });
    return [time, value];
  }

  /**
   * Spans of equal quality between `from` and `to`, spans without samples included.
   * @param {number} from
   * @param {number} to
   * @param {number} gap
   * @returns {{from: number, to: number, quality: number}[]}
   */
  spans(from, to, gap) {
    /** @type {{from: number, to: number, quality: number}[]} */
    const spans = [];
    const add = (/** @type {number} */ start, /** @type {number} */ end, /** @type {number} */ quality) => {
      const begin = Math.max(start, from);
      if (end <= begin) return;
      const last = spans.at(-1);
      if (last && last.quality === quality) last.to = end;
      else spans.push({ from: begin, to: end, quality });
    };
    add(from, this.time[0] ?? to, NO_SAMPLES);
    this.time.forEach((at, index) => {
      const next = this.time[index + 1] ?? to;
      const lasts = next - at > gap ? at + Math.min(gap / 8, next - at) : next;
      add(at, lasts, this.quality[index]);
      add(lasts, next, NO_SAMPLES);
    });
    return spans;
  }
}
