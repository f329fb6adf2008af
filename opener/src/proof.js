// docs/spec/package.md, section 7, step 3: C2SP tlog-proof and tlog-checkpoint, and the inclusion proof of RFC 9162.

import { equal, fromBase64, textOf } from "./bytes.js";
import { leafHash, nodeHash, sha256 } from "./digest.js";
import { Refusal } from "./errors.js";
import { openNote, parseNote, parseVerifier } from "./note.js";

const HEADER = "c2sp.org/tlog-proof@v1";
const MAX_PATH = 63; // hashes
const MAX_SIZE = 2n ** 63n - 1n; // entries

function parseDecimal(text) {
  if (!/^(0|[1-9][0-9]{0,18})$/.test(text) || BigInt(text) > MAX_SIZE) throw new Refusal("format", "decimal");
  return BigInt(text);
}

function hash(text) {
  const bytes = fromBase64(text);
  if (bytes.length !== 32) throw new Refusal("format", "hash");
  return bytes;
}

/** The lines above the checkpoint: index, path, and the line `extra`, which nobody signed. Throws `format`. */
export function parseProof(bytes) {
  const [head, checkpoint] = split(bytes);
  const lines = head.split("\n");
  if (lines.shift() !== HEADER) throw new Refusal("format", "proof");
  let extra = new Uint8Array();
  if (lines[0]?.startsWith("extra ")) {
    extra = fromBase64(lines.shift().slice(6));
    if (!extra.length) throw new Refusal("format", "extra");
  }
  if (!lines[0]?.startsWith("index ")) throw new Refusal("format", "index");
  const index = parseDecimal(lines.shift().slice(6));
  if (lines.length > MAX_PATH) throw new Refusal("format", "path");
  parseNote(checkpoint);
  return { index, path: lines.map(hash), checkpoint, extra: new TextDecoder("utf-8", { ignoreBOM: true }).decode(extra) };
}

function split(bytes) {
  const cut = bytes.findIndex((byte, i) => byte === 10 && bytes[i + 1] === 10);
  const head = bytes.subarray(0, cut);
  if (cut < 0 || head.some((byte) => byte > 127)) throw new Refusal("format", "proof");
  return [textOf(head), bytes.subarray(cut + 2)];
}

/** A checkpoint of the log `origin`, signed by a key that bears the origin as its name: { origin, size, root }. */
export function openCheckpoint(note, origin, verifier) {
  const lines = openNote(note, verifier).split("\n");
  if (lines.length !== 4 || lines[3] || !lines[0]) throw new Refusal("format", "checkpoint");
  const checkpoint = { origin: lines[0], size: parseDecimal(lines[1]), root: hash(lines[2]) };
  if (checkpoint.origin !== origin || verifier.name !== origin) throw new Refusal("signature", "another log");
  if (checkpoint.size === 0n && !equal(checkpoint.root, sha256())) throw new Refusal("proof", "empty root");
  return checkpoint;
}

/** RFC 9162 2.1.3.2: the path leads from the leaf to the root. Throws `proof`. */
export function verifyInclusion(leaf, index, size, path, root) {
  if (index >= size) throw new Refusal("proof", "no such leaf");
  let fn = index, sn = size - 1n, reached = leaf;
  for (const step of path) {
    if (sn === 0n) throw new Refusal("proof", "path too long");
    if (fn & 1n || fn === sn) {
      reached = nodeHash(step, reached);
      while (!(fn & 1n) && fn) { fn >>= 1n; sn >>= 1n; }
    } else {
      reached = nodeHash(reached, step);
    }
    fn >>= 1n; sn >>= 1n;
  }
  if (sn || !equal(reached, root)) throw new Refusal("proof", "another root");
}

/**
 * The entry is in the ledger whose key the reader pinned, else in the one that the proof names; while a ledger changes
 * its key both must have signed. Returns { vkey, origin, size }. Throws `format`, `limit`, `signature`, `proof`.
 */
export function verifyEntry(entry, proofBytes, pinned) {
  const proof = parseProof(proofBytes);
  const used = pinned || proof.extra;
  const origin = parseVerifier(used).name;
  let checkpoint;
  for (const vkey of new Set([used, proof.extra || used])) {
    checkpoint = openCheckpoint(proof.checkpoint, origin, parseVerifier(vkey));
    verifyInclusion(leafHash(entry), proof.index, checkpoint.size, proof.path, checkpoint.root);
  }
  return { vkey: used, origin, size: checkpoint.size.toString() };
}
