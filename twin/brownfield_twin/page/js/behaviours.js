/**
 * Which behaviour speaks about an asset, and the properties it adds: `<name>.expected`, `<name>.residual`.
 */

/**
 * @typedef {import("./types.js").AssetView} AssetView
 * @typedef {import("./types.js").BehaviourView} BehaviourView
 * @typedef {import("./types.js").PropertyView} PropertyView
 */

/**
 * @param {AssetView} asset
 * @param {string} name
 * @returns {PropertyView | undefined}
 */
export function propertyOf(asset, name) {
  return asset.properties.find((property) => property.name === name);
}

/**
 * The names a behaviour uses: its input, the output it predicts, and what it adds.
 * @param {BehaviourView} behaviour
 */
export function namesOf(behaviour) {
  return {
    input: Object.values(behaviour.inputs)[0] ?? "",
    output: Object.values(behaviour.outputs)[0] ?? "",
    expected: `${behaviour.name}.expected`,
    residual: `${behaviour.name}.residual`,
    error: `${behaviour.name}.error`,
  };
}

/**
 * The behaviour that counts for this asset: the active one if it applies, else the first that does.
 * @param {BehaviourView[]} behaviours
 * @param {AssetView} asset
 */
export function behaviourOf(behaviours, asset) {
  const applying = behaviours.filter((behaviour) => {
    const names = namesOf(behaviour);
    return propertyOf(asset, names.output) && propertyOf(asset, names.expected);
  });
  return applying.find((behaviour) => behaviour.active) ?? applying[0];
}

/**
 * A property's number, or null if it has none.
 * @param {PropertyView | undefined} property
 */
export function numeric(property) {
  return typeof property?.value === "number" ? property.value : null;
}

/**
 * Whether a value may be counted as an actual: measured, good and now.
 * @param {PropertyView | undefined} property
 */
export function isActual(property) {
  return property?.quality === "Good" && property.freshness === "Fresh" && !property.estimated;
}

/**
 * Up to `count` names to show large, the behaviour's own first, and up to `more` to show small.
 * @param {AssetView} asset
 * @param {BehaviourView | undefined} behaviour
 * @param {{count: number, more: number}} sizes
 */
export function headline(asset, behaviour, { count, more }) {
  const own = behaviour ? [namesOf(behaviour).output, namesOf(behaviour).input] : [];
  const others = asset.properties.filter((p) => p.kind !== "behaviour" && !own.includes(p.name)).map((p) => p.name);
  const all = [...own.filter((name) => propertyOf(asset, name)), ...others];
  return { large: all.slice(0, count), small: all.slice(count, count + more) };
}
