/**
 * What stands around every view: the twin's name, the state of the link, the clock, the banner when the twin is away.
 */

import { attribute, text } from "./dom.js";
import { setMark, mark } from "./marks.js";
import { durationText, setTime, timeText } from "./times.js";

/** @param {string} part */
const find = (part) => /** @type {HTMLElement} */ (document.querySelector(`[data-part="${part}"]`));

export class Frame {
  /**
   * @param {import("./store.js").Store} store
   * @param {() => void} retry
   */
  constructor(store, retry) {
    this.store = store;
    this.title = "";
    this.state = mark();
    find("state").append(this.state);
    find("retry").addEventListener("click", retry);
  }

  /**
   * @param {import("./router.js").Route} route
   * @param {string} title
   */
  arrive(route, title) {
    this.title = title;
    for (const link of document.querySelectorAll("nav [data-view]")) {
      attribute(link, "aria-current", link.getAttribute("data-view") === route.view ? "page" : null);
    }
    const twin = this.store.twin;
    text(find("twin"), twin?.name ?? "Twin");
    text(find("site"), twin ? `site ${twin.site}` : "");
    this.turn();
  }

  /** The link's state has changed, or the view. */
  turn() {
    const { link, catchingUp } = this.store;
    const state = link.state === "live" && catchingUp ? "catching-up" : link.state;
    attribute(document.body, "data-link", state);
    find("banner").hidden = link.state !== "away";
    const name = this.store.twin?.name ?? "Twin";
    document.title = `${link.state === "away" ? "No answer – " : ""}${this.title ? `${this.title} – ` : ""}${name}`;
    if (state === "live") setMark(this.state, "Good", "Live");
    else if (state === "catching-up")
      setMark(this.state, "Uncertain", "Catching up", "working through what was stored");
    else setMark(this.state, state === "away" ? "Bad" : "Uncertain", state === "away" ? "Reconnecting" : "Connecting");
  }

  /** Each second. */
  tick() {
    const { store } = this;
    setTime(find("clock"), store.now());
    if (store.catchingUp !== (document.body.dataset.link === "catching-up") && store.live) this.turn();
    if (store.link.state !== "away") return;
    const since = store.awaySince ?? store.now();
    const ago = durationText((store.now() - since) / 1000);
    const known = store.twin ? "The values below are as of then." : "";
    text(find("away"), `The twin has not answered since ${timeText(since)} (${ago}). ${known}`.trim());
    const wait = Math.ceil(((store.link.retryAt ?? 0) - Date.now()) / 1000);
    text(find("wait"), wait > 0 ? `Trying again in ${wait} s.` : "Trying again…");
  }
}
