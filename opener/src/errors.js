// One vocabulary of verdicts: the word here is the word of docs/exit-codes.md, of `expect:` in vectors/package and of
// `azukari.errors`. The sentences are taken from docs/exit-codes.md when the page is built (opener/build.mjs).

import SENTENCES from "azukari:sentences";

/** A verdict or refusal. `detail` is a short English phrase for tests; it never holds personal data. */
export class Refusal extends Error {
  constructor(word, detail = "") {
    super(detail || word);
    this.word = word;
    this.detail = detail;
  }
}

/** The one sentence for people: `{ ja, en }`. An error that is none of ours is an error of this page. */
export function sentenceOf(word) {
  return SENTENCES[word] ?? { ja: "このページの内部の誤りです。", en: "An error in this page itself." };
}

/** The word of whatever was thrown. A buffer that the browser cannot hold is a limit, not a bug. */
export function wordOf(error) {
  if (error instanceof Refusal) return error.word;
  if (error instanceof RangeError && /allocation|array|length|memory/i.test(error.message)) return "limit";
  if (error instanceof DOMException && (error.name === "NotReadableError" || error.name === "NotFoundError")) return "not-found";
  return "internal";
}
