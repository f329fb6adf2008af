// docs/spec/package.md, sections 4 and 5: the entry, which is public, and the contents, which open its commitments.

import { fromHex, u64, utf8 } from "./bytes.js";
import { canonical, parseCanonical } from "./canonical.js";
import { verifyCommitment } from "./commitments.js";
import { Refusal } from "./errors.js";
import { parseField } from "./fields.js";

const LABELS = [
  "canaries", "channel/canary", "channel/order", "channel/reference", "channel/spelling", "headers", "party", "purpose", "rows",
];
const ENTRY = [
  "body", "code", "commitments", "day", "entrustment", "expires", "fields", "handover", "oversight", "parent", "party", "payload",
  "payload_bytes", "recipient", "row_root", "rows", "rules", "snapshot", "strict_schema", "type",
];
const CONTENTS = ["cell_key", "handover", "headers", "openings", "party", "purpose", "rows", "type"];
export const SMALL_BAND = "<10";
export const SMALL_COUNT = 10; // counts below this are published as a band only
const MAX_FIELDS = 500;
const MAX_COUNT = 2n ** 63n; // above 2^53 a count is a BigInt

const require_ = (holds, what) => {
  if (!holds) throw new Refusal("format", what);
};

export function exactly(value, members) {
  require_(Object.keys(value).sort().join() === members.join(), "members");
}

export function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

export function isCount(value, least) {
  const whole = typeof value === "bigint" || Number.isSafeInteger(value);
  return whole && value >= least && value < MAX_COUNT;
}

/** A day of the calendar as YYYY-MM-DD. Throws `format`. */
export function requireDay(text) {
  const day = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) && !text.startsWith("0000") ? new Date(`${text}T00:00:00Z`) : null;
  require_(day && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text), "day");
}

/** Step 2: manifest.json as an object with `columns`, its parsed fields. Throws `format`. */
export function parseEntry(bytes) {
  const value = parseCanonical(bytes, "azukari/handover/v1");
  exactly(value, ENTRY);
  for (const name of ["handover", "body", "entrustment", "party", "snapshot"]) fromHex(value[name], 16);
  if (value.parent !== "") fromHex(value.parent, 16);
  for (const name of ["row_root", "payload"]) fromHex(value[name], 32);
  for (const name of ["rules", "code", "recipient", "oversight"]) require_(typeof value[name] === "string", name);
  for (const name of ["day", "expires"]) requireDay(value[name]);
  require_(value.rows === SMALL_BAND || isCount(value.rows, SMALL_COUNT), "rows");
  require_(isCount(value.payload_bytes, 1) && typeof value.strict_schema === "boolean", "entry");
  require_(isObject(value.commitments), "commitments");
  exactly(value.commitments, LABELS);
  for (const label of LABELS) fromHex(value.commitments[label], 32);
  return { ...value, columns: parseFields(value.fields) };
}

export function parseFields(fields) {
  require_(Array.isArray(fields) && fields.length > 0 && fields.length <= MAX_FIELDS, "fields");
  return fields.map(parseField);
}

/** The manifest inside payload.age. Throws `format`. */
export function parseContents(bytes) {
  const value = parseCanonical(bytes, "azukari/contents/v1");
  exactly(value, CONTENTS);
  fromHex(value.handover, 16);
  const texts = Array.isArray(value.headers) && value.headers.every((header) => typeof header === "string");
  require_(texts && typeof value.party === "string" && typeof value.purpose === "string", "contents");
  require_(isCount(value.rows, 0) && isObject(value.openings), "contents");
  const openings = Object.entries(value.openings).map(([label, opening]) => [label, fromHex(opening, 32)]);
  return { ...value, cellKey: fromHex(value.cell_key, 32), openings: new Map(openings) };
}

/** Step 6: the contents are what the entry committed to. Throws `format`, `commitment`. */
export function verifyContents(contents, entry) {
  require_(contents.handover === entry.handover, "contents of another hand-over");
  const values = {
    headers: canonical(contents.headers), party: utf8(contents.party), purpose: utf8(contents.purpose), rows: u64(contents.rows),
  };
  for (const [label, value] of Object.entries(values)) {
    verifyCommitment(label, contents.openings.get(label), value, fromHex(entry.commitments[label], 32));
  }
}
