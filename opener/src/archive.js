// docs/spec/package.md, section 7, step 1: a ustar archive with exactly the members that are named, in this order, and
// nothing between or behind them but the zeros that tar needs.

import { equal, utf8 } from "./bytes.js";
import { Refusal } from "./errors.js";

const BLOCK = 512; // bytes
const RECORD = 10_240; // bytes; the archive is filled up to a multiple

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

/** The size in a header that is, byte for byte, the one that azukari writes for this name. */
function parseHeader(header, name) {
  const octal = String.fromCharCode(...header.subarray(124, 136));
  if (!/^[0-7]{11}\0$/.test(octal)) throw new Refusal("format", "archive header");
  const known = ["\0".repeat(16), "0000000\0".repeat(2)].some((devices) => equal(headerOf(name, octal, devices), header));
  if (!known) throw new Refusal("format", "archive header");
  return parseInt(octal, 8);
}

/** Mode 0600, owner and time 0; writers differ in how they write the device numbers that a plain file has not. */
function headerOf(name, octal, devices) {
  const head = `${name.padEnd(100, "\0")}0000600\x000000000\x000000000\0${octal}00000000000\0`;
  const tail = `0${"\0".repeat(100)}ustar\x0000${"\0".repeat(64)}${devices}`.padEnd(BLOCK - 156, "\0");
  const sum = [...utf8(`${head}        ${tail}`)].reduce((total, byte) => total + byte);
  return utf8(`${head}${sum.toString(8).padStart(6, "0")}\0 ${tail}`);
}

/** The bytes of a member of at most `limit` bytes. Throws `format`. */
export async function readMember(source, { offset, size }, limit) {
  if (size > limit) throw new Refusal("format", "archive member too large");
  return source.read(offset, size);
}
