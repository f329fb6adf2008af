// Bytes and their spellings: UTF-8, hex, canonical base64, big-endian numbers.

import { Refusal } from "./errors.js";

const encoder = new TextEncoder();

export const utf8 = (text) => encoder.encode(text);

/** Strict UTF-8; a byte order mark is kept, as a character like any other. Throws `format`. */
export function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal("format", "UTF-8");
  }
}

export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function equal(left, right) {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Exactly `size` bytes in lower-case hex. Throws `format`. */
export function fromHex(text, size) {
  if (typeof text !== "string" || text.length !== 2 * size || !/^[0-9a-f]*$/.test(text)) throw new Refusal("format", "hex");
  return Uint8Array.from({ length: size }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

export function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Standard base64 in the one canonical spelling of its bytes. Throws `format`. */
export function fromBase64(text) {
  let bytes;
  try {
    bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  } catch {
    throw new Refusal("format", "base64");
  }
  if (toBase64(bytes) !== text) throw new Refusal("format", "base64");
  return bytes;
}

/** u64be of a safe integer. */
export function u64(number) {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(number));
  return out;
}
