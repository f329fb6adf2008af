// What is done with a package, a key and a challenge, one request at a time. The same desk works in a worker, so that
// the page stays alive beside a million rows, and in the page itself where a browser starts no worker.

import { utf8 } from "./bytes.js";
import { parseConsignment, signFor } from "./consignment.js";
import { Refusal, wordOf } from "./errors.js";
import { fieldLabel } from "./fields.js";
import { answerChallenge, encodeCard, fileText, fingerprint, generateIdentity, parseIdentity } from "./identity.js";
import { parseEntry } from "./manifest.js";
import { openPackage } from "./package.js";
import { makeReceipt, verifyReceipt } from "./receipt.js";
import { presentation } from "./spelling.js";
import { writeCsv } from "./write_csv.js";
import { writeXlsx } from "./write_xlsx.js";

const WRITERS = { csv: writeCsv, xlsx: writeXlsx };
const EVERY = 50; // milliseconds between two reports

/** A desk holds the last table that it opened. `tell(step, share)` hears of progress. */
export function makeDesk(tell) {
  let table = null;
  const report = reporter(tell);
  const tasks = {
    open: async ({ file, key, pinned, day }) => {
      table = null;
      const identity = await parseIdentity(key);
      const opened = await openPackage(file, identity, pinned.trim(), report);
      const receipt = makeReceipt(opened.entry, opened.entryBytes, opened.table.rows, identity, day);
      verifyReceipt(receipt, opened.entry, opened.entryBytes);
      table = opened.table;
      return { ...summary(opened), receipt };
    },
    write: async ({ kind }) => {
      if (!table) throw new Refusal("state", "no package is open");
      return WRITERS[kind](table, (share) => report(9, share));
    },
    key: async () => {
      const identity = await generateIdentity();
      return { file: utf8(fileText(identity)), card: encodeCard(identity), fingerprint: fingerprint(identity) };
    },
    card: async ({ key }) => {
      const identity = await parseIdentity(key);
      return { card: encodeCard(identity), fingerprint: fingerprint(identity) };
    },
    answer: async ({ key, challenge }) => ({ answer: await answerChallenge(await parseIdentity(key), challenge) }),
    slip: async ({ slip }) => slipSummary(parseConsignment(slip)),
    sign: async ({ slip, key, day }) => ({ receipt: signFor(slip, await parseIdentity(key), day) }),
    receipt: async ({ note, entry }) => verifyReceipt(note, parseEntry(entry), entry),
    presentation: async ({ kind, texts }) => texts.map((text) => presentation(kind, text)),
  };
  return async ({ task, ...given }) => {
    try {
      return { done: await tasks[task](given) };
    } catch (error) {
      return { word: wordOf(error), detail: String(error.detail ?? "") };
    }
  };
}

/** Reports at most every 50 milliseconds, but each step's beginning and end; lets the browser breathe in between. */
function reporter(tell) {
  let last = 0;
  return async (step, share) => {
    if (share > 0 && share < 1 && performance.now() - last < EVERY) return;
    tell(step, share);
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}

function slipSummary({ consignment, medium, unit, units, people, columns, day }) {
  return { consignment, medium, unit, units: String(units), people: String(people), day, fields: columns.map(fieldLabel) };
}

function summary({ entry, ledger, contents, table }) {
  return {
    ledger, handover: entry.handover, body: entry.body, day: entry.day, expires: entry.expires, party: contents.party,
    purpose: contents.purpose, rows: table.rows, headers: contents.headers, fields: entry.columns.map(fieldLabel),
  };
}
