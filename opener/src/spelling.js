// docs/spec/fingerprint.md, section 2: the presentation form, equal for all permitted spellings of a value and only
// those. The patterns stand literally in the specification; a property test holds this against `azukari.fields.spelling`.

import { utf8 } from "./bytes.js";

const HYPHENED_PHONE = /^0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}$/u;
const HEAD = "^([^0-9]+)";
const AFTER = "($|[^0-9-])";
const CHOME_WORDS = new RegExp(`${HEAD}([0-9]+)丁目([0-9]+)番([0-9]+)号($|[^0-9\\u3400-\\u9fff々-])`, "u");
const CHOME_MIXED = new RegExp(`${HEAD}([0-9]+)丁目([0-9]+)-([0-9]+)${AFTER}`, "u");
const BAN_WORDS = new RegExp(`${HEAD}([0-9]+)番([0-9]+)号($|[^0-9\\u3400-\\u9fff々-])`, "u");
const ROOM_LONG = /([^0-9番目-][0-9]+)号室$/u;
const LINE_BREAK = /[\r\n]/;
const DIGIT_GAP = /[0-9][ \u3000]+[0-9]/;
const FULL = /[０-９－]/g;

const half = (text) => text.replace(FULL, (sign) => (sign === "－" ? "-" : String.fromCharCode(sign.charCodeAt(0) - 0xfee0)));
const withoutSpaces = (text) => text.replace(/[ \u3000]/g, "");

function plainAddress(text) {
  let plain = half(text)
    .replace(CHOME_WORDS, "$1$2-$3-$4$5")
    .replace(CHOME_MIXED, "$1$2-$3-$4$5")
    .replace(BAN_WORDS, "$1$2-$3$4");
  // A space between two digits separates two numbers; such an address keeps all its spaces.
  if (!DIGIT_GAP.test(plain)) plain = withoutSpaces(plain);
  return plain.replace(ROOM_LONG, "$1号");
}

const PLAIN = {
  name: withoutSpaces,
  kana: withoutSpaces,
  phone: (text) => (HYPHENED_PHONE.test(text) ? text.replaceAll("-", "") : text),
  address: plainAddress,
};

/** The presentation form of one cell. The individual number has the empty form: nothing kept may follow from it. */
export function presentation(kind, text) {
  if (kind === "individual-number") return "";
  return !PLAIN[kind] || LINE_BREAK.test(text) ? text : PLAIN[kind](text);
}

/** A function that brings UTF-8 bytes[at, at + size) into presentation form in place; the new size, never larger. */
export function presenter(kind) {
  if (kind === "individual-number") return () => 0;
  if (kind === "name" || kind === "kana") return dropSpaces;
  return PLAIN[kind] ? (bytes, at, size) => viaText(kind, bytes, at, size) : (bytes, at, size) => size;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function viaText(kind, bytes, at, size) {
  const plain = utf8(presentation(kind, decoder.decode(bytes.subarray(at, at + size))));
  bytes.set(plain, at);
  return plain.length;
}

/** `withoutSpaces` on bytes: names are most of what is hashed. U+3000 is E3 80 80, and no part of another character. */
function dropSpaces(bytes, at, size) {
  const end = at + size;
  for (let i = at; i < end; i++) if (bytes[i] === 10 || bytes[i] === 13) return size;
  let to = at;
  for (let i = at; i < end; i++) {
    if (bytes[i] === 0x20) continue;
    if (bytes[i] === 0xe3 && bytes[i + 1] === 0x80 && bytes[i + 2] === 0x80 && i + 2 < end) {
      i += 2;
      continue;
    }
    bytes[to++] = bytes[i];
  }
  return to - at;
}
