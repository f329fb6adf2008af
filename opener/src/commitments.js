// docs/spec/package.md, section 3: commitments to manifest values and to every cell, row leaves, the row root.

import { concat, equal, utf8 } from "./bytes.js";
import { HASH_BYTES, hashInto, rootOf, sha256 } from "./digest.js";
import { Refusal } from "./errors.js";
import { presenter } from "./spelling.js";

const COMMIT = utf8("azukari/commit/v1\0");
const CELL = utf8("azukari/cell/v1\0");
const ROW = utf8("\0azukari/row/v1\0"); // the 00 in front makes a Merkle leaf of it
const SALT_BYTES = 16;
const ROWS = 16_384; // rows hashed at a time, between two reports of progress

export function verifyCommitment(label, opening, value, committed) {
  const holds = opening && equal(sha256(COMMIT, utf8(label), new Uint8Array(1), opening, value), committed);
  if (!holds) throw new Refusal("commitment", label);
}

/** The salts of positions first .. first + count - 1 of a column: AES-CTR of zeros is the cipher's blocks themselves. */
async function salts(key, column, first, count) {
  const counter = new Uint8Array(16);
  const view = new DataView(counter.buffer);
  view.setUint32(4, column);
  view.setBigUint64(8, BigInt(first));
  const zeros = new Uint8Array(SALT_BYTES * count);
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CTR", counter, length: 64 }, key, zeros));
}

/** Step 8: the root over all rows of `table`; `sources`: 32 bytes a row. `progress(rows done)` after each part. */
export async function rowRoot(table, columns, cellKey, sources, progress) {
  const key = await crypto.subtle.importKey("raw", cellKey.slice(0, 16), "AES-CTR", false, ["encrypt"]);
  const leaves = new Uint8Array(HASH_BYTES * table.rows);
  for (let first = 0; first < table.rows; first += ROWS) {
    const count = Math.min(ROWS, table.rows - first);
    const cells = new Uint8Array(HASH_BYTES * count * columns.length);
    for (let column = 0; column < columns.length; column++) {
      const salted = await salts(key, column, first, count);
      hashColumn(table, column, columns[column].kind, first, count, salted, cells);
    }
    hashRows(first, count, columns.length, sources, cells, leaves);
    await progress(first + count);
  }
  return rootOf(leaves);
}

/** Cell commitments of one column, to their places among the cells of `count` rows. */
function hashColumn(table, column, kind, first, count, salted, cells) {
  const head = concat(CELL, new Uint8Array([column >> 8, column & 255]));
  const start = head.length + SALT_BYTES;
  const scratch = new Uint8Array(start + table.longest + 72);
  scratch.set(head);
  const present = presenter(kind);
  for (let i = 0; i < count; i++) {
    scratch.set(salted.subarray(SALT_BYTES * i, SALT_BYTES * (i + 1)), head.length);
    const size = table.copyCell(first + i, column, scratch, start);
    hashInto(scratch, start + present(scratch, start, size), cells, HASH_BYTES * (i * table.width + column));
  }
}

/** Row leaves, hashed, to their places among all. */
function hashRows(first, count, width, sources, cells, leaves) {
  const own = HASH_BYTES * width;
  const at = ROW.length + 8 + HASH_BYTES;
  const scratch = new Uint8Array(at + own + 72);
  scratch.set(ROW);
  const view = new DataView(scratch.buffer);
  for (let i = 0; i < count; i++) {
    const row = first + i;
    view.setUint32(ROW.length, Math.floor(row / 0x100000000));
    view.setUint32(ROW.length + 4, row);
    scratch.set(sources.subarray(HASH_BYTES * row, HASH_BYTES * (row + 1)), ROW.length + 8);
    scratch.set(cells.subarray(own * i, own * (i + 1)), at);
    hashInto(scratch, at + own, leaves, HASH_BYTES * row);
  }
}
