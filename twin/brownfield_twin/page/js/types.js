/**
 * The shapes the twin's API serves, as in `brownfield_api/twin_view.py`; times are RFC 3339 in UTC, ages seconds.
 * Only types live here: the module exports nothing at run time.
 *
 * @typedef {"Fresh" | "Stale" | "Expired" | "Never"} Freshness
 * @typedef {"Good" | "Uncertain" | "Bad"} Quality
 * @typedef {number | string | boolean | null} Value
 *
 * @typedef {object} PropertyView
 * @property {string} name
 * @property {"measured" | "derived" | "behaviour"} kind
 * @property {string} unit  UCUM
 * @property {Value} value
 * @property {Quality} quality
 * @property {string} status  name of the OPC UA status code
 * @property {string[]} reasons
 * @property {Freshness} freshness
 * @property {number | null} age
 * @property {string | null} staleSince
 * @property {string | null} sourceTime
 * @property {boolean} estimated
 *
 * @typedef {object} LineageView
 * @property {string} property
 * @property {string} source
 * @property {string} tag
 * @property {string} tagUnit
 * @property {string} expression
 * @property {string[]} inputs
 * @property {string} mapping
 * @property {string} generation
 *
 * @typedef {object} AssetView
 * @property {string} id
 * @property {string} className
 * @property {string} path
 * @property {Record<string, string>} aliases
 * @property {Record<string, string>} sources  role to source
 * @property {Freshness} freshness
 * @property {string | null} staleSince
 * @property {Quality} quality
 * @property {number} good  of all its measured and derived properties, as `uncertain` and `bad`
 * @property {number} uncertain
 * @property {number} bad
 * @property {boolean} abridged  in a large twin: `properties` are the headline, asked for by itself it has all
 * @property {PropertyView[]} properties
 *
 * @typedef {AssetView & {lineage: LineageView[]}} AssetDetailView
 *
 * @typedef {object} SourceView
 * @property {string} name
 * @property {string} protocol
 * @property {string} endpoint
 * @property {string} state
 * @property {string | null} since
 * @property {number} tags
 * @property {number} good
 * @property {number} uncertain
 * @property {number} bad
 * @property {number} pollsScheduled
 * @property {number} pollsSucceeded
 * @property {number} requests
 * @property {number} reconnects
 * @property {string | null} lastSample
 * @property {number | null} latencyP99
 * @property {number} bufferBatches
 * @property {number | null} bufferAge
 * @property {string} message
 * @property {boolean} expired
 * @property {LevelView[]} levels
 *
 * @typedef {object} LevelView  a service level objective
 * @property {string} sli
 * @property {number} objective  share that was promised, 0 to 1
 * @property {string} window  as 28d
 * @property {number | null} ratio  share that was good, null without events
 * @property {number} budget  share of the error budget that is left, below 0 when overdrawn
 * @property {boolean} expired  nobody keeps the ledger, this is what it said last
 *
 * @typedef {object} BehaviourView
 * @property {string} name
 * @property {string} kind
 * @property {boolean} active
 * @property {Record<string, string>} inputs
 * @property {Record<string, string>} outputs
 * @property {[number, number][]} points
 *
 * @typedef {object} TwinView
 * @property {string} name
 * @property {string} site
 * @property {string} namespace
 * @property {string} time
 * @property {boolean} catchingUp
 * @property {number} fresh
 * @property {number} expired
 * @property {BehaviourView[]} behaviours
 * @property {AssetView[]} assets
 * @property {SourceView[]} sources
 * @property {LevelView[]} levels  what was promised of the twin itself
 *
 * @typedef {object} HistoryView
 * @property {string} asset
 * @property {string} property
 * @property {string} unit
 * @property {number[]} time  seconds since 1970
 * @property {(number | null)[]} value
 * @property {number[]} quality  0 Good, 1 Uncertain, 2 Bad
 * @property {boolean} thinned
 *
 * @typedef {object} LiveMessage
 * @property {"twin" | "update"} type
 * @property {string} time
 * @property {boolean} catchingUp
 * @property {TwinView | null} twin
 * @property {AssetView[]} assets
 * @property {SourceView[] | null} sources
 * @property {LevelView[] | null} levels
 */
export {};
