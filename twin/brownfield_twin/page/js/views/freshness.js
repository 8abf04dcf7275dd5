/**
 * How old what we see is, in one line: "Fresh", "Stale since 12:03:11 (45 s)", "As of 12:03:11" when the twin is away.
 */

import { attribute, h, text } from "../dom.js";
import { durationText, setTime, timeElement } from "../times.js";

const WORDS = {
  Fresh: "Fresh",
  Stale: "Stale since ",
  Expired: "Expired; stale since ",
  Never: "No value has ever come",
};

/**
 * @param {import("../store.js").Store} store
 * @param {() => {id: string, freshness: import("../types.js").Freshness, staleSince: string | null}} subject
 */
export function freshnessLine(store, subject) {
  const words = h("span");
  const since = timeElement();
  const ago = h("span");
  const element = h(
    "p",
    { class: "freshness" },
    h("span", { class: "freshness-dot", "aria-hidden": "true" }),
    words,
    since,
    ago,
  );

  const tick = () => {
    const { id, freshness, staleSince } = subject();
    const away = !store.live && freshness === "Fresh";
    const moment = away ? (store.heard.get(id) ?? null) : staleSince && Date.parse(staleSince);
    attribute(element, "data-freshness", away ? "Away" : freshness);
    text(
      words,
      away ? "As of " : staleSince || freshness === "Fresh" || freshness === "Never" ? WORDS[freshness] : freshness,
    );
    attribute(since, "hidden", !moment);
    setTime(since, moment);
    text(ago, moment ? ` (${durationText((store.now() - moment) / 1000)})` : "");
  };
  tick();
  return { element, tick };
}
