/**
 * The twin's HTTP API. Addresses are relative to the page, so that it also works below a proxy's prefix. At most a
 * few requests run at once: a farm of two hundred cards asks for two hundred histories.
 */

const AT_ONCE = 4;
const TIMEOUT = 10_000;
/** @type {(() => void)[]} */
const waiting = [];
let running = 0;

/** @param {string} path */
export function apiUrl(path) {
  return new URL(`api/v1/${path}`, document.baseURI);
}

/** @returns {Promise<import("./types.js").TwinView>} */
export function fetchTwin() {
  return getJson(apiUrl("twin"), AbortSignal.timeout(4000));
}

/**
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<import("./types.js").AssetDetailView>}
 */
export function fetchAsset(id, signal) {
  const url = apiUrl(`assets/${encodeURIComponent(id)}`);
  return queued(() => getJson(url, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)])), signal);
}

/**
 * @param {string} id
 * @param {string} property
 * @param {{from: number, to: number, points: number}} span  seconds since 1970
 * @param {AbortSignal} signal
 * @returns {Promise<import("./types.js").HistoryView>}
 */
export function fetchHistory(id, property, span, signal) {
  const url = apiUrl(`assets/${encodeURIComponent(id)}/history`);
  url.search = String(
    new URLSearchParams({
      property,
      from: span.from.toFixed(3),
      to: span.to.toFixed(3),
      points: String(span.points),
    }),
  );
  return queued(() => getJson(url, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)])), signal);
}

/**
 * @param {URL} url
 * @param {AbortSignal} signal
 */
async function getJson(url, signal) {
  const response = await fetch(url, { signal, headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`the twin answered ${response.status} ${response.statusText}`.trim());
  return response.json();
}

/**
 * @template T
 * @param {() => Promise<T>} request
 * @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
async function queued(request, signal) {
  if (running >= AT_ONCE) await new Promise((resolve) => waiting.push(() => resolve(undefined)));
  else running += 1;
  try {
    signal.throwIfAborted();
    return await request();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

/**
 * Whether a failure is only our own cancellation.
 * @param {unknown} error
 */
export function isAborted(error) {
  return error instanceof DOMException && error.name === "AbortError";
}
