// docs/spec/consignment.md: the entry of a hand-over that is no table, which is also the slip, and the receipt over it.

import { fromHex, toHex } from "./bytes.js";
import { canonical, parseCanonical } from "./canonical.js";
import { sha256 } from "./digest.js";
import { Refusal } from "./errors.js";
import { exactly, isCount, isObject, parseFields, requireDay, SMALL_BAND, SMALL_COUNT } from "./manifest.js";
import { parseVerifier, signNote } from "./note.js";

const RECEIPT = "azukari/consignment-receipt/v1";
export const MAX_ENTRY = 65_536; // bytes
const ENTRY = [
  "body", "commitments", "consignment", "day", "entrustment", "fields", "medium", "parent", "party", "people", "recipient", "type",
  "unit", "units",
];
const LABELS = ["carrier", "note", "party", "people", "purpose", "units"];
const UNITS = { paper: ["sheet", "bundle", "box"], media: ["disc", "tape", "device"], terminal: ["account", "terminal"] };
const decoder = new TextDecoder();

const require_ = (holds, what) => {
  if (!holds) throw new Refusal("format", what);
};

/** The slip as an object with `columns`, its parsed fields. Throws `format`. */
export function parseConsignment(bytes) {
  require_(bytes.length <= MAX_ENTRY, "consignment");
  const value = parseCanonical(bytes, "azukari/consignment/v1");
  exactly(value, ENTRY);
  for (const name of ["consignment", "body", "entrustment", "party"]) fromHex(value[name], 16);
  if (value.parent !== "") fromHex(value.parent, 16);
  require_(Object.hasOwn(UNITS, value.medium) && UNITS[value.medium].includes(value.unit), "unit");
  for (const name of ["units", "people"]) require_(value[name] === SMALL_BAND || isCount(value[name], SMALL_COUNT), name);
  requireDay(value.day);
  require_(typeof value.recipient === "string" && (!value.recipient || parseVerifier(value.recipient)), "recipient");
  require_(isObject(value.commitments), "commitments");
  exactly(value.commitments, LABELS);
  for (const label of LABELS) fromHex(value.commitments[label], 32);
  return { ...value, columns: consignedFields(value.fields) };
}

function consignedFields(fields) {
  const columns = parseFields(fields);
  require_(fields.join() === [...new Set(fields)].sort().join() && columns.every(({ kind }) => kind !== "reference"), "fields");
  return columns;
}

/** The recipient's receipt over the bytes of a slip; `day` is the day in UTC. Throws `format`, `foreign-receipt`. */
export function signFor(bytes, identity, day) {
  const entry = parseConsignment(bytes);
  if (entry.recipient !== identity.signer.vkey) throw new Refusal("foreign-receipt", "key");
  const { consignment, medium, unit, units, people, fields } = entry;
  const body = { type: RECEIPT, consignment, entry: toHex(sha256(bytes)), medium, unit, units, people, fields, day };
  return signNote(`${RECEIPT}\n${decoder.decode(canonical(body))}\n`, identity.signer);
}
