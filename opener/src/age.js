// docs/spec/package.md, section 7, step 5: age v1, by its author's own library (age-encryption, "typage").

import { Decrypter } from "age-encryption";
import { Refusal } from "./errors.js";

/** Opens a stream of `size` sealed bytes: all of the clear bytes, once the last was authenticated. Throws `wrong-key`. */
export async function decryptStream(sealed, size, secret, progress) {
  const clear = new Uint8Array(size); // the clear text is shorter than the sealed one
  const reader = (await orWrongKey(opening(sealed, secret))).getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await orWrongKey(reader.read());
    if (done) return clear.subarray(0, at);
    clear.set(value, at);
    at += value.length;
    await progress(at);
  }
}

/** The same of a few bytes. */
export async function decryptBytes(sealed, secret) {
  return decryptStream(new Blob([sealed]).stream(), sealed.length, secret, () => {});
}

function opening(sealed, secret) {
  const decrypter = new Decrypter();
  decrypter.addIdentity(secret);
  return decrypter.decrypt(sealed);
}

async function orWrongKey(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotReadableError") throw error;
    throw new Refusal("wrong-key"); // its own messages may quote what it read
  }
}
