// The table as CSV for a spreadsheet, byte for byte as `azukari open -o table.csv` writes it: UTF-8 with a byte order
// mark, CRLF, quotation marks only where RFC 4180 asks for them. No value is altered; cells that a spreadsheet may take
// for formulae are counted and told (azukari.tables.guard).

import { utf8 } from "./bytes.js";

const ROWS = 16_384; // rows in one part of the file
const QUOTE = 0x22;
const FORMULA_ASCII = new Set([..."=+-@\t\r"].map((sign) => sign.charCodeAt(0)));
const FORMULA_WIDE = new Set([..."＝＋－＠"].map((sign) => utf8(sign).join()));

/** Whether UTF-8 bytes[at, at + size) begin with a sign that a spreadsheet takes for a formula. */
function isFormula(bytes, at, size) {
  return size > 0 && (FORMULA_ASCII.has(bytes[at]) || (bytes[at] === 0xef && size > 2 && FORMULA_WIDE.has(bytes.subarray(at, at + 3).join())));
}

/** { blob, warnings: [{ column, count }] }; `progress(share)` is awaited. */
export async function writeCsv(table, progress) {
  const counts = new Array(table.width).fill(0);
  const parts = [utf8(`\ufeff${table.headers.map((name) => quoted(name, table.width)).join(",")}\r\n`)];
  for (let first = 0; first < table.rows; first += ROWS) {
    const last = Math.min(first + ROWS, table.rows);
    parts.push(new Blob([records(table, first, last, counts)])); // the browser may put a blob on the disk
    await progress(last / table.rows);
  }
  const warnings = table.headers.map((column, i) => ({ column, count: counts[i] })).filter(({ count }) => count);
  return { blob: new Blob(parts, { type: "text/csv" }), warnings };
}

function quoted(name, width) {
  return /[",\r\n]/.test(name) || (!name && width === 1) ? `"${name.replaceAll('"', '""')}"` : name;
}

function records(table, first, last, counts) {
  const scratch = new Uint8Array(table.longest + 1);
  let out = new Uint8Array(1 << 20), at = 0;
  for (let row = first; row < last; row++) {
    for (let column = 0; column < table.width; column++) {
      const size = table.copyCell(row, column, scratch, 0);
      if (at + 2 * size + 4 > out.length) out = grown(out, 2 * (at + 2 * size + 4));
      if (column) out[at++] = 0x2c;
      at = putCell(scratch, size, table.width, out, at);
      if (isFormula(scratch, 0, size)) counts[column]++;
    }
    out[at++] = 13;
    out[at++] = 10;
  }
  return out.subarray(0, at);
}

function grown(bytes, room) {
  const more = new Uint8Array(room);
  more.set(bytes);
  return more;
}

/** One cell to out[at, ...); the place behind it. */
function putCell(cell, size, width, out, at) {
  const bare = size ? !needsQuotes(cell, size) : width > 1;
  if (bare) {
    for (let i = 0; i < size; i++) out[at++] = cell[i];
    return at;
  }
  out[at++] = QUOTE;
  for (let i = 0; i < size; i++) {
    if (cell[i] === QUOTE) out[at++] = QUOTE;
    out[at++] = cell[i];
  }
  out[at++] = QUOTE;
  return at;
}

function needsQuotes(cell, size) {
  for (let i = 0; i < size; i++) {
    const byte = cell[i];
    if (byte === QUOTE || byte === 0x2c || byte === 10 || byte === 13) return true;
  }
  return false;
}
