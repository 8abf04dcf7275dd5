/**
 * The twin as last heard, and how old that is. All ages are counted on the twin's clock, estimated from its messages,
 * because a viewer's clock may be wrong.
 */

/**
 * @typedef {object} Change
 * @property {boolean} structure  assets, properties or behaviours are others than before
 * @property {Set<string>} assets
 * @property {boolean} sources
 */

export class Store {
  constructor() {
    /** @type {import("./types.js").TwinView | null} */
    this.twin = null;
    /** @type {Map<string, import("./types.js").AssetView>} */
    this.assets = new Map();
    /** @type {Map<string, number>} when each asset was last heard of, twin's clock, ms */
    this.heard = new Map();
    /** @type {import("./types.js").SourceView[]} */
    this.sources = [];
    /** @type {import("./types.js").LevelView[]} what was promised of the twin itself */
    this.levels = [];
    /** @type {import("./link.js").LinkState} */
    this.link = { state: "connecting", retryAt: null };
    /** @type {number | null} since when the twin is away, twin's clock, ms */
    this.awaySince = null;
    this.catchingUp = false;
    this.lastHeard = 0;
    /** @type {number | null} */
    this.offset = null;
    this.signature = "";
  }

  /** Milliseconds since 1970 on the twin's clock. */
  now() {
    return Date.now() + (this.offset ?? 0);
  }

  /** Whether what is shown is what is. */
  get live() {
    return this.link.state === "live";
  }

  /**
   * @param {import("./types.js").LiveMessage} message
   * @returns {Change}
   */
  apply(message) {
    this.keepTime(Date.parse(message.time));
    this.catchingUp = message.catchingUp;
    this.awaySince = null;
    const structure = message.twin ? this.replace(message.twin) : false;
    const changed = message.twin?.assets ?? message.assets;
    for (const asset of changed) {
      this.assets.set(asset.id, asset);
      this.heard.set(asset.id, this.lastHeard);
    }
    const sources = message.twin?.sources ?? message.sources;
    if (sources) this.sources = sources;
    this.levels = message.twin?.levels ?? message.levels ?? this.levels;
    return { structure, assets: new Set(changed.map((asset) => asset.id)), sources: Boolean(sources) };
  }

  /** @param {import("./link.js").LinkState} link */
  setLink(link) {
    if (link.state === "away" && this.awaySince === null) this.awaySince = this.lastHeard || this.now();
    this.link = link;
  }

  /** @param {import("./types.js").TwinView} twin */
  replace(twin) {
    this.twin = twin;
    this.assets.clear();
    const signature = JSON.stringify([
      twin.name,
      twin.behaviours,
      twin.assets.map((asset) => [asset.id, asset.path, asset.aliases, asset.properties.map((p) => [p.name, p.unit])]),
    ]);
    const structure = signature !== this.signature;
    this.signature = signature;
    return structure;
  }

  /**
   * A message is never early, only late: the largest offset of late is the truest.
   * @param {number} time
   */
  keepTime(time) {
    const sample = time - Date.now();
    const known = this.offset;
    const jumped = known === null || Math.abs(sample - known) > 2000;
    this.offset = jumped ? sample : Math.max(sample, known - 5);
    this.lastHeard = time;
  }

  /**
   * Age of a property in seconds now, or null. Between messages a fresh one stays below `fresh`, or we would be told.
   * @param {string} id  of its asset
   * @param {import("./types.js").PropertyView} property
   */
  age(id, property) {
    if (property.age === null) return null;
    const elapsed = (this.now() - (this.heard.get(id) ?? this.now())) / 1000;
    const age = property.age + Math.max(0, elapsed);
    if (!this.live || property.freshness !== "Fresh") return age;
    return Math.min(age, Math.max(this.twin?.fresh ?? age, property.age));
  }
}
