// docs/spec/package.md, section 8: what is signed over exactly what was decrypted.

import { toHex, utf8 } from "./bytes.js";
import { canonical, parseCanonical } from "./canonical.js";
import { sha256 } from "./digest.js";
import { Refusal } from "./errors.js";
import { parseField } from "./fields.js";
import { openNote, parseNote, parseVerifier, signNote } from "./note.js";
import { requireDay, SMALL_BAND, SMALL_COUNT } from "./manifest.js";

const RECEIPT = "azukari/receipt/v1";
const MEMBERS = "day,entry,fields,grade,handover,row_root,rows,type";
const MAX_RECEIPT = 262_144; // bytes
const decoder = new TextDecoder();

/** The receipt of an opened package, signed; `day` is the day in Japan, YYYY-MM-DD. Throws `foreign-receipt`. */
export function makeReceipt(entry, entryBytes, rows, identity, day) {
  const grades = { [entry.recipient]: "receipted", [entry.oversight]: "opened" };
  const grade = grades[identity.signer.vkey];
  if (!grade) throw new Refusal("foreign-receipt", "key");
  const body = {
    type: RECEIPT, handover: entry.handover, grade, entry: toHex(sha256(entryBytes)), fields: entry.fields,
    rows: rows >= SMALL_COUNT ? rows : SMALL_BAND, row_root: entry.row_root, day,
  };
  return signNote(`${RECEIPT}\n${decoder.decode(canonical(body))}\n`, identity.signer);
}

/** The receipt is signed by the key that the entry names for its grade, over this entry. Throws `format`, `signature`, `foreign-receipt`. */
export function verifyReceipt(note, entry, entryBytes) {
  if (note.length > MAX_RECEIPT) throw new Refusal("format", "receipt");
  const receipt = parseReceipt(parseNote(note).text);
  const own = [entry.handover, toHex(sha256(entryBytes)), entry.fields.join(), entry.rows, entry.row_root];
  const claimed = [receipt.handover, receipt.entry, receipt.fields.join(), receipt.rows, receipt.row_root];
  if (own.some((value, i) => value !== claimed[i])) throw new Refusal("foreign-receipt");
  const named = receipt.grade === "receipted" ? entry.recipient : entry.oversight;
  if (receipt.grade === "claimed" || !named) throw new Refusal("foreign-receipt", "grade");
  openNote(note, parseVerifier(named));
  return receipt;
}

function parseReceipt(text) {
  const cut = text.indexOf("\n");
  if (text.slice(0, cut) !== RECEIPT) throw new Refusal("format", "receipt");
  const body = parseCanonical(utf8(text.slice(cut + 1, -1)), RECEIPT);
  const known = Object.keys(body).sort().join() === MEMBERS && ["claimed", "receipted", "opened"].includes(body.grade);
  if (!known || typeof body.entry !== "string" || typeof body.row_root !== "string") throw new Refusal("format", "receipt");
  if (!/^([0-9a-f]{2})*$/.test(body.handover) || !Array.isArray(body.fields)) throw new Refusal("format", "receipt");
  body.fields.forEach(parseField);
  requireDay(body.day);
  return body;
}
