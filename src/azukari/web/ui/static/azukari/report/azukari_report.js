// Checks a person's own list of entries (*.azl, docs/spec/completeness.md): one file, no dependency, no network.
//
//   const held = await azukariReport.check({ report, now, logKeys, policy, auditors, key, visit });
//
// Written from docs/spec/completeness.md and docs/spec/ledger.md alone; it shares no line with azukari or with the verifier
// in Python, and the numbers of the steps are those of section 9. `check` resolves to what was found, or throws a Refusal
// (word, kind, step), whose evidence `evidence` makes. It runs in a browser and in Node 20; it stores and sends nothing.
//
// Ed25519 is the browser's (WebCrypto). SHA-256 is written out below, so that what hangs on a hash is plain code and no promise; it
// takes about as long as the browser's own, which tests/report holds it against.

"use strict";

globalThis.azukariReport = (() => {
  const LIMITS = Object.freeze({
    report: 4_194_304, // bytes
    visit: 4_194_304, // bytes
    evidence: 11_000_000, // bytes: a report and a visit, their quotation marks escaped once more
    lists: 64,
    entries: 10_000, // in all lists together
    event: 16_384, // bytes
    note: 1_000_000, // bytes
    signatures: 100, // lines of a note
    policy: 262_144, // bytes
    members: 64, // logs, witnesses and groups of a policy, each
    path: 63, // hashes
    nesting: 12, // of JSON
  });
  const HOUR = 3_600; // seconds
  const MAX_AGE = 25 * HOUR;
  const MAX_AHEAD = HOUR;
  const MAX_COUNT = 2n ** 63n - 1n; // entries of a log
  const MAX_NUMBER = 2n ** 53n - 1n; // of a report
  const DAY = 86_400; // seconds
  const JAPAN = 9 * HOUR; // ahead of UTC
  const LEAF_BYTES = 90;
  const RECORD_BYTES = 40; // label and index
  const KINDS = [
    "", "hand-over", "re-entrustment", "use", "return", "disposal", "correction", "disclosure", "rekey", "erasure",
  ];

  /** A verdict other than "it holds". `detail` is a short English phrase; it never holds a key or an event. */
  class Refusal extends Error {
    constructor(word, detail = "", kind = "") {
      super(detail ? `${word}: ${detail}` : word);
      Object.assign(this, { word, detail, kind, step: 0 });
    }
  }

  /** The browser cannot check signatures: nothing is known then, neither that it holds nor that it does not. */
  class Unable extends Error {}

  function need(condition, word, detail, kind) {
    if (!condition) throw new Refusal(word, detail, kind);
  }

  // ---- bytes and texts ------------------------------------------------------------------------------------------------

  const encoder = new TextEncoder();
  const utf8 = (text) => encoder.encode(text);

  /** The text of UTF-8 bytes; a mark at the beginning stays, so that the reader refuses it. Throws `format`. */
  function textOf(bytes) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Refusal("format", "no UTF-8");
    }
  }

  function joined(...parts) {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /** Order of bytes: below 0, 0 or above 0. */
  function compare(one, other) {
    const shared = Math.min(one.length, other.length);
    for (let i = 0; i < shared; i++) if (one[i] !== other[i]) return one[i] - other[i];
    return one.length - other.length;
  }

  const equal = (one, other) => one.length === other.length && compare(one, other) === 0;
  const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

  /** `size` bytes from lower-case hex. Throws `format`. */
  function fromHex(text, size) {
    need(typeof text === "string" && text.length === 2 * size && /^[0-9a-f]*$/.test(text), "format", "hex");
    return Uint8Array.from({ length: size }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
  }

  /** Bytes from base64 (RFC 4648, section 4) in its one canonical spelling. Throws `format`. */
  function fromBase64(text) {
    let signs;
    try {
      signs = atob(text);
    } catch {
      throw new Refusal("format", "base64");
    }
    need(btoa(signs) === text, "format", "base64");
    const bytes = new Uint8Array(signs.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = signs.charCodeAt(i);
    return bytes;
  }

  /** Hashes of 32 bytes, one after another in one text. Throws `format`. */
  function hashesOf(text) {
    const bytes = fromBase64(string(text));
    need(bytes.length % 32 === 0, "format", "hashes");
    return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(32 * i, 32 * i + 32));
  }

  function pathOf(text) {
    const path = hashesOf(text);
    need(path.length <= LIMITS.path, "format", "path");
    return path;
  }

  /** Big-endian bytes of a count. */
  function uint(value, size) {
    const bytes = new Uint8Array(size);
    for (let rest = BigInt(value), i = size - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 255n);
    return bytes;
  }

  const uintOf = (bytes) => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

  // ---- SHA-256 (FIPS 180-4) and HMAC (RFC 2104) -----------------------------------------------------------------------

  /** The first 32 bits of the fractional parts of the `power`-th roots of the first `count` primes. */
  function fractions(count, power) {
    const words = new Int32Array(count);
    for (let candidate = 2, found = 0; found < count; candidate++) {
      let divisor = 2;
      while (divisor * divisor <= candidate && candidate % divisor) divisor++;
      if (divisor * divisor > candidate) words[found++] = Number(rootBits(BigInt(candidate), power) & 0xffffffffn);
    }
    return words;
  }

  /** floor(2^32 times the root), exactly. */
  function rootBits(value, power) {
    const wanted = value << (32n * power);
    let low = 0n, high = 1n << 40n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** power <= wanted) low = middle;
      else high = middle;
    }
    return low;
  }

  const START = fractions(8, 2n);
  const ROUND = fractions(64, 3n);
  const W = new Int32Array(64);
  const SCRATCH = new Uint8Array(8_192); // for messages that fit, as nearly all do
  const SCRATCH_VIEW = new DataView(SCRATCH.buffer);
  const STATE = new Int32Array(8);

  const turn = (word, by) => (word >>> by) | (word << (32 - by));

  function compress(state, view, at) {
    for (let i = 0; i < 16; i++) W[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < 64; i++) {
      const late = W[i - 2], early = W[i - 15];
      const s0 = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
      const s1 = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
      W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
    }
    let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (let i = 0; i < 64; i++) {
      const sum1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
      const first = (h + sum1 + ((e & f) ^ (~e & g)) + ROUND[i] + W[i]) | 0;
      const sum0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
      const second = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + first) | 0;
      d = c; c = b; b = a; a = (first + second) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }

  /** SHA-256 of the parts, one after another: 32 bytes. */
  function sha256(...parts) {
    let size = 0;
    for (const part of parts) size += part.length;
    const end = Math.ceil((size + 9) / 64) * 64;
    const view = end <= SCRATCH.length ? SCRATCH_VIEW : new DataView(new ArrayBuffer(end));
    pad(new Uint8Array(view.buffer), view, parts, size, end);
    STATE.set(START);
    for (let block = 0; block < end; block += 64) compress(STATE, view, block);
    const digest = new Uint8Array(32);
    for (let i = 0; i < 32; i++) digest[i] = STATE[i >> 2] >>> (24 - 8 * (i & 3));
    return digest;
  }

  /** The message, a bit that is set, zeros, and its length in bits. */
  function pad(padded, view, parts, size, end) {
    let at = 0;
    for (const part of parts) {
      padded.set(part, at);
      at += part.length;
    }
    padded.fill(0, size, end);
    padded[size] = 0x80;
    view.setUint32(end - 8, Math.floor(size / 0x20000000));
    view.setUint32(end - 4, (size << 3) >>> 0);
  }

  /** HMAC-SHA256 under a key of at most 64 bytes. */
  function hmac(key, ...parts) {
    const inner = new Uint8Array(64).fill(0x36), outer = new Uint8Array(64).fill(0x5c);
    key.forEach((byte, i) => { inner[i] ^= byte; outer[i] ^= byte; });
    return sha256(outer, sha256(inner, ...parts));
  }

  // ---- canonical JSON (package.md, conventions) -----------------------------------------------------------------------

  const ESCAPES = { '"': '"', "\\": "\\", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

  /** Order by code point; JavaScript's own, by UTF-16 unit, differs where there are surrogates. */
  function comparePoints(one, other) {
    if (!/[\ud800-\udfff]/.test(one + other)) return one < other ? -1 : Number(one > other);
    const left = Array.from(one), right = Array.from(other);
    const at = left.findIndex((sign, i) => sign !== right[i]);
    if (at < 0) return left.length - right.length;
    return at < right.length ? left[at].codePointAt(0) - right[at].codePointAt(0) : 1;
  }

  /**
   * Reads only what a writer of canonical JSON writes: texts, whole numbers (as BigInt), null, lists and objects (as Map, so
   * that no name of a member means anything to JavaScript), members in order, none twice. Throws `format`.
   */
  class Reader {
    constructor(text) {
      this.text = text;
      this.at = 0;
    }

    whole() {
      const value = this.value(0);
      need(this.at === this.text.length, "format", "more than one value");
      return value;
    }

    value(nested) {
      need(nested <= LIMITS.nesting, "format", "nested too deeply");
      switch (this.text[this.at]) {
        case "{": return this.object(nested);
        case "[": return this.list(nested);
        case '"': return this.string();
        case "n": return this.nothing();
        default: return this.number();
      }
    }

    /** The sign here, if it is `sign`, is passed over. */
    take(sign) {
      const here = this.text[this.at] === sign;
      if (here) this.at++;
      return here;
    }

    must(sign) {
      need(this.take(sign), "format", "JSON");
    }

    object(nested) {
      const members = new Map();
      let last = null;
      this.must("{");
      if (this.take("}")) return members;
      do {
        const name = this.string();
        need(last === null || comparePoints(last, name) < 0, "format", "order of members");
        this.must(":");
        members.set(name, this.value(nested + 1));
        last = name;
      } while (this.take(","));
      this.must("}");
      return members;
    }

    list(nested) {
      const values = [];
      this.must("[");
      if (this.take("]")) return values;
      do values.push(this.value(nested + 1));
      while (this.take(","));
      this.must("]");
      return values;
    }

    string() {
      const pieces = [];
      this.must('"');
      for (let from = this.at; ; from = this.at) {
        while (this.text.charCodeAt(this.at) >= 0x20 && this.text[this.at] !== '"' && this.text[this.at] !== "\\") this.at++;
        pieces.push(this.text.slice(from, this.at));
        if (this.take('"')) return pieces.join("");
        this.must("\\"); // also where the text ends or a control character stands
        pieces.push(this.escaped());
      }
    }

    /** The sign behind a backslash, in the one spelling that a writer uses for it. */
    escaped() {
      const sign = this.text[this.at++];
      if (Object.hasOwn(ESCAPES, sign)) return ESCAPES[sign];
      const digits = this.text.slice(this.at, this.at + 4);
      need(sign === "u" && /^00[01][0-9a-f]$/.test(digits), "format", "escape");
      const control = String.fromCharCode(parseInt(digits, 16));
      need(!"\b\f\n\r\t".includes(control), "format", "escape");
      this.at += 4;
      return control;
    }

    nothing() {
      need(this.text.startsWith("null", this.at), "format", "JSON");
      this.at += 4;
      return null;
    }

    number() {
      const found = /^(0|-?[1-9][0-9]{0,15})(?![0-9.eE])/.exec(this.text.slice(this.at, this.at + 18));
      need(found, "format", "JSON");
      const value = BigInt(found[1]);
      need(value <= MAX_NUMBER && value >= -MAX_NUMBER, "format", "number");
      this.at += found[1].length;
      return value;
    }
  }

  /** The one encoding of texts, BigInts, nulls, lists and Maps. */
  function encoded(value) {
    if (Array.isArray(value)) return `[${value.map(encoded).join(",")}]`;
    if (value instanceof Map) {
      const names = [...value.keys()].sort(comparePoints);
      return `{${names.map((name) => `${JSON.stringify(name)}:${encoded(value.get(name))}`).join(",")}}`;
    }
    return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
  }

  /** A text of canonical JSON. It is encoded again, too: whatever this reader lets pass must be what a writer writes. */
  function parseJson(text) {
    const value = new Reader(text).whole();
    need(encoded(value) === text, "format", "not canonical");
    return value;
  }

  /** An object with exactly these members. Throws `format`. */
  function members(value, ...names) {
    const exact = value instanceof Map && value.size === names.length && names.every((name) => value.has(name));
    need(exact, "format", "members");
    return Object.fromEntries(names.map((name) => [name, value.get(name)]));
  }

  function string(value) {
    need(typeof value === "string", "format", "a text is needed");
    return value;
  }

  function count(value) {
    need(typeof value === "bigint" && value >= 0n, "format", "a count is needed");
    return value;
  }

  function array(value) {
    need(Array.isArray(value), "format", "a list is needed");
    return value;
  }

  const isIdentifier = (text) => /^[0-9a-f]{32}$/.test(text);

  /** Days since 1970-01-01 of YYYY-MM-DD. Throws `format`. */
  function dayOf(text) {
    const found = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(string(text));
    need(found && text >= "0001", "format", "day");
    const milliseconds = Date.parse(`${text}T00:00:00Z`);
    need(!Number.isNaN(milliseconds) && dayText(milliseconds / 1000 / DAY) === text, "format", "day");
    return milliseconds / 1000 / DAY;
  }

  const dayText = (days) => new Date(days * DAY * 1000).toISOString().slice(0, 10);

  /** POSIX seconds of YYYY-MM-DDTHH:MM:SSZ. Throws `format`. */
  function momentOf(text) {
    need(/^.{10}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$/.test(string(text)), "format", "moment");
    dayOf(text.slice(0, 10));
    return Date.parse(text) / 1000;
  }

  // ---- notes, checkpoints, proofs (ledger.md) -------------------------------------------------------------------------

  const LOG = 1, WITNESS = 4; // types of keys
  const SPACE = /[\x09-\x0d \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

  function nameOf(text) {
    need(text && !text.includes("+") && !SPACE.test(text) && !/[\x00-\x1f]/.test(text), "format", "name of a key");
    return text;
  }

  /** Reads `name+hex8(key id)+base64(type || public key)`. Throws `format`. */
  function parseKey(text) {
    const [name, id, ...rest] = text.split("+");
    const typed = fromBase64(rest.join("+"));
    const key = { name: nameOf(name), id: id ?? "", type: typed[0], bytes: typed.subarray(1) };
    fromHex(key.id, 4);
    need(typed.length > 1, "format", "key");
    if (key.type === LOG || key.type === WITNESS) {
      need(typed.length === 33 && key.id === toHex(sha256(utf8(`${name}\n`), typed).subarray(0, 4)), "format", "key");
    }
    return key;
  }

  async function verifies(key, message, signature) {
    const algorithm = { name: "Ed25519" };
    try {
      const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["verify"]);
      return await crypto.subtle.verify(algorithm, imported, signature, message);
    } catch (error) {
      if (error?.name === "DataError") return false; // no point of the curve
      throw new Unable(String(error));
    }
  }

  // RFC 8032, section 7.1, test 2: a browser that does not say yes to it, and no to another message, is not relied on.
  const KNOWN = {
    key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  };

  /** Throws Unable unless this browser tells a good signature from a bad one. */
  async function requireSignatures() {
    if (!globalThis.crypto?.subtle) throw new Unable("no WebCrypto here");
    const key = fromHex(KNOWN.key, 32), signature = fromHex(KNOWN.signature, 64);
    const good = await verifies(key, Uint8Array.of(0x72), signature);
    const bad = await verifies(key, Uint8Array.of(0x73), signature);
    if (!good || bad) throw new Unable("no Ed25519 here");
  }

  /** Splits a note into { text, signatures }, verifying nothing. Throws `format`, `limit`. */
  function parseNote(note) {
    need(utf8(note).length <= LIMITS.note, "limit", "note");
    need(!/[\x00-\x09\x0b-\x1f]/.test(note) && note.isWellFormed(), "format", "note");
    const cut = note.lastIndexOf("\n\n");
    need(cut >= 0 && note.endsWith("\n") && note.length > cut + 2, "format", "note");
    const lines = note.slice(cut + 2, -1).split("\n");
    need(lines.length <= LIMITS.signatures, "limit", "signatures");
    return { text: note.slice(0, cut + 1), signatures: lines.map(parseSignature) };
  }

  function parseSignature(line) {
    need(line.startsWith("— "), "format", "signature line");
    const [name, ...rest] = line.slice(2).split(" ");
    const data = fromBase64(rest.join(" "));
    need(data.length > 4, "format", "signature line");
    return { name: nameOf(name), id: toHex(data.subarray(0, 4)), bytes: data.subarray(4) };
  }

  /** The text, and which of the known keys signed it when. Throws `format`, `limit`, `signature`, Unable. */
  async function openNote(note, keys) {
    const { text, signatures } = parseNote(note);
    const verified = [];
    for (const signature of signatures) {
      const key = keys.find(({ name, id, type }) => name === signature.name && id === signature.id && type in SIGNED);
      if (!key) continue;
      const { time, message, bytes } = SIGNED[key.type](text, signature.bytes);
      need(bytes.length === 64 && time <= MAX_COUNT, "signature", "length");
      need(await verifies(key.bytes, message, bytes), "signature", "a signature fails");
      verified.push({ key, time });
    }
    need(verified.length, "signature", "no known key signed");
    return { text, verified };
  }

  /** What a key of each type signs, and where its signature and its time stand. */
  const SIGNED = {
    [LOG]: (text, bytes) => ({ time: 0n, message: utf8(text), bytes }),
    [WITNESS]: (text, bytes) => {
      const time = uintOf(bytes.subarray(0, 8));
      return { time, message: utf8(`cosignature/v1\ntime ${time}\n${text}`), bytes: bytes.subarray(8) };
    },
  };

  function decimal(text) {
    need(/^(0|[1-9][0-9]{0,18})$/.test(text) && BigInt(text) <= MAX_COUNT, "format", "decimal");
    return BigInt(text);
  }

  /** A checkpoint of the log `origin`: { size, root, verified }. Throws `format`, `limit`, `signature`, `proof`, Unable. */
  async function openCheckpoint(note, origin, keys) {
    const { text, verified } = await openNote(note, keys);
    const lines = text.split("\n");
    need(lines.length === 4 && lines[0], "format", "checkpoint");
    const found = { origin: lines[0], size: decimal(lines[1]), root: fromBase64(lines[2]), verified };
    need(found.root.length === 32, "format", "root");
    const signed = verified.some(({ key }) => key.type === LOG && key.name === origin);
    need(found.origin === origin && signed, "signature", "not a checkpoint of this log");
    need(found.size > 0n || equal(found.root, sha256()), "proof", "root of nothing");
    return found;
  }

  const leafHash = (entry) => sha256(Uint8Array.of(0), entry);
  const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

  /** RFC 9162, 2.1.3.2. Throws `proof`. */
  function verifyInclusion(leaf, index, size, path, root) {
    need(index < size, "proof", "no such index");
    let place = index, last = size - 1n, hash = leaf;
    for (const step of path) {
      need(last > 0n, "proof", "path too long");
      if (place & 1n || place === last) {
        hash = nodeHash(step, hash);
        while (!(place & 1n) && place) { place >>= 1n; last >>= 1n; }
      } else {
        hash = nodeHash(hash, step);
      }
      place >>= 1n; last >>= 1n;
    }
    need(last === 0n && equal(hash, root), "proof", "another root");
  }

  /** RFC 9162, 2.1.4.2. Throws `proof`. */
  function verifyConsistency(oldSize, oldRoot, size, root, path) {
    need(oldSize <= size, "proof", "smaller than before");
    if (oldSize === size || oldSize === 0n) {
      need(!path.length && equal(oldSize ? root : sha256(), oldRoot), "proof", "another root");
      return;
    }
    let place = oldSize - 1n, last = size - 1n;
    while (place & 1n) { place >>= 1n; last >>= 1n; }
    const steps = place ? path : [oldRoot, ...path];
    need(steps.length, "proof", "no path");
    let old = steps[0], hash = steps[0];
    for (const step of steps.slice(1)) {
      need(last > 0n, "proof", "path too long");
      if (place & 1n || place === last) {
        old = nodeHash(step, old);
        hash = nodeHash(step, hash);
        while (!(place & 1n) && place) { place >>= 1n; last >>= 1n; }
      } else {
        hash = nodeHash(hash, step);
      }
      place >>= 1n; last >>= 1n;
    }
    need(last === 0n && equal(old, oldRoot) && equal(hash, root), "proof", "another root");
  }

  // ---- policies (ledger.md, Policy) -----------------------------------------------------------------------------------

  /** Reads a policy: { witnesses: name -> key, logs, groups: name -> { least, names }, quorum }. Throws `format`, `limit`. */
  function parsePolicy(text) {
    const size = utf8(text).length;
    need(size <= LIMITS.policy, "limit", "policy");
    need(/^[\t\n\x20-\x7e\x80-\u{10ffff}]*$/u.test(text) && (!size || text.endsWith("\n")), "format", "policy");
    const policy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: null, used: new Set(), keys: new Set() };
    for (const line of text.split("\n")) {
      const words = line.split(/[ \t]+/).filter(Boolean);
      if (!words.length || words[0].startsWith("#")) continue;
      need(Object.hasOwn(LINES, words[0]), "format", "line of a policy");
      LINES[words[0]](policy, words.slice(1));
    }
    need(policy.quorum !== null, "format", "no quorum");
    return policy;
  }

  const LINES = {
    log(policy, words) {
      need(words.length === 1 || words.length === 2, "format", "log");
      policy.logs.push(ownKey(policy, words[0], LOG));
      need(policy.logs.length <= LIMITS.members, "limit", "logs");
    },
    witness(policy, words) {
      need(words.length === 2 || words.length === 3, "format", "witness");
      const name = newName(policy, words[0]);
      policy.witnesses.set(name, ownKey(policy, words[1], WITNESS));
      need(policy.witnesses.size <= LIMITS.members, "limit", "witnesses");
    },
    group(policy, words) {
      const [name, asked, ...names] = words;
      need(names.length && new Set(names).size === names.length, "format", "group");
      newName(policy, name);
      for (const one of names) {
        need(defined(policy, one) && !policy.used.has(one), "format", "member of a group");
        policy.used.add(one);
      }
      policy.groups.set(name, { least: least(asked, names.length), names });
      need(policy.groups.size <= LIMITS.members, "limit", "groups");
    },
    quorum(policy, words) {
      need(words.length === 1 && policy.quorum === null, "format", "quorum");
      need(words[0] === "none" || defined(policy, words[0]), "format", "quorum");
      policy.quorum = words[0];
    },
  };

  const defined = (policy, name) => policy.witnesses.has(name) || policy.groups.has(name);

  function newName(policy, name) {
    need(name !== "none" && !defined(policy, name), "format", "name");
    return name;
  }

  function ownKey(policy, text, type) {
    const key = parseKey(text);
    const bytes = toHex(key.bytes);
    need(key.type === type && !policy.keys.has(bytes), "format", "key of a policy");
    policy.keys.add(bytes);
    return key;
  }

  function least(asked, size) {
    if (asked === "all") return size;
    if (asked === "any") return 1;
    need(/^[1-9][0-9]{0,3}$/.test(asked) && Number(asked) <= size, "format", "group");
    return Number(asked);
  }

  /** Whether these witnesses, by the policy's names, make up its quorum. */
  function satisfied(policy, names, asked = policy.quorum) {
    if (asked === "none" || names.has(asked)) return true;
    const group = policy.groups.get(asked);
    return Boolean(group) && group.names.filter((name) => satisfied(policy, names, name)).length >= group.least;
  }

  /** The names of a policy's witnesses with a line of a time from `after` on. Throws `signature` and all of openCheckpoint. */
  async function cosigners(note, origin, policy, logKeys) {
    const { verified } = await openCheckpoint(note, origin, [...logKeys, ...policy.logs, ...policy.witnesses.values()]);
    return (after = 0n, before = MAX_COUNT) => {
      const keys = verified.filter(({ time }) => time >= after && time <= before).map(({ key }) => key);
      return new Set([...policy.witnesses].filter(([, key]) => keys.includes(key)).map(([name]) => name));
    };
  }

  // ---- keys, leaves, events, index entries (completeness.md, 1 to 6) --------------------------------------------------

  const LABEL = utf8("azukari/label/v1"), OPENING = utf8("azukari/opening/v1");
  const labelOf = (key, chain, n) => hmac(key, LABEL, Uint8Array.of(chain), uint(n, 8));
  const openingOf = (key, chain, n) => hmac(key, OPENING, Uint8Array.of(chain), uint(n, 8));
  const keyIdOf = (key) => toHex(sha256(utf8("azukari/list-key-id/v1"), key));
  const commitOf = (label, opening, event) => sha256(utf8("azukari/event-commit/v1"), label, opening, sha256(event));

  /** Section 3: { kind, entrustment (hex), day, withheld, label, commit, bytes }. Throws `format`. */
  function parseLeaf(bytes) {
    const well = bytes.length === LEAF_BYTES && bytes[0] === 1 && bytes[1] < KINDS.length && bytes[2] === 1 && !bytes[3];
    need(well, "format", "leaf");
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const leaf = {
      bytes, kind: bytes[1], entrustment: toHex(bytes.subarray(4, 20)), day: view.getUint32(20), withheld: view.getUint16(24),
      label: bytes.subarray(26, 58), commit: bytes.subarray(58),
    };
    need(leaf.day + leaf.withheld <= LAST_DAY, "format", "day of a leaf");
    need(!leaf.withheld || isBare(leaf), "format", "a withheld leaf says what it is");
    return leaf;
  }

  const NONE = "0".repeat(32); // an entrustment that is not stated
  const LAST_DAY = dayOf("9999-12-31");
  const isBare = ({ kind, entrustment }) => kind === 0 && entrustment === NONE;

  const EVENT = [
    "act", "at", "basis", "body", "country", "day", "deed", "entrustment", "fields", "id", "next", "party", "purpose", "role", "system",
    "type", "unit", "until",
  ];
  const PERSON = "(person|spouse|dependant-[1-9][0-9]?)";
  const ROLE = new RegExp(`^${PERSON}$`);
  const FIELD = new RegExp(
    "^(name|kana|birth-date|phone|postal-code|address|individual-number|amount|email|local-id|code|free-text|reference)"
    + `/${PERSON}$`,
  );

  /** Section 4. Throws `format`, `limit`. */
  function parseEvent(text) {
    need(utf8(text).length <= LIMITS.event, "limit", "event");
    const event = members(parseJson(text), ...EVENT);
    const { fields, ...texts } = event;
    Object.values(texts).forEach(string);
    need(event.type === "azukari/event/v1" && KINDS.indexOf(event.act) > 0, "format", "event");
    need(/^([A-Z]{2})?$/.test(event.country) && isIdentifier(event.id) && ROLE.test(event.role), "format", "event");
    need(!event.entrustment || isIdentifier(event.entrustment), "format", "entrustment");
    const sorted = array(fields).every((field, i) => FIELD.test(string(field)) && (!i || comparePoints(fields[i - 1], field) < 0));
    need(sorted, "format", "fields");
    need(event.act === "rekey" ? /^[0-9a-f]{64}$/.test(event.next) : !event.next, "format", "next");
    dayOf(event.day);
    if (event.until) dayOf(event.until);
    requireUse(event);
    return event;
  }

  /** What only a use says: when (`at`), what (`deed`), with what and by whom. */
  function requireUse({ act, at, deed, system, unit }) {
    if (act !== "use") return need(!(at || deed || system || unit), "format", "no use");
    need(/^[a-z]{1,20}$/.test(deed), "format", "deed");
    return momentOf(at);
  }

  /** Section 6: { at (seconds), count, depth, root, size }. Throws `format`. */
  function parseIndexEntry(text) {
    const entry = members(parseJson(text), "at", "count", "depth", "root", "size", "type");
    need(entry.type === "azukari/index/v1", "format", "index entry");
    const [total, depth, size] = [count(entry.count), count(entry.depth), count(entry.size)];
    need(depth === depthOf(total), "format", "depth");
    return { at: momentOf(entry.at), moment: entry.at, depth, size, count: total, root: fromHex(entry.root, 32) };
  }

  /** The smallest d with count <= 8 * 2^d. */
  function depthOf(total) {
    let depth = 0n;
    while (total > 8n << depth) depth++;
    return depth;
  }

  /** The bucket of a label: its first `depth` bits. */
  const placeOf = (label, depth) => uintOf(label.subarray(0, 8)) >> (64n - depth);

  /** The root that buckets, [{ place, records }] in ascending order, and the missing nodes lead to. Throws `proof`. */
  function rootOf(buckets, nodes, depth) {
    let level = buckets.map(({ place, records }) => ({ place, hash: sha256(Uint8Array.of(2), records) }));
    let next = 0;
    for (let i = 0n; i < depth; i++) {
      const above = [];
      for (let j = 0; j < level.length; j++) {
        const { place, hash } = level[j];
        const paired = !(place & 1n) && level[j + 1]?.place === place + 1n;
        if (paired) j++;
        else need(next < nodes.length, "proof", "a node is missing");
        const beside = paired ? level[j].hash : nodes[next++];
        const [left, right] = place & 1n ? [beside, hash] : [hash, beside];
        above.push({ place: place >> 1n, hash: sha256(Uint8Array.of(3), left, right) });
      }
      level = above;
    }
    need(level.length === 1 && next === nodes.length, "proof", "nodes");
    return level[0].hash;
  }

  // ---- the report and what was kept (8, 9) ----------------------------------------------------------------------------

  /** Section 8. Throws `format`, `limit`. */
  function parseReport(bytes) {
    need(bytes.length <= LIMITS.report, "limit", "report");
    const report = members(
      parseJson(textOf(bytes)),
      "buckets", "checkpoint", "index", "lists", "nodes", "origin", "sealed", "since", "type",
    );
    need(report.type === "azukari/report/v1" && report.sealed === "not-answered", "format", "report");
    const index = members(report.index, "entry", "index", "path");
    return {
      origin: string(report.origin), checkpoint: string(report.checkpoint),
      index: { ...parseIndexEntry(string(index.entry)), text: index.entry, place: count(index.index), path: pathOf(index.path) },
      lists: parseLists(array(report.lists)),
      buckets: parseBuckets(array(report.buckets)), nodes: hashesOf(report.nodes),
      since: report.since === null ? null : parseSince(report.since),
    };
  }

  function parseSince(value) {
    const since = members(value, "path", "size");
    return { size: count(since.size), path: pathOf(since.path) };
  }

  function parseLists(values) {
    need(values.length <= LIMITS.lists, "limit", "lists");
    const lists = values.map((value) => members(value, "chain", "entries", "key"));
    const total = lists.reduce((sum, { entries }) => sum + array(entries).length, 0);
    need(total <= LIMITS.entries, "limit", "entries");
    const chains = lists.map(({ chain }) => Number(count(chain)));
    need(chains.length && chains.every((chain, i) => chain === 0 || (chain === 1 && i && i === chains.length - 1)), "format", "chains");
    need(new Set(lists.map(({ key }) => key)).size === lists.length, "format", "a key twice");
    return lists.map(({ key, entries }, i) => {
      const bytes = fromHex(key, 32);
      return { chain: chains[i], key: bytes, id: keyIdOf(bytes), entries: entries.map((value, j) => parseEntry(value, j + 1)) };
    });
  }

  function parseEntry(value, n) {
    const { leaf, index, path, event, opening } = members(value, "event", "index", "leaf", "opening", "path");
    need(event || !opening, "format", "an opening of nothing");
    return {
      n, leaf: parseLeaf(fromBase64(string(leaf))), index: count(index), path: pathOf(path), eventText: string(event),
      event: event ? parseEvent(event) : null, opening: string(opening) ? fromHex(opening, 32) : null,
    };
  }

  function parseBuckets(values) {
    const buckets = values.map((value) => {
      need(array(value).length === 2, "format", "bucket");
      return { place: count(value[0]), records: fromBase64(string(value[1])) };
    });
    need(buckets.every(({ place }, i) => !i || buckets[i - 1].place < place), "format", "order of buckets");
    return buckets;
  }

  /** Section 9, what was kept at the last visit. Throws `format`, `limit`. */
  function parseVisit(bytes) {
    need(bytes.length <= LIMITS.visit, "limit", "visit");
    const visit = members(parseJson(textOf(bytes)), "checkpoint", "lists", "origin", "type");
    need(visit.type === "azukari/visit/v1", "format", "visit");
    need(array(visit.lists).length <= LIMITS.lists, "limit", "lists");
    const lists = visit.lists.map((value) => {
      const list = members(value, "chain", "entries", "id");
      fromHex(list.id, 32);
      return { chain: Number(count(list.chain)), entries: Number(count(list.entries)), id: list.id };
    });
    return { origin: string(visit.origin), checkpoint: string(visit.checkpoint), lists };
  }

  // ---- the steps of section 9 -----------------------------------------------------------------------------------------

  const STEPS = [
    /** 1. The bytes are of the form of section 8; a list key that was given is that of a list. */
    function form(held) {
      const { report, key, visit } = held.given;
      held.report = parseReport(report);
      held.visit = visit ? parseVisit(visit) : null;
      const named = !key || held.report.lists.some((list) => toHex(list.key) === key);
      need(named, "wrong-key", "no list has the key that was given");
    },

    /** 2. The checkpoint is one of `origin`, signed by the log's key. */
    async function checkpoint(held) {
      held.logKeys = held.given.logKeys.map(parseKey);
      held.checkpoint = await openCheckpoint(held.report.checkpoint, held.report.origin, held.logKeys);
    },

    /** 3. Witnesses of the policy cosigned it; auditors did, at most 25 hours ago. */
    async function witnesses(held) {
      const { policy, auditors, now } = held.given;
      const { checkpoint, origin } = held.report;
      held.policies = { witnesses: policy ? parsePolicy(policy) : null, auditors: auditors ? parsePolicy(auditors) : null };
      if (policy) {
        const among = await cosigners(checkpoint, origin, held.policies.witnesses, held.logKeys);
        need(satisfied(held.policies.witnesses, among()), "not-witnessed");
      }
      if (!auditors) return;
      const among = await cosigners(checkpoint, origin, held.policies.auditors, held.logKeys);
      need(satisfied(held.policies.auditors, among()), "not-audited");
      need(satisfied(held.policies.auditors, among(BigInt(now - MAX_AGE), BigInt(now + MAX_AHEAD))), "stale", "the audit is too old");
    },

    /** 4. The index entry is in the log, at an index of at least its size, and is not old. */
    function indexEntry({ report: { index }, checkpoint, given: { now } }) {
      need(index.place >= index.size, "proof", "the index entry stands below its size");
      verifyInclusion(leafHash(utf8(index.text)), index.place, checkpoint.size, index.path, checkpoint.root);
      need(index.at >= now - MAX_AGE && index.at <= now + MAX_AHEAD, "stale", "the index is not of today");
    },

    /** 5. The buckets are sorted, of their prefixes, those of the labels and no others, and lead to the index's root. */
    function buckets(held) {
      const { buckets, nodes, index, lists } = held.report;
      for (const { place, records } of buckets) checkRecords(records, place, index.depth);
      for (const list of lists) list.labels = labelsOf(list);
      held.places = new Map(buckets.map(({ place, records }) => [place, records]));
      const asked = new Set(lists.flatMap(({ labels }) => [...labels.values()].map((label) => placeOf(label, index.depth))));
      need(asked.size === held.places.size && [...asked].every((place) => held.places.has(place)), "proof", "other buckets");
      need(equal(rootOf(buckets, nodes, index.depth), index.root), "proof", "another root of the index");
    },

    /** 6. What was kept is a past of this, and no list has become shorter. */
    async function kept({ report, visit, checkpoint, logKeys }) {
      if (!visit) return;
      need(visit.origin === report.origin, "fork", "what was kept is of another log", "fork");
      const before = await openCheckpoint(visit.checkpoint, report.origin, logKeys);
      need(before.size <= checkpoint.size, "fork", "the ledger is smaller than before", "rollback");
      requirePast(before, checkpoint, report.since);
      for (const { id, chain, entries } of visit.lists) {
        const list = report.lists.find((one) => one.id === id && one.chain === chain);
        need(list && list.entries.length >= entries, "incomplete", "a list is shorter than before", "shortened");
      }
    },

    /** 7. Each label stands once in its bucket, with the index of its entry, whose leaf is in the log below `size`. */
    function present(held) {
      for (const { labels, entries } of held.report.lists) {
        for (const entry of entries) requirePresent(held, entry, labels.get(entry.n));
      }
    },

    /** 8. No further label stands in a bucket. */
    function absent(held) {
      for (const { labels, entries } of held.report.lists) {
        for (const n of further(entries.length)) {
          need(!recordsOf(held, labels.get(n)).length, "incomplete", `the list goes on with entry ${n}`, "skipped");
        }
      }
    },

    /** 9. Event and opening give the commitment; what is withheld is open from its day on. */
    function events(held) {
      const today = Math.floor((held.report.index.at + JAPAN) / DAY);
      for (const list of held.report.lists) {
        for (const entry of list.entries) requireOpened(list, entry, today);
      }
    },

    /** 10. A list that another of its chain follows ends with a rekey that names the next key; nothing else is a rekey. */
    function keys({ report: { lists } }) {
      for (const [i, { chain, entries }] of lists.entries()) {
        const next = lists[i + 1]?.chain === chain ? lists[i + 1].id : null;
        if (next) need(entries.at(-1)?.event?.next === next, "incomplete", "the next key is another one", "rekey");
        const others = next ? entries.slice(0, -1) : entries;
        need(!others.some(({ event }) => event?.act === "rekey"), "incomplete", "a list goes on that is not here", "rekey");
      }
    },
  ];

  function checkRecords(records, place, depth) {
    need(place >> depth === 0n && records.length % RECORD_BYTES === 0, "format", "bucket");
    for (let at = 0; at < records.length; at += RECORD_BYTES) {
      const record = records.subarray(at, at + RECORD_BYTES);
      const ordered = !at || compare(records.subarray(at - RECORD_BYTES, at), record) < 0;
      need(ordered && placeOf(record, depth) === place, "format", "order of a bucket");
    }
  }

  function requirePast(before, checkpoint, since) {
    const grown = before.size < checkpoint.size;
    need(!grown || since?.size === before.size, "proof", "not proved from what was kept");
    try {
      verifyConsistency(before.size, before.root, checkpoint.size, checkpoint.root, grown ? since.path : []);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new Refusal("fork", "what was kept is no past of this ledger", "fork");
    }
  }

  /** All labels of a list that the buckets prove: those of its entries, and those that must stand in none; by n. */
  function labelsOf({ key, chain, entries }) {
    const numbers = [...entries.map(({ n }) => n), ...further(entries.length)];
    return new Map(numbers.map((n) => [n, labelOf(key, chain, n)]));
  }

  /** The indexes of the records of a label in its bucket, which is there (step 5) and sorted. */
  function recordsOf({ places, report: { index } }, label) {
    const records = places.get(placeOf(label, index.depth));
    const labelAt = (i) => records.subarray(RECORD_BYTES * i, RECORD_BYTES * i + 32);
    const found = [];
    for (let i = firstFrom(label, labelAt, records.length / RECORD_BYTES); equal(labelAt(i), label); i++) {
      found.push(uintOf(records.subarray(RECORD_BYTES * i + 32, RECORD_BYTES * (i + 1))));
    }
    return found;
  }

  /** The first of `total` places in order whose label is not below `label`. */
  function firstFrom(label, labelAt, total) {
    let low = 0, high = total;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(labelAt(middle), label) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function requirePresent(held, { leaf, index, path }, label) {
    const { checkpoint, report } = held;
    const found = recordsOf(held, label);
    need(found.length > 0, "incomplete", "an entry is not in the index", "missing");
    need(found.length === 1, "incomplete", "an entry is twice in the index", "twice");
    need(found[0] === index && index < report.index.size, "proof", "the index names another entry");
    need(equal(leaf.label, label), "proof", "the leaf has another label");
    verifyInclusion(leafHash(leaf.bytes), index, checkpoint.size, path, checkpoint.root);
  }

  /** m + 1 ... m + 16, and m + 2^j for j = 5 ... 20. */
  const further = (m) => [
    ...Array.from({ length: 16 }, (_, i) => m + 1 + i), ...Array.from({ length: 16 }, (_, j) => m + 2 ** (j + 5)),
  ];

  /** `today`: the day of the index, in Japan. What is shown before its day is held against the commitment, too. */
  function requireOpened({ key, chain }, { n, leaf, event, eventText, opening }, today) {
    need(chain === 0 || (isBare(leaf) && !leaf.withheld), "commitment", "a sealed leaf says what it is");
    if (!event) {
      need(leaf.withheld && today < leaf.day + leaf.withheld, "incomplete", "an entry that should be open is not", "overdue");
      return;
    }
    const known = opening ?? openingOf(key, chain, n);
    need(equal(commitOf(leaf.label, known, utf8(eventText)), leaf.commit), "commitment", "another event");
    need(leaf.kind === 0 || KINDS[leaf.kind] === event.act, "commitment", "another kind");
    need(leaf.entrustment === NONE || leaf.entrustment === event.entrustment, "commitment", "another entrustment");
    need(chain === 1 || leaf.withheld || dayOf(event.day) === leaf.day, "commitment", "another day");
  }

  // ---- what follows ---------------------------------------------------------------------------------------------------

  /**
   * Checks a report: { report, now (POSIX seconds), logKeys (texts), policy, auditors, key (hex), visit }, report and visit as bytes,
   * policies as texts; all but the first three may be missing. Resolves to what was found. Throws Refusal, with its step, and
   * Unable where the browser has no Ed25519.
   */
  async function check(given) {
    await requireSignatures();
    const held = { given };
    for (const [i, step] of STEPS.entries()) {
      try {
        await step(held);
      } catch (error) {
        if (error instanceof Refusal) error.step = i + 1;
        throw error;
      }
    }
    return found(held);
  }

  function found({ given, report, checkpoint, policies }) {
    const somebody = (policy) => Boolean(policy) && policy.quorum !== "none"; // a policy that asks nobody shows nothing
    const entries = report.lists.flatMap(({ chain, entries }, list) => entries.map((entry) => shownOf(entry, chain, list)));
    return {
      origin: report.origin, size: checkpoint.size, at: report.index.moment, lists: report.lists.length, entries,
      shown: entries.filter(({ event }) => event).length,
      withheld: entries.filter(({ event }) => !event),
      sealedReleased: report.lists.some(({ chain }) => chain === 1),
      asked: {
        witnesses: somebody(policies.witnesses), auditors: somebody(policies.auditors),
        visit: Boolean(given.visit), key: Boolean(given.key),
      },
      visit: visitOf(report),
    };
  }

  function shownOf({ n, leaf, index, event }, chain, list) {
    return { n, chain, list, index, day: dayText(leaf.day), opens: leaf.withheld ? dayText(leaf.day + leaf.withheld) : null, event };
  }

  /** What to keep for the next visit: the bytes of an `azukari/visit/v1`. */
  function visitOf({ origin, checkpoint, lists }) {
    const kept = lists.map(({ chain, id, entries }) => new Map(Object.entries({
      chain: BigInt(chain), entries: BigInt(entries.length), id,
    })));
    return utf8(encoded(new Map(Object.entries({ checkpoint, lists: kept, origin, type: "azukari/visit/v1" }))));
  }

  /**
   * The bytes of an `azukari/misbehaviour/v1`: what was refused, and the texts that show it; null for step 1, bytes that anybody
   * can make. It holds the list keys.
   */
  function evidence({ word, kind, step }, report, visit) {
    if (step < 2) return null;
    const text = (bytes) => (bytes ? textOf(bytes) : "");
    return utf8(encoded(new Map(Object.entries({
      kind, report: text(report), step: BigInt(step), type: "azukari/misbehaviour/v1", visit: text(visit), word,
    }))));
  }

  /** Reads such a file: { word, kind, step, report, visit } with texts as bytes, visit null if there was none. Throws `format`, `limit`. */
  function parseEvidence(bytes) {
    need(bytes.length <= LIMITS.evidence, "limit", "evidence");
    const told = members(parseJson(textOf(bytes)), "kind", "report", "step", "type", "visit", "word");
    need(told.type === "azukari/misbehaviour/v1" && count(told.step) >= 2n, "format", "evidence");
    const [word, kind, report, visit] = [told.word, told.kind, told.report, told.visit].map(string);
    return { word, kind, step: Number(told.step), report: utf8(report), visit: visit ? utf8(visit) : null };
  }

  /**
   * Checks what an evidence file tells, at the moment of its own index, whatever the time is now: { told, same, convicts }. `same`: it
   * fails at the same step, by the same word and kind; `convicts`: what the log signed contradicts itself, whoever wrote the rest.
   * Given as to `check`, with `evidence` for report, visit and now.
   */
  async function recheck({ evidence: bytes, ...given }) {
    const told = parseEvidence(bytes);
    const report = parseReport(told.report);
    try {
      await check({ ...given, report: told.report, visit: told.visit, now: report.index.at });
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const same = ["word", "kind", "step"].every((name) => refusal[name] === told[name]);
      return { told, same, convicts: same && contradicts(told, report) };
    }
    return { told, same: false, convicts: false };
  }

  /** Two leaves of one label under a signed index, or two signed roots of one size; anything else a report could be altered to. */
  function contradicts({ kind, visit }, { checkpoint }) {
    const state = (note) => note.split("\n", 2).join("\n"); // origin and size
    return kind === "twice" || (kind === "fork" && state(parseVisit(visit).checkpoint) === state(checkpoint));
  }

  const evidenceName = ({ word, kind }) => `${kind ? `${word}-${kind}` : word}.azm.json`;

  return Object.freeze({
    check, recheck, evidence, evidenceName, parseEvidence, requireSignatures, Refusal, Unable, LIMITS, KINDS, parseKey,
    parts: Object.freeze({
      sha256, hmac, parseJson, encoded, textOf, fromBase64, toHex, openNote, openCheckpoint, verifyInclusion, verifyConsistency,
      leafHash, parsePolicy, satisfied, cosigners, labelOf, openingOf, commitOf, keyIdOf, parseLeaf, parseEvent, rootOf, depthOf,
    }),
  });
})();
