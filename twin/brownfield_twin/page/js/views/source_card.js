/**
 * One legacy system as its adapter sees it: the link's state and since when, and the figures an engineer asks for.
 */

import { attribute, h, text } from "../dom.js";
import { standing } from "../levels.js";
import { mark, setMark } from "../marks.js";
import { number, percent } from "../numbers.js";
import { assetHref } from "../router.js";
import { durationText, setTime, spanText, timeElement } from "../times.js";
import { assetName, counted, protocolText } from "../words.js";
import { levelList } from "./level_list.js";

/** @type {Record<string, [import("../marks.js").Mark, string]>} shape, and what it means */
const STATES = {
  Connected: ["Good", "Connected"],
  Connecting: ["Uncertain", "Connecting"],
  Backoff: ["Bad", "Away, trying again"],
  Suspended: ["Paused", "Suspended"],
  Stopped: ["None", "Stopped"],
  Unknown: ["None", "Not heard of"],
};

/**
 * @param {import("../store.js").Store} store
 * @param {string} name
 * @param {import("../types.js").AssetView[]} feeds
 */
export function sourceCard(store, name, feeds) {
  const source = () => /** @type {import("../types.js").SourceView} */ (store.sources.find((s) => s.name === name));
  const shape = mark();
  const since = timeElement();
  const ago = h("span");
  const message = h("p", { class: "message" });
  const last = timeElement();
  const figures = new Map(
    [
      "Tags good",
      "Polls answered",
      "Requests sent",
      "Reconnects",
      "Latency p99",
      "Waiting in buffer",
      "Last sample",
    ].map((label) => [label, h("dd")]),
  );
  figures.get("Last sample")?.append(last);
  const levels = levelList(name);
  const sinceLine = h("span", { class: "count" }, "since ", since, ago);
  const element = h(
    "li",
    { class: "panel source", "data-source": name },
    h(
      "header",
      {},
      h("h2", {}, name),
      h("span", { class: "count" }, `${protocolText(source().protocol)} `, h("code", {}, source().endpoint)),
      h("p", { class: "source-state" }, shape, sinceLine),
    ),
    message,
    h("dl", { class: "figures" }, ...[...figures].map(([label, value]) => h("div", {}, h("dt", {}, label), value))),
    levels.element,
    h(
      "p",
      { class: "feeds" },
      feeds.length ? "Feeds " : "Feeds no asset of this twin",
      ...feeds.flatMap((asset, index) => [index ? ", " : "", h("a", { href: assetHref(asset.id) }, assetName(asset))]),
    ),
  );

  const update = () => {
    const now = source();
    if (!now) return;
    const [quality, word] =
      now.expired && now.state !== "Unknown"
        ? /** @type {const} */ (["None", "Adapter silent"])
        : (STATES[now.state] ?? ["None", now.state]);
    setMark(shape, quality, word);
    attribute(element, "data-state", now.expired ? "Silent" : now.state);
    attribute(sinceLine, "hidden", !now.since);
    setTime(since, now.since);
    text(ago, now.since ? ` (${durationText((store.now() - Date.parse(now.since)) / 1000)})` : "");
    text(
      message,
      now.message ||
        (now.expired ? "Its adapter has not reported for a while; what stands here is the last it said" : ""),
    );
    attribute(message, "hidden", !message.textContent);
    fill(figures, now);
    setTime(last, now.lastSample);
    levels.update(now.levels);
  };
  update();
  const connected = () => source()?.state === "Connected" && !source().expired;
  return {
    element,
    update,
    connected,
    words: () => [name, source()?.endpoint, ...feeds.map(assetName)].join(" "),
    unwell: () => !connected() || source().levels.some((level) => ["risk", "broken"].includes(standing(level))),
  };
}

/**
 * @param {Map<string, HTMLElement>} figures
 * @param {import("../types.js").SourceView} source
 */
function fill(figures, source) {
  const set = (/** @type {string} */ label, /** @type {string} */ words, unwell = false) => {
    const element = /** @type {HTMLElement} */ (figures.get(label));
    text(element, words);
    attribute(element, "data-unwell", unwell);
  };
  const others = [source.uncertain && `${source.uncertain} uncertain`, source.bad && `${source.bad} bad`].filter(
    Boolean,
  );
  set(
    "Tags good",
    `${number(source.good)} of ${number(source.tags)}${others.length ? ` (${others.join(", ")})` : ""}`,
    others.length > 0,
  );
  const missed = source.pollsScheduled - source.pollsSucceeded;
  set(
    "Polls answered",
    source.pollsScheduled
      ? `${percent(source.pollsSucceeded, source.pollsScheduled)} of ${number(source.pollsScheduled)}`
      : "reports by itself",
    missed > 0 && source.state !== "Connected",
  );
  set("Requests sent", number(source.requests));
  set("Reconnects", number(source.reconnects));
  set("Latency p99", source.latencyP99 === null ? "–" : spanText(source.latencyP99));
  const oldest = source.bufferAge === null ? "" : `, oldest ${durationText(source.bufferAge)}`;
  set(
    "Waiting in buffer",
    source.bufferBatches ? counted(source.bufferBatches, "batch", "batches") + oldest : "nothing",
    source.bufferBatches > 5,
  );
}
