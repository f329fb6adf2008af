// SHA-256 (FIPS 180-4), synchronous. WebCrypto has it too, but only one promise per message: a million rows are seven
// million messages, and a promise costs twenty times the hash. tests/opener holds this against hashlib.

const K = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
  0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
  0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
  0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const START = new Int32Array([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
const W = new Int32Array(64);
const STATE = new Int32Array(8);
export const HASH_BYTES = 32;

function schedule(bytes, at) {
  for (let i = 0; i < 16; i++, at += 4) {
    W[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15];
    const y = W[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
  }
}

function compress(state, bytes, at) {
  schedule(bytes, at);
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

function put(state, out, at) {
  for (let i = 0; i < 8; i++, at += 4) {
    const word = state[i];
    out[at] = word >>> 24;
    out[at + 1] = word >>> 16;
    out[at + 2] = word >>> 8;
    out[at + 3] = word;
  }
}

/** Pads a message of `size` bytes in `scratch` (72 bytes of room behind it), which is part of `total` hashed bytes; its end. */
function pad(scratch, size, total) {
  const end = (size + 9 + 63) & ~63;
  scratch[size] = 0x80;
  scratch.fill(0, size + 1, end - 8);
  const high = Math.floor(total / 0x20000000); // the length counts bits
  const low = (total << 3) >>> 0;
  for (let i = 0; i < 4; i++) {
    scratch[end - 8 + i] = high >>> (24 - 8 * i);
    scratch[end - 4 + i] = low >>> (24 - 8 * i);
  }
  return end;
}

/** The hash of scratch[0, size) to out[at, at + 32). The 72 bytes behind the message are overwritten. */
export function hashInto(scratch, size, out, at) {
  const end = pad(scratch, size, size);
  STATE.set(START);
  for (let block = 0; block < end; block += 64) compress(STATE, scratch, block);
  put(STATE, out, at);
}

/** SHA-256 of bytes that come piece by piece. */
export class Sha256 {
  #state = START.slice();
  #rest = new Uint8Array(136);
  #held = 0;
  #total = 0;

  update(bytes) {
    this.#total += bytes.length;
    let at = this.#held ? this.#fill(bytes) : 0;
    for (; at + 64 <= bytes.length; at += 64) compress(this.#state, bytes, at);
    this.#rest.set(bytes.subarray(at), this.#held);
    this.#held += bytes.length - at;
    return this;
  }

  #fill(bytes) {
    const taken = Math.min(64 - this.#held, bytes.length);
    this.#rest.set(bytes.subarray(0, taken), this.#held);
    this.#held += taken;
    if (this.#held === 64) {
      compress(this.#state, this.#rest, 0);
      this.#held = 0;
    }
    return taken;
  }

  digest() {
    const end = pad(this.#rest, this.#held, this.#total);
    for (let block = 0; block < end; block += 64) compress(this.#state, this.#rest, block);
    const out = new Uint8Array(HASH_BYTES);
    put(this.#state, out, 0);
    return out;
  }
}

/** SHA-256 of the parts, one after another. */
export function sha256(...parts) {
  const state = new Sha256();
  for (const part of parts) state.update(part);
  return state.digest();
}

/** RFC 6962 2.1: SHA-256(00 || entry). */
export const leafHash = (entry) => sha256(new Uint8Array([0]), entry);

/** RFC 6962 2.1: SHA-256(01 || left || right). */
export const nodeHash = (left, right) => sha256(new Uint8Array([1]), left, right);

/** The RFC 6962 root over `leaves`, 32 bytes each, which are overwritten level by level: an unpaired last node rises unchanged. */
export function rootOf(leaves) {
  let count = leaves.length / HASH_BYTES;
  if (!count) return sha256();
  const scratch = new Uint8Array(65 + 72);
  scratch[0] = 1;
  while (count > 1) {
    const pairs = count >> 1;
    for (let i = 0; i < pairs; i++) {
      scratch.set(leaves.subarray(64 * i, 64 * i + 64), 1);
      hashInto(scratch, 65, leaves, 32 * i);
    }
    if (count & 1) leaves.copyWithin(32 * pairs, 32 * (count - 1), 32 * count);
    count = pairs + (count & 1);
  }
  return leaves.slice(0, HASH_BYTES);
}
