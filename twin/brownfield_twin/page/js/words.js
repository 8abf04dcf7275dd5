/**
 * Codes in plain words: what a status or a reason means to somebody who never read OPC UA Part 8.
 */

const REASONS = /** @type {Record<string, string>} */ ({
  Range: "outside its plausible range",
  MaxRate: "changed faster than it physically can",
  Flatline: "has not changed for suspiciously long",
  MaxGap: "came after too long a pause",
  Duplicate: "an exact repetition of the record before",
  OutOfOrder: "older than a record that came before it",
  MaxSkew: "the device's clock is off",
  NonFinite: "not a number",
  Unreadable: "could not be read as a value",
  Input: "computed from an input that is not good",
  Initial: "first value after a reconnect",
  Held: "repeated while the link is down",
  GapBefore: "values before this one were lost",
  Estimated: "a model's estimate stands in",
});

const STATUSES = /** @type {Record<string, string>} */ ({
  Good: "",
  UncertainNoCommunicationLastUsableValue: "last known value, no communication",
  UncertainLastUsableValue: "last known value, no newer one has come",
  UncertainSubstituteValue: "a model's estimate stands in",
  UncertainInitialValue: "initial value, not measured yet",
  UncertainSensorNotAccurate: "the sensor is not accurate",
  UncertainEngineeringUnitsExceeded: "outside its engineering range",
  UncertainSubNormal: "from fewer good sources than required",
  BadCommunicationError: "communication error",
  BadTimeout: "the device did not answer in time",
  BadWaitingForInitialData: "waiting for the first value",
  BadNodeIdUnknown: "the source does not know this tag",
  BadNotReadable: "the source refuses to let it be read",
  BadOutOfRange: "outside the valid range",
  BadTypeMismatch: "the value has another type than expected",
  BadNotConnected: "not connected",
  BadDeviceFailure: "the device reports a failure",
  BadSensorFailure: "the sensor reports a failure",
  BadOutOfService: "taken out of service",
  BadNoData: "no data",
});

const PROTOCOLS = /** @type {Record<string, string>} */ ({
  modbus: "Modbus",
  opcua: "OPC UA",
  files: "Files",
  s7: "S7",
  mqtt: "MQTT",
  sql: "SQL",
  bacnet: "BACnet",
  snmp: "SNMP",
});

/**
 * "windSpeed" as "Wind speed", "power-curve.expected" as "Power curve expected".
 * @param {string} name
 */
export function humanised(name) {
  const words = name
    .replace(/([\p{Ll}\d])(\p{Lu})(?=\p{Ll}|$)/gu, (_, before, letter) => `${before} ${letter.toLowerCase()}`)
    .replace(/[._-]+/g, " ")
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * Why a property is not simply Good, or "" if it is.
 * @param {{status: string, reasons: string[], estimated?: boolean}} property
 */
export function why(property) {
  const status = property.status in STATUSES ? STATUSES[property.status] : humanised(property.status);
  const reasons = property.reasons.map((reason) => REASONS[reason] ?? humanised(reason));
  return [...new Set([status, ...reasons])].filter(Boolean).join("; ");
}

/** @param {string} protocol */
export function protocolText(protocol) {
  return PROTOCOLS[protocol] ?? protocol;
}

/**
 * The name to call an asset by: the last part of its path.
 * @param {{id: string, path: string}} asset
 */
export function assetName(asset) {
  return asset.path.split("/").filter(Boolean).at(-1) ?? asset.id;
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}
