// docs/spec/package.md, section 7: verifying and opening, in its eight steps.

import { decryptStream } from "./age.js";
import { blobSource, bytesSource, memberPlaces, readMember } from "./archive.js";
import { fromHex, equal } from "./bytes.js";
import { rowRoot } from "./commitments.js";
import { parseTable } from "./csv.js";
import { HASH_BYTES, Sha256 } from "./digest.js";
import { Refusal } from "./errors.js";
import { parseContents, parseEntry, verifyContents } from "./manifest.js";
import { verifyEntry } from "./proof.js";

const MEMBERS = ["manifest.json", "payload.age", "entry.tlog-proof"];
const INNER = ["manifest.json", "rows.csv", "source-rows.bin"];
const MAX_MANIFEST = 65_535; // bytes; a ledger entry is no larger
const MAX_PROOF = 65_536; // bytes
const MAX_PAYLOAD = 8 * 2 ** 30; // bytes; what the browser can hold may be less (`limit`)
const CHUNK = 1 << 22; // bytes read at a time

/**
 * Steps 1 to 8. `blob`: the package; `identity`: as `parseIdentity` reads it; `pinned`: the ledger's key, or "".
 * `report(step, share)` is awaited: a step is done when share is 1. Returns { entry, entryBytes, ledger, contents, table }.
 */
export async function openPackage(blob, identity, pinned, report) {
  const { places, entryBytes, proof } = await step(report, 1, () => readOuter(blobSource(blob)));
  const entry = await step(report, 2, () => parseEntry(entryBytes));
  const ledger = await step(report, 3, () => verifyEntry(entryBytes, proof, pinned));
  const payload = blob.slice(places[MEMBERS[1]].offset, places[MEMBERS[1]].offset + places[MEMBERS[1]].size);
  await step(report, 4, (progress) => verifyPayload(payload, entry, progress));
  const clear = await step(report, 5, (progress) =>
    decryptStream(payload.stream(), payload.size, identity.secret, (done) => progress(done / payload.size)));
  const { contents, inner } = await step(report, 6, () => readContents(bytesSource(clear), entry));
  const table = await step(report, 7, (progress) => readTable(clear, inner, contents, entry, progress));
  await step(report, 8, (progress) => verifyRows(table, entry, contents, member(clear, inner[INNER[2]]), progress));
  return { entry, entryBytes, ledger, contents, table };
}

async function step(report, number, work) {
  await report(number, 0);
  const result = await work((share) => report(number, Math.min(share, 0.999)));
  await report(number, 1);
  return result;
}

async function readOuter(source) {
  const places = await memberPlaces(source, MEMBERS); // step 1
  const entryBytes = await readMember(source, places[MEMBERS[0]], MAX_MANIFEST);
  return { places, entryBytes, proof: await readMember(source, places[MEMBERS[2]], MAX_PROOF) };
}

async function verifyPayload(payload, entry, progress) {
  if (payload.size !== entry.payload_bytes || payload.size > MAX_PAYLOAD) throw new Refusal("payload", "size"); // step 4
  const digest = new Sha256();
  for (let at = 0; at < payload.size; at += CHUNK) {
    digest.update(new Uint8Array(await payload.slice(at, at + CHUNK).arrayBuffer()));
    await progress(at / payload.size);
  }
  if (!equal(digest.digest(), fromHex(entry.payload, 32))) throw new Refusal("payload", "digest");
}

async function readContents(source, entry) {
  const inner = await memberPlaces(source, INNER);
  const contents = parseContents(await readMember(source, inner[INNER[0]], MAX_PAYLOAD));
  verifyContents(contents, entry); // step 6
  return { inner, contents };
}

const member = (bytes, { offset, size }) => bytes.subarray(offset, offset + size);

async function readTable(clear, inner, contents, entry, progress) {
  const csv = member(clear, inner[INNER[1]]);
  const table = await parseTable(csv, (done) => progress(done / csv.length));
  const extra = table.headers.filter((name) => !contents.headers.includes(name)); // step 7
  if (extra.length || table.width > entry.columns.length) throw new Refusal("undeclared-column");
  const same = table.width === contents.headers.length && table.headers.every((name, i) => name === contents.headers[i]);
  if (!same || table.width !== entry.columns.length) throw new Refusal("format", "columns");
  return table;
}

async function verifyRows(table, entry, contents, sources, progress) {
  if (table.rows !== contents.rows || sources.length !== HASH_BYTES * table.rows) throw new Refusal("row-root", "row count");
  const root = await rowRoot(table, entry.columns, contents.cellKey, sources, (done) => progress(done / table.rows)); // step 8
  if (!equal(root, fromHex(entry.row_root, 32))) throw new Refusal("row-root");
}
