/**
 * The live stream, kept up for as long as the page is open: reconnects with a doubling, jittered, capped delay. A
 * stream that has been silent is asked over HTTP whether the twin still lives, because a cut cable closes nothing.
 */

import { apiUrl, fetchTwin } from "./api.js";

const FIRST_DELAY = 500;
const LONGEST_DELAY = 15_000;
const OPENING = 8000;
/** The twin sends something every five seconds, changed or not. */
const SILENCE = 8000;

/**
 * @typedef {{state: "connecting" | "live" | "away", retryAt: number | null}} LinkState  `retryAt`: `Date.now()` time
 */

export class Link {
  /**
   * @param {object} ears
   * @param {(message: import("./types.js").LiveMessage) => void} ears.onMessage
   * @param {(state: LinkState) => void} ears.onState
   */
  constructor({ onMessage, onState }) {
    this.onMessage = onMessage;
    this.onState = onState;
    this.delay = FIRST_DELAY;
    this.heard = 0;
    this.probing = false;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    setInterval(() => this.listen(), 1000);
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.retryNow());
    this.onState({ state: "connecting", retryAt: null });
    this.open();
  }

  /** Try at once, if we are waiting. */
  retryNow() {
    if (this.socket) return;
    clearTimeout(this.timer);
    this.open();
  }

  open() {
    const url = apiUrl("live");
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.socket = socket;
    this.timer = setTimeout(() => this.lose(socket), OPENING);
    socket.onmessage = (event) => socket === this.socket && this.hear(JSON.parse(event.data));
    socket.onclose = () => this.lose(socket);
  }

  /** @param {import("./types.js").LiveMessage} message */
  hear(message) {
    clearTimeout(this.timer);
    this.heard = performance.now();
    this.delay = FIRST_DELAY;
    this.onMessage(message);
    this.onState({ state: "live", retryAt: null });
  }

  /** @param {WebSocket} socket */
  lose(socket) {
    if (socket !== this.socket) return;
    this.socket = null;
    this.heard = 0;
    socket.close();
    clearTimeout(this.timer);
    const wait = this.delay * (0.75 + Math.random() / 2);
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY);
    this.timer = setTimeout(() => this.open(), wait);
    this.onState({ state: "away", retryAt: Date.now() + wait });
  }

  async listen() {
    const socket = this.socket;
    if (!socket || !this.heard || this.probing || performance.now() - this.heard < SILENCE) return;
    this.probing = true;
    try {
      const twin = await fetchTwin();
      if (socket === this.socket) {
        this.hear({ type: "twin", time: twin.time, catchingUp: twin.catchingUp, twin, assets: [], sources: null });
      }
    } catch {
      this.lose(socket); // Whatever the reason: silent on both ways is away, and the banner says so.
    } finally {
      this.probing = false;
    }
  }
}
