/**
 * Starts the page: one store, one link, one view at a time. A view is an object with an `element`, a `title`, and
 * `update(change)`, `tick()`, `close()`; it is rebuilt only when the reader goes elsewhere or the structure changes.
 */

import { Announcer } from "./announce.js";
import { Frame } from "./frame.js";
import { Link } from "./link.js";
import { routeOf } from "./router.js";
import { Store } from "./store.js";
import { wireTheme } from "./theme.js";
import { assetView } from "./views/asset.js";
import { emptyView } from "./views/empty.js";
import { farmView } from "./views/farm.js";
import { sourcesView } from "./views/sources.js";

/**
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {string} title
 * @property {(change: import("./store.js").Change) => void} update
 * @property {() => void} tick  each second
 * @property {() => void} close
 */

const store = new Store();
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const announcer = new Announcer(/** @type {HTMLElement} */ (document.querySelector("#announcements")));
/** @type {View | null} */
let view = null;

wireTheme(/** @type {HTMLElement} */ (document.querySelector("#theme")));
const frame = new Frame(store, () => link.retryNow());
const link = new Link({ onMessage: hear, onState: turn });
document.querySelector("[data-part=skip]")?.addEventListener("click", (event) => {
  event.preventDefault(); // Its fragment would be taken for a view.
  main.focus();
});
addEventListener("hashchange", () => show({ moved: true }));
setInterval(tick, 1000);
show();

/** @param {import("./types.js").LiveMessage} message */
function hear(message) {
  const change = store.apply(message);
  announcer.observe(store.assets.values());
  if (change.structure) show();
  else view?.update(change);
}

/** @param {import("./link.js").LinkState} state */
function turn(state) {
  const before = store.link.state;
  store.setLink(state);
  if (before !== state.state) {
    frame.turn();
    if (state.state === "away") announcer.say("The twin does not answer. What is shown is old.");
    if (before === "away" && state.state === "live") announcer.say("The twin answers again.");
    view?.tick();
  }
  frame.tick();
}

function tick() {
  frame.tick();
  view?.tick();
}

/** @param {{moved?: boolean}} [options]  `moved`: the reader chose to come here */
function show({ moved = false } = {}) {
  view?.close();
  const route = routeOf();
  view = store.twin ? viewOf(route) : emptyView(store);
  main.replaceChildren(view.element);
  frame.arrive(route, view.title);
  view.tick();
  if (moved) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

/**
 * @param {import("./router.js").Route} route
 * @returns {View}
 */
function viewOf(route) {
  if (route.view === "asset") return assetView(store, route);
  return route.view === "sources" ? sourcesView(store) : farmView(store);
}
