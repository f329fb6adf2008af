// The screen: choose, check, save. All work is the desk's; nothing here knows a key or a row longer than it must.

import { makeClient } from "./client.js";
import { sentenceOf } from "./errors.js";
import { MAX_TEXT } from "./identity.js";
import { MAX_ENTRY } from "./consignment.js";
import { FACTS, formulaWarning, SAID, SLIP, STATES, STEPS, UNITS } from "./words.js";

const JAPAN = 9 * 3_600_000; // milliseconds ahead of UTC: a receipt's day is the day there
const $ = (id) => document.getElementById(id);
let client;
let stem = "package"; // the package's file name without its ending
let receipt = null;

/** `source`: the text of this very script, for the worker. */
export function startPage(source) {
  client = makeClient(source);
  // For tests, and for whoever wants to look: what the buttons ask, with the same answers.
  window.azukari = Object.freeze({ ask: client.ask });
  setLanguage(navigator.language.startsWith("ja") ? "ja" : "en");
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => setLanguage(button.dataset.language));
  }
  on("open-form", "submit", openPackage);
  on("cancel", "click", () => client.cancel());
  on("save-csv", "click", () => saveTable("csv"));
  on("save-xlsx", "click", () => saveTable("xlsx"));
  on("save-receipt", "click", () => save(new Blob([receipt]), `${stem}.csv.receipt`));
  on("make-key", "click", makeKey);
  on("card-form", "submit", makeCard);
  on("answer-form", "submit", answer);
  on("slip", "change", readSlip);
  on("sign-form", "submit", sign);
  showSteps();
}

function on(id, event, action) {
  $(id).addEventListener(event, (happened) => {
    happened.preventDefault();
    action();
  });
}

function setLanguage(language) {
  document.documentElement.lang = language;
  document.title = { ja: "預かり 包みを開けるページ", en: "azukari: open a package" }[language];
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
}

/** Both languages side by side; the style sheet shows the one that is chosen. */
function both([ja, en]) {
  const spans = [["ja", ja], ["en", en]].map(([language, text]) => {
    const span = document.createElement("span");
    span.lang = language;
    span.textContent = text;
    return span;
  });
  const fragment = document.createDocumentFragment();
  fragment.append(...spans);
  return fragment;
}

// --- messages and steps ----------------------------------------------------------------------------------------------

function say(place, words, bad = false) {
  $(place).replaceChildren(both(words));
  $(place).classList.toggle("bad", bad);
}

/** What was refused: the sentence of docs/exit-codes.md and its word. */
function refuse(place, { word, detail }) {
  if (word === "cancelled") return say(place, SAID.cancelled);
  const { ja, en } = sentenceOf(word);
  const more = detail ? [`（${detail}）`, ` (${detail})`] : ["", ""];
  return say(place, [`${ja}${more[0]} [${word}]`, `${en}${more[1]} [${word}]`], true);
}

function showSteps() {
  $("steps").replaceChildren(...STEPS.map((words, i) => {
    const item = document.createElement("li");
    const text = document.createElement("span");
    const state = document.createElement("span");
    text.append(both(words));
    state.className = "state";
    item.append(text, state);
    item.id = `step-${i + 1}`;
    return item;
  }));
  STEPS.forEach((_, i) => setStep(i + 1, "waiting"));
}

function setStep(number, state) {
  const item = $(`step-${number}`);
  if (!item || item.dataset.state === state) return;
  item.dataset.state = state;
  item.querySelector(".state").replaceChildren(both(STATES[state]));
}

function onProgress(step, share) {
  setStep(step, share < 1 ? "running" : "good");
  $("progress").value = step > STEPS.length ? share : (step - 1 + share) / STEPS.length;
}

/** While the desk works: progress, a way to give up, and no second request. */
async function ask(request, words) {
  busy(true);
  say("said", words);
  const answered = await client.ask(request, onProgress);
  busy(false);
  return answered;
}

function busy(working) {
  $("working").hidden = !working;
  $("progress").value = 0;
  for (const button of document.querySelectorAll("main button:not(#cancel)")) button.disabled = working;
}

// --- open a package --------------------------------------------------------------------------------------------------

async function openPackage() {
  const file = $("package").files[0];
  const key = await keyText("key");
  $("result").hidden = true;
  if (!file || !key) return say("said", SAID.missing, true);
  showSteps();
  const day = new Date(Date.now() + JAPAN).toISOString().slice(0, 10);
  const pinned = $("pinned").value;
  const { done, word, detail } = await ask({ task: "open", file, key, pinned, day }, SAID.working);
  if (!done) return failed({ word, detail });
  stem = file.name.replace(/\.azk$/i, "");
  receipt = done.receipt;
  say("said", SAID.opened);
  showFacts(done, Boolean(pinned.trim()));
}

function failed(refusal) {
  const running = document.querySelector('#steps [data-state="running"]');
  if (running) setStep(Number(running.id.slice(5)), refusal.word === "cancelled" ? "waiting" : "bad");
  refuse("said", refusal);
  $("said").focus();
}

function showFacts(done, pinned) {
  const values = {
    ...done, origin: done.ledger.origin, vkey: done.ledger.vkey,
    rows: done.rows.toLocaleString("en"),
    fields: null,
  };
  const rows = Object.entries(FACTS).map(([name, words]) => {
    const [term, value] = fact(words, name === "fields" ? fieldList(done) : values[name]);
    if (name === "vkey") value.append(document.createElement("br"), both(pinned ? SAID.pinned : SAID.unpinned));
    return [term, value];
  });
  $("facts").replaceChildren(...rows.flat());
  $("warnings").replaceChildren();
  $("result").hidden = false;
  $("result-heading").focus();
}

function fact(words, shown) {
  const term = document.createElement("dt");
  const value = document.createElement("dd");
  term.append(both(words));
  value.append(shown);
  return [term, value];
}

function fieldList({ headers, fields }) {
  const list = document.createElement("ul");
  for (const [i, { ja, en }] of fields.entries()) {
    const item = document.createElement("li");
    item.append(both([`${headers[i]}（${ja}）`, `${headers[i]} (${en})`]));
    list.append(item);
  }
  return list;
}

async function saveTable(kind) {
  const { done, word, detail } = await ask({ task: "write", kind }, SAID.writing);
  if (!done) return failed({ word, detail });
  $("warnings").replaceChildren(...done.warnings.map((warning) => {
    const item = document.createElement("li");
    item.append(both(formulaWarning(warning)));
    return item;
  }));
  save(done.blob, `${stem}.${kind}`);
  return say("said", SAID.saved);
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// --- keys ------------------------------------------------------------------------------------------------------------

/** The chosen key file, or the line that was pasted. */
async function keyText(id) {
  const file = $(id).files[0];
  if (file) return file.slice(0, MAX_TEXT + 1).text();
  return $(`${id}-line`)?.value.trim() ?? "";
}

async function makeKey() {
  const { done, word, detail } = await client.ask({ task: "key" });
  if (!done) return refuse("key-said", { word, detail });
  save(new Blob([done.file]), "azukari.key");
  save(new Blob([done.card]), "azukari.key.card");
  return sayKey(done.fingerprint);
}

async function makeCard() {
  const key = await keyText("card-key");
  if (!key) return say("key-said", SAID.missingKey, true);
  const { done, word, detail } = await client.ask({ task: "card", key });
  if (!done) return refuse("key-said", { word, detail });
  save(new Blob([done.card]), `${$("card-key").files[0].name}.card`);
  return sayKey(done.fingerprint);
}

function sayKey(fingerprint) {
  say("key-said", [
    `保存しました。秘密の鍵は誰にも渡さず、カードだけを委託元へ送ってください。指紋（電話で読み上げる）: ${fingerprint}`,
    `Saved. Keep the key to yourself and send only the card. Fingerprint (read it out on the phone): ${fingerprint}`,
  ]);
}

async function answer() {
  const key = await keyText("answer-key");
  const challenge = $("challenge").files[0];
  if (!key) return say("answer-said", SAID.missingKey, true);
  if (!challenge) return say("answer-said", SAID.missingChallenge, true);
  const bytes = new Uint8Array(await challenge.slice(0, MAX_TEXT + 1).arrayBuffer());
  const { done, word, detail } = await client.ask({ task: "answer", key, challenge: bytes });
  if (!done) return refuse("answer-said", { word, detail });
  save(new Blob([done.answer]), `${challenge.name}.answer`);
  return say("answer-said", SAID.answered);
}

// --- sign for what is no table -----------------------------------------------------------------------------------------

/** The chosen slip, a byte more than it may have so that a longer one is refused; null without one. */
async function slipBytes() {
  const file = $("slip").files[0];
  return file ? new Uint8Array(await file.slice(0, MAX_ENTRY + 1).arrayBuffer()) : null;
}

/** Says what the slip holds, before anybody signs. */
async function readSlip() {
  $("slip-facts").replaceChildren();
  const slip = await slipBytes();
  if (!slip) return say("sign-said", SAID.missingSlip, true);
  const { done, word, detail } = await client.ask({ task: "slip", slip });
  if (!done) return refuse("sign-said", { word, detail });
  const [ja, en] = UNITS[done.unit];
  const values = {
    what: both([`${ja} ${done.units}`, `${en} ${done.units}`]), people: done.people, day: done.day, consignment: done.consignment,
    fields: both(["ja", "en"].map((language) => done.fields.map((field) => field[language]).join({ ja: "、", en: ", " }[language]))),
  };
  $("slip-facts").replaceChildren(...Object.entries(SLIP).flatMap(([name, words]) => fact(words, values[name])));
  return say("sign-said", SAID.readSlip);
}

async function sign() {
  const slip = await slipBytes();
  const key = await keyText("sign-key");
  if (!slip) return say("sign-said", SAID.missingSlip, true);
  if (!key) return say("sign-said", SAID.missingKey, true);
  const day = new Date().toISOString().slice(0, 10); // in UTC, as the command line does
  const { done, word, detail } = await client.ask({ task: "sign", slip, key, day });
  if (!done) return refuse("sign-said", { word, detail });
  save(new Blob([done.receipt]), `${$("slip").files[0].name}.receipt`);
  return say("sign-said", SAID.signed);
}
