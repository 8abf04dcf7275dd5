/**
 * The legacy systems, how their links do, what was promised of each, and a line to the assets it feeds.
 */

import { attribute, h, svg } from "../dom.js";
import { assetHref } from "../router.js";
import { assetName, counted } from "../words.js";
import { emptyState } from "./empty.js";
import { filterForm, MANY } from "./filter.js";
import { levelList } from "./level_list.js";
import { verdict } from "./promises.js";
import { sourceCard } from "./source_card.js";

/**
 * @param {import("../store.js").Store} store
 * @returns {import("../main.js").View}
 */
export function sourcesView(store) {
  const list = h("ul", { class: "source-list" });
  const assets = h("ul", { class: "fed", "aria-label": "Assets" });
  const wires = svg("svg", { class: "wires", "aria-hidden": "true" });
  const body = h("div", { class: "source-body" }, list, wires, assets);
  const count = h("span", { class: "count" });
  const said = verdict(store);
  const own = ownLevels(store);
  const filter = filterForm(
    { label: "Filter sources", placeholder: "Name, endpoint, asset…", only: "only what is away, or breaks a promise" },
    update,
  );
  const heading = h("h1", {}, "Sources ", count);
  const element = h("div", { class: "sources" }, heading, said.element, own.element, filter.element, body);
  /** @type {Map<string, ReturnType<typeof sourceCard>>} */
  let cards = new Map();
  /** @type {Map<string, HTMLElement>} */
  const fed = new Map();
  const watcher = new ResizeObserver(() => draw());
  watcher.observe(body);

  function build() {
    const names = store.sources.map((source) => source.name);
    cards = new Map(names.map((name) => [name, sourceCard(store, name, feeds(name))]));
    list.replaceChildren(...[...cards.values()].map((card) => card.element));
    fed.clear();
    for (const asset of fedInOrder(names)) {
      fed.set(asset.id, h("li", { "data-asset": asset.id }, h("a", { href: assetHref(asset.id) }, assetName(asset))));
    }
    assets.replaceChildren(...fed.values());
    count.textContent = counted(names.length, "legacy system");
    attribute(body, "hidden", !names.length);
    attribute(filter.element, "hidden", names.length < MANY);
    element.querySelector(".empty")?.remove();
    if (!names.length) {
      element.append(
        emptyState("No sources heard of yet", "Adapters report here as soon as they run. Are they started?"),
      );
    }
  }

  /** @param {string} source */
  const feeds = (source) => [...store.assets.values()].filter((asset) => Object.values(asset.sources).includes(source));

  /**
   * Assets in the order of the sources that feed them, so that few lines cross.
   * @param {string[]} names
   */
  const fedInOrder = (names) => new Set(names.flatMap(feeds));

  function draw() {
    const frame = wires.getBoundingClientRect();
    if (!frame.width) return;
    attribute(wires, "viewBox", `0 0 ${frame.width} ${frame.height}`);
    const shown = [...cards].filter(([, card]) => !card.element.hidden);
    const lines = shown.flatMap(([name, card]) =>
      feeds(name).map((asset) => wire(card, fed.get(asset.id), frame, asset)),
    );
    wires.replaceChildren(...lines.filter((line) => line !== null));
  }

  function update() {
    if (store.sources.map((source) => source.name).join("\n") !== [...cards.keys()].join("\n")) build();
    for (const card of cards.values()) card.update();
    for (const [id, item] of fed) attribute(item, "data-freshness", store.assets.get(id)?.freshness);
    narrow();
    said.update();
    own.update();
    draw();
  }

  /** Only the sources that are asked for, and the assets they feed. */
  function narrow() {
    if (cards.size < MANY) return;
    const wanted = new Set();
    for (const [name, card] of cards) {
      const fits = filter.wants(card.words(), card.unwell());
      attribute(card.element, "hidden", !fits);
      if (fits) wanted.add(name);
    }
    for (const [id, item] of fed) {
      const sources = Object.values(store.assets.get(id)?.sources ?? {});
      attribute(item, "hidden", !sources.some((name) => wanted.has(name)));
    }
    filter.say(wanted.size === cards.size ? "" : `${wanted.size} of ${counted(cards.size, "source")}`);
  }
  build();
  update();
  return { element, title: "Sources", update, tick: update, close: () => watcher.disconnect() };
}

/**
 * What was promised of the twin itself; hidden while nothing is.
 * @param {import("../store.js").Store} store
 */
function ownLevels(store) {
  const name = store.twin?.name ?? "";
  const list = levelList(name);
  const id = "own-levels";
  const heading = h("h2", { id }, name, " ", h("span", { class: "count" }, "this twin"));
  const element = h("section", { class: "panel own", "aria-labelledby": id }, heading, list.element);
  const update = () => {
    attribute(element, "hidden", !store.levels.length);
    list.update(store.levels);
  };
  return { element, update };
}

/**
 * @param {ReturnType<typeof sourceCard>} card
 * @param {HTMLElement | undefined} item
 * @param {DOMRect} frame
 * @param {import("../types.js").AssetView} asset
 */
function wire(card, item, frame, asset) {
  if (!item) return null;
  const [from, to] = [card.element.getBoundingClientRect(), item.getBoundingClientRect()];
  const [y1, y2] = [from.top + Math.min(from.height / 2, 34) - frame.top, to.top + to.height / 2 - frame.top];
  const half = frame.width / 2;
  return svg("path", {
    d: `M0 ${y1.toFixed(1)}C${half} ${y1.toFixed(1)} ${half} ${y2.toFixed(1)} ${frame.width} ${y2.toFixed(1)}`,
    "data-connected": String(card.connected()),
    "data-freshness": asset.freshness,
  });
}
