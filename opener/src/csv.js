// docs/spec/package.md, section 7, step 7: rows.csv, read where it lies. A million rows are five million cells: they
// are kept as places in the bytes, not as strings.

import { textOf } from "./bytes.js";
import { Refusal } from "./errors.js";

const QUOTE = 0x22, COMMA = 0x2c, FEED = 0x0a, RETURN = 0x0d;
const CHECKED = 1 << 20; // bytes whose UTF-8 is looked at at a time

/** A table in its CSV bytes: headers, rows x width cells of which the longest has `longest` bytes. */
class Table {
  constructor(bytes, headers, cells) {
    Object.assign(this, { bytes, headers, width: headers.length, rows: cells.records, longest: cells.longest });
    this.cells = cells;
  }

  /** The cell's bytes, quotation marks undone, to out[at, ...); their number. */
  copyCell(row, column, out, at) {
    const cell = row * this.width + column;
    const start = this.cells.starts[cell], end = this.cells.ends[cell];
    if (!this.cells.doubled[cell]) {
      if (end - start < 24) for (let i = start, to = at; i < end; i++) out[to++] = this.bytes[i];
      else out.set(this.bytes.subarray(start, end), at);
      return end - start;
    }
    let to = at;
    for (let i = start; i < end; i++) {
      out[to++] = this.bytes[i];
      if (this.bytes[i] === QUOTE) i++; // the second of two
    }
    return to - at;
  }
}

/** Reads RFC 4180 records, header first. `progress(bytes done)` now and then. Throws `format`. */
export async function parseTable(bytes, progress) {
  requireUtf8(bytes);
  const header = readHeader(bytes);
  const cells = new Cells(header.names.length);
  let at = header.end;
  while (at < bytes.length) {
    const stop = Math.min(bytes.length, at + (8 << 20));
    while (at < stop) at = readRecord(bytes, at, cells);
    await progress(at);
  }
  return new Table(bytes, header.names, cells);
}

function requireUtf8(bytes) {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for (let at = 0; at < bytes.length; at += CHECKED) decoder.decode(bytes.subarray(at, at + CHECKED), { stream: true });
    decoder.decode();
  } catch {
    throw new Refusal("format", "UTF-8");
  }
}

function readHeader(bytes) {
  const one = new Cells(0);
  const end = readRecord(bytes, 0, one);
  const places = new Table(bytes, Array(one.count).fill(""), one);
  const scratch = new Uint8Array(one.longest + 1);
  const names = places.headers.map((_, column) => textOf(scratch.slice(0, places.copyCell(0, column, scratch, 0))));
  if (!bytes.length || new Set(names).size !== names.length) throw new Refusal("format", "CSV header");
  return { names, end };
}

/** Places of cells, in arrays that grow; `width` 0 takes a record of any width. */
class Cells {
  constructor(width) {
    Object.assign(this, { width, count: 0, records: 0, longest: 0 });
    this.#take(1 << 12);
  }

  #take(room) {
    const grown = (old, made) => (old && made.set(old), made);
    this.starts = grown(this.starts, new Uint32Array(room));
    this.ends = grown(this.ends, new Uint32Array(room));
    this.doubled = grown(this.doubled, new Uint8Array(room));
  }

  add(start, end, doubled) {
    if (this.count === this.starts.length) this.#take(2 * this.count);
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.doubled[this.count++] = doubled ? 1 : 0;
    if (end - start > this.longest) this.longest = end - start;
  }

  /** A record too short is filled up with blanks, as azukari's table engine does: the row root then tells. */
  close(at) {
    const width = this.count - this.records * this.width;
    if (this.width && (width > this.width || (width < this.width && !this.records))) throw new Refusal("format", "CSV records");
    for (let i = width; i < this.width; i++) this.add(at, at, false);
    this.records++;
  }
}

/** Reads one record from `at`; the place behind its line feed. */
function readRecord(bytes, at, cells) {
  for (;;) {
    at = bytes[at] === QUOTE ? readQuoted(bytes, at + 1, cells) : readPlain(bytes, at, cells);
    if (bytes[at] === COMMA) {
      at++;
      continue;
    }
    cells.close(Math.min(at, bytes.length));
    return at + 1;
  }
}

function readPlain(bytes, at, cells) {
  const start = at;
  while (at < bytes.length && bytes[at] !== COMMA && bytes[at] !== FEED) {
    if (bytes[at++] === QUOTE) throw new Refusal("format", "CSV quotation mark");
  }
  const returned = at > start && bytes[at - 1] === RETURN && bytes[at] === FEED;
  cells.add(start, returned ? at - 1 : at, false);
  return at;
}

function readQuoted(bytes, at, cells) {
  const start = at;
  let doubled = false;
  for (; at < bytes.length; at++) {
    if (bytes[at] !== QUOTE) continue;
    if (bytes[at + 1] !== QUOTE) break;
    doubled = true;
    at++;
  }
  if (at >= bytes.length) throw new Refusal("format", "CSV quotation mark");
  cells.add(start, at++, doubled);
  if (bytes[at] === RETURN && bytes[at + 1] === FEED) at++;
  if (at < bytes.length && bytes[at] !== COMMA && bytes[at] !== FEED) throw new Refusal("format", "CSV quotation mark");
  return at;
}
