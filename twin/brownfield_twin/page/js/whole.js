/**
 * One asset with all its properties. In a large twin the live stream carries only the headline of each asset; the rest
 * is asked for about once a second, while somebody looks and the twin answers.
 */

import { fetchAsset } from "./api.js";

/** Less than a tick: asked again at the next one. */
const PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/**
 * @typedef {object} Whole
 * @property {() => import("./types.js").AssetView} asset  as known now: of each property what was heard last
 * @property {() => boolean} complete  all its properties are known
 * @property {(property: import("./types.js").PropertyView) => number | null} age  seconds now
 * @property {() => void} tick  each second
 * @property {() => void} close
 *
 * @param {import("./store.js").Store} store
 * @param {import("./types.js").AssetView} first
 * @param {object} ears
 * @param {(detail: import("./types.js").AssetDetailView) => void} ears.onDetail
 * @param {(error: Error, heard: number) => void} ears.onFailure  `heard`: when it was last told whole, 0 = never
 * @returns {Whole}
 */
export function wholeAsset(store, first, { onDetail, onFailure }) {
  const gone = new AbortController();
  /** @type {import("./types.js").AssetDetailView | null} */
  let detail = null;
  let heard = 0;
  let asking = false;
  let failures = 0;
  let due = 0;
  const live = () => store.assets.get(first.id) ?? first;
  let merged = merge(first, null, true);

  async function ask() {
    asking = true;
    try {
      detail = await fetchAsset(first.id, gone.signal);
      heard = store.now();
      failures = 0;
      onDetail(detail);
    } catch (error) {
      if (gone.signal.aborted) return;
      failures += 1;
      onFailure(error instanceof Error ? error : new Error(String(error)), heard);
    } finally {
      asking = false;
      due = performance.now() + Math.min(PAUSE * 2 ** failures, LONGEST_PAUSE);
    }
  }

  /** Made once for each thing heard: rows and plots ask many times a second. */
  function latest() {
    const now = live();
    if (merged.now === now && merged.detail === detail) return merged;
    merged = merge(now, detail, (store.heard.get(first.id) ?? 0) >= heard);
    return merged;
  }

  ask();
  return {
    asset: () => latest().asset,
    complete: () => !live().abridged || detail !== null,
    age: (property) => {
      if (!latest().told.has(property)) return store.age(first.id, property);
      // Not held below "fresh" as the live ones are: if the twin stops answering for this asset, it shows.
      return property.age === null ? null : property.age + Math.max(0, store.now() - heard) / 1000;
    },
    tick: () => {
      const wanted = live().abridged || !detail;
      if (wanted && !asking && store.live && !document.hidden && performance.now() >= due) ask();
    },
    close: () => gone.abort(),
  };
}

/**
 * `told`: the properties that only the detail tells, or tells later than the live stream.
 * @param {import("./types.js").AssetView} now
 * @param {import("./types.js").AssetDetailView | null} detail
 * @param {boolean} liveIsLater
 */
function merge(now, detail, liveIsLater) {
  /** @type {Set<import("./types.js").PropertyView>} */
  const told = new Set();
  if (!now.abridged || !detail) return { now, detail, told, asset: now };
  const heard = new Map(liveIsLater ? now.properties.map((property) => [property.name, property]) : []);
  const properties = detail.properties.map((property) => heard.get(property.name) ?? property);
  for (const property of detail.properties) if (!heard.has(property.name)) told.add(property);
  return { now, detail, told, asset: { ...now, properties } };
}
