// Signed notes, C2SP signed-note 1.0.0, as docs/spec/ledger.md profiles them: Ed25519 keys (type 01) verify and sign,
// keys of any other type are unknown. Ed25519 is that of @noble/curves everywhere: one code path in every browser.

import { ed25519 } from "@noble/curves/ed25519.js";
import { concat, equal, fromBase64, fromHex, textOf, toBase64, toHex, utf8 } from "./bytes.js";
import { sha256 } from "./digest.js";
import { Refusal } from "./errors.js";

const ED25519 = 1;
const MAX_NOTE = 1_000_000; // bytes
const MAX_SIGNATURES = 100;
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
// What Python's str.isspace says; \s of JavaScript takes U+FEFF for a space and U+0085 for none.
const SPACE = /[\x09-\x0d\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

export function checkName(name) {
  if (!name || name.includes("+") || SPACE.test(name) || CONTROL.test(name)) throw new Refusal("format", "key name");
}

const keyId = (name, typed) => sha256(utf8(`${name}\n`), typed).slice(0, 4);

/** Reads `name+hex8(key id)+base64(type || public key)`: { name, id, kind, public }. Throws `format`. */
export function parseVerifier(vkey) {
  const [name, hexId, ...rest] = vkey.split("+");
  checkName(name);
  const id = fromHex(hexId ?? "", 4);
  const typed = fromBase64(rest.join("+"));
  if (typed.length < 2) throw new Refusal("format", "verifier key");
  const known = typed[0] === ED25519 || typed[0] === 4;
  if (known && (typed.length !== 33 || !equal(id, keyId(name, typed)))) throw new Refusal("format", "key id");
  return { name, id, kind: typed[0], public: typed.slice(1) };
}

function parseSignature(line) {
  if (!line.startsWith("— ")) throw new Refusal("format", "signature line");
  const [name, ...rest] = line.slice(2).split(" ");
  checkName(name);
  const data = fromBase64(rest.join(" "));
  if (data.length <= 4) throw new Refusal("format", "signature line");
  return { name, id: data.slice(0, 4), blob: data.slice(4) };
}

/** Splits a note into { text, signatures }, verifying nothing. Throws `format`, `limit`. */
export function parseNote(bytes) {
  if (bytes.length > MAX_NOTE) throw new Refusal("limit", "note");
  const whole = textOf(bytes);
  if (CONTROL.test(whole)) throw new Refusal("format", "control character");
  const cut = whole.lastIndexOf("\n\n"); // the last empty line: the text may hold others
  const lines = whole.slice(cut + 2).split("\n");
  if (cut < 0 || lines.length < 2 || lines.pop()) throw new Refusal("format", "note");
  if (lines.length > MAX_SIGNATURES) throw new Refusal("limit", "signatures");
  return { text: whole.slice(0, cut + 1), signatures: lines.map(parseSignature) };
}

/** The text of a note, if `verifier` signed it and no signature under its name and id fails. Throws `signature`, `format`, `limit`. */
export function openNote(bytes, verifier) {
  const { text, signatures } = parseNote(bytes);
  const own = signatures.filter((one) => one.name === verifier.name && equal(one.id, verifier.id));
  if (verifier.kind !== ED25519 || !own.length) throw new Refusal("signature", "no signature of a known key");
  for (const one of own) verifySignature(verifier, text, one.blob);
  return text;
}

function verifySignature(verifier, text, blob) {
  let holds = false;
  try {
    holds = blob.length === 64 && ed25519.verify(blob, utf8(text), verifier.public, { zip215: false });
  } catch {
    // a public key that is no point of the curve
  }
  if (!holds) throw new Refusal("signature", "a signature does not verify");
}

/** A signer of this name from its 32-byte seed: { name, vkey, sign(text) }. */
export function signerOf(name, seed) {
  const typed = concat(new Uint8Array([ED25519]), ed25519.getPublicKey(seed));
  const id = keyId(name, typed);
  return {
    name,
    vkey: `${name}+${toHex(id)}+${toBase64(typed)}`,
    sign: (text) => `— ${name} ${toBase64(concat(id, ed25519.sign(utf8(text), seed)))}\n`,
  };
}

/** A note of `text`, which ends with a line feed, with one signature line. */
export const signNote = (text, signer) => utf8(`${text}\n${signer.sign(text)}`);
