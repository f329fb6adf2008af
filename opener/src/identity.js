// docs/spec/package.md, section 2: a party's key file, its card, and the answer to a challenge.

import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { decryptBytes } from "./age.js";
import { toHex, utf8 } from "./bytes.js";
import { canonical, parseCanonical } from "./canonical.js";
import { sha256 } from "./digest.js";
import { Refusal } from "./errors.js";
import { signerOf, signNote } from "./note.js";

const KEY_NAME = "azukari.party";
const SIGNING = utf8("azukari/v1/signing");
export const MAX_TEXT = 16_384; // bytes of a key file, card, challenge or answer

/** An identity of an age secret line: { secret, recipient, signer }. Throws `key-file`. */
async function identityOf(secret) {
  try {
    const recipient = await identityToRecipient(secret);
    const seed = hkdf(nobleSha256, utf8(secret), undefined, SIGNING, 32);
    return { secret, recipient, signer: signerOf(KEY_NAME, seed) };
  } catch {
    throw new Refusal("key-file", "no age identity"); // the cause may quote the secret
  }
}

/** Reads a key file, or its one secret line pasted: comment lines and one AGE-SECRET-KEY-1 line. Throws `key-file`. */
export async function parseIdentity(text) {
  if (text.length > MAX_TEXT) throw new Refusal("option", "too large");
  const lines = text.split(/[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]/).filter((line) => !line.startsWith("#"));
  const secrets = lines.map((line) => line.trim()).filter(Boolean);
  if (secrets.length !== 1 || !/^AGE-SECRET-KEY-1[0-9A-Z]+$/.test(secrets[0])) throw new Refusal("key-file", "no age identity");
  return identityOf(secrets[0]);
}

/** A new identity, from the browser's own randomness. */
export const generateIdentity = async () => identityOf(await generateX25519Identity());

/** The key file: `azukari` and `age -i` read it. */
export const fileText = ({ secret, recipient }) =>
  `# azukari key file - keep it secret\n# public key: ${recipient}\n${secret}\n`;

/** Twenty hex digits in five groups, to be read out over the telephone. */
export function fingerprint({ recipient, signer }) {
  const zero = new Uint8Array(1);
  const digest = sha256(utf8("azukari/card/v1"), zero, utf8(recipient), zero, utf8(signer.vkey));
  return toHex(digest).slice(0, 20).match(/.{4}/g).join("-");
}

const decoder = new TextDecoder();
const signed = (identity, body) => signNote(`${body.type}\n${decoder.decode(canonical(body))}\n`, identity.signer);

/** The card as a signed note. */
export const encodeCard = (identity) =>
  signed(identity, { type: "azukari/card/v1", recipient: identity.recipient, vkey: identity.signer.vkey });

/** Opens a challenge and answers with its secret, signed. Throws `wrong-key`, `format`, `option`. */
export async function answerChallenge(identity, challenge) {
  if (challenge.length > MAX_TEXT) throw new Refusal("option", "too large");
  const body = parseCanonical(await decryptBytes(challenge, identity.secret), "azukari/challenge/v1");
  if (body.vkey !== identity.signer.vkey) throw new Refusal("wrong-key", "challenge for another key");
  return signed(identity, { type: "azukari/answer/v1", secret: body.secret ?? null });
}
