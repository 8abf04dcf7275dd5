/**
 * Tells screen readers what became stale or fresh again: gathered for a moment, never more often than one can listen.
 */

import { assetName, counted } from "./words.js";

const GATHER = 2000;
const PAUSE = 10_000;

export class Announcer {
  /** @param {HTMLElement} region  an `aria-live="polite"` element */
  constructor(region) {
    this.region = region;
    /** @type {Map<string, string>} */
    this.known = new Map();
    /** @type {Map<string, {name: string, fresh: boolean}>} */
    this.news = new Map();
    this.spoken = -PAUSE;
    this.waiting = false;
  }

  /** @param {Iterable<import("./types.js").AssetView>} assets */
  observe(assets) {
    for (const asset of assets) {
      const before = this.known.get(asset.id);
      this.known.set(asset.id, asset.freshness);
      const fresh = asset.freshness === "Fresh";
      if (before === undefined || (before === "Fresh") === fresh) continue;
      this.news.set(asset.id, { name: assetName(asset), fresh });
    }
    if (this.news.size && !this.waiting) {
      this.waiting = true;
      setTimeout(() => this.speak(), Math.max(GATHER, this.spoken + PAUSE - performance.now()));
    }
  }

  speak() {
    const news = [...this.news.values()];
    this.news.clear();
    this.waiting = false;
    this.spoken = performance.now();
    const parts = [
      sentence(
        news.filter((n) => !n.fresh),
        "stale",
      ),
      sentence(
        news.filter((n) => n.fresh),
        "fresh again",
      ),
    ];
    this.say(parts.filter(Boolean).join(" "));
  }

  /** @param {string} words */
  say(words) {
    this.region.textContent = words;
  }
}

/**
 * @param {{name: string}[]} assets
 * @param {string} state
 */
function sentence(assets, state) {
  if (!assets.length) return "";
  const names = assets.slice(0, 5).map((asset) => asset.name);
  if (assets.length > names.length) names.push(counted(assets.length - names.length, "other"));
  return `${names.join(", ")} ${assets.length === 1 ? "is" : "are"} ${state}.`;
}
