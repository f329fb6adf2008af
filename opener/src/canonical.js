// docs/spec/package.md, "Conventions": canonical JSON. Sorted keys, no white space, no floats, UTF-8, no escapes but
// those JSON demands. A reader refuses bytes that it would not have written.

import { equal, textOf, utf8 } from "./bytes.js";
import { Refusal } from "./errors.js";

/** Python orders keys by code point; JavaScript's own order, by UTF-16 unit, differs above U+FFFF. */
function byCodePoint(left, right) {
  const a = [...left], b = [...right];
  const at = a.findIndex((sign, i) => sign !== b[i]);
  if (at < 0) return a.length - b.length;
  return at < b.length ? a[at].codePointAt(0) - b[at].codePointAt(0) : 1;
}

function textFor(value) {
  if (Array.isArray(value)) return `[${value.map(textFor).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const keys = Object.keys(value).sort(byCodePoint);
    return `{${keys.map((key) => `${textFor(key)}:${textFor(value[key])}`).join(",")}}`;
  }
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Refusal("format", "number");
  if (typeof value === "string" && !value.isWellFormed()) throw new Refusal("format", "lone surrogate");
  return JSON.stringify(value);
}

/** A number that JavaScript would round, exactly, as a BigInt; an older browser gives no source and refuses it as not canonical. */
function exact(_, value, context) {
  const rounded = typeof value === "number" && !Number.isSafeInteger(value);
  return rounded && /^-?[0-9]+$/.test(context?.source ?? "") ? BigInt(context.source) : value;
}

/** The one encoding of a JSON value without floats. Throws `format`. */
export const canonical = (value) => utf8(textFor(value));

/** Reads a canonical object whose `type` is `kind`. Throws `format`. */
export function parseCanonical(bytes, kind) {
  let value;
  try {
    value = JSON.parse(textOf(bytes), exact);
  } catch {
    throw new Refusal("format", "json");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value) || value.type !== kind) throw new Refusal("format", kind);
  if (!equal(encoded(value), bytes)) throw new Refusal("format", "not canonical");
  return value;
}

function encoded(value) {
  try {
    return canonical(value);
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal("format", "json"); // nested too deeply
  }
}
