// docs/spec/package.md, section 7, step 1: a ustar archive with exactly the members that are named, in this order, and
// nothing between or behind them but the zeros that tar needs.

import { textOf } from "./bytes.js";
import { Refusal } from "./errors.js";

const BLOCK = 512; // bytes
const RECORD = 10_240; // bytes; the archive is filled up to a multiple
const REGULAR = new Set([0, 0x30]);

/** Something to read from: { size, read(offset, size) }. */
export const blobSource = (blob) => ({
  size: blob.size,
  read: async (offset, size) => new Uint8Array(await blob.slice(offset, offset + size).arrayBuffer()),
});
export const bytesSource = (bytes) => ({
  size: bytes.length,
  read: async (offset, size) => bytes.subarray(offset, offset + size),
});

const padded = (size) => Math.ceil(size / BLOCK) * BLOCK;

/** Where each member lies: name -> { offset, size }. Throws `format`. */
export async function memberPlaces(source, names) {
  const places = {};
  let at = 0;
  for (const name of names) {
    const header = await source.read(at, BLOCK);
    const size = parseHeader(header, name);
    if (at + BLOCK + size > source.size) throw new Refusal("format", "archive cut short");
    places[name] = { offset: at + BLOCK, size };
    at += BLOCK + padded(size);
    requireZeros(await source.read(at - padded(size) + size, padded(size) - size));
  }
  await verifyEnd(source, at);
  return places;
}

async function verifyEnd(source, at) {
  const total = Math.ceil((at + 2 * BLOCK) / RECORD) * RECORD;
  if (source.size !== total) throw new Refusal("format", "archive length");
  requireZeros(await source.read(at, total - at));
}

function requireZeros(bytes) {
  if (bytes.some((byte) => byte)) throw new Refusal("format", "archive filler");
}

/** The size of the member whose header this is. */
function parseHeader(header, name) {
  if (header.length !== BLOCK) throw new Refusal("format", "archive cut short");
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (octal(header.subarray(148, 156)) !== sum) throw new Refusal("format", "archive checksum");
  const named = cString(header.subarray(0, 100)) === name && header[345] === 0;
  if (!named || !REGULAR.has(header[156])) throw new Refusal("format", "archive member");
  return octal(header.subarray(124, 136));
}

function cString(bytes) {
  const end = bytes.indexOf(0);
  return textOf(end < 0 ? bytes : bytes.subarray(0, end));
}

function octal(bytes) {
  const text = cString(bytes).trim();
  if (!/^[0-7]+$/.test(text)) throw new Refusal("format", "archive number");
  return parseInt(text, 8);
}

/** The bytes of a member of at most `limit` bytes. Throws `format`. */
export async function readMember(source, { offset, size }, limit) {
  if (size > limit) throw new Refusal("format", "archive member too large");
  return source.read(offset, size);
}
