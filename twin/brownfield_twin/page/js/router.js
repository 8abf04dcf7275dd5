/**
 * Where the reader is, kept in the address's fragment so that every view can be linked and bookmarked.
 */

/** @typedef {{view: "farm" | "asset" | "sources", id: string, query: URLSearchParams}} Route */

/**
 * @param {string} [hash]
 * @returns {Route}
 */
export function routeOf(hash = location.hash) {
  const [path, search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view, id = ""] = path.split("/");
  const query = new URLSearchParams(search);
  if (view === "asset" && id) return { view: "asset", id: decoded(id), query };
  return { view: view === "sources" ? "sources" : "farm", id: "", query };
}

/**
 * @param {string} id
 * @param {Record<string, string>} [query]
 */
export function assetHref(id, query = {}) {
  const search = String(new URLSearchParams(query));
  return `#/asset/${encodeURIComponent(id)}${search && `?${search}`}`;
}

/**
 * Remember a choice in the address without a new page of browser history.
 * @param {string} href
 */
export function rememberAs(href) {
  history.replaceState(null, "", href);
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // A hand-typed address with a stray %: the view says that there is no such asset.
  }
}
