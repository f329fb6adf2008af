// The screen: choose, check, read, save. All judging is azukari_report.js's; nothing here says that a list holds unless it did.

const $ = (id) => document.getElementById(id);
const MAX_SMALL = 1_000_000; // bytes of a policy that is read at all; the verifier's own limits are lower
let saving = {}; // what the two buttons save: { evidence, name, visit }

/** Both languages side by side; the style sheet shows the one that is chosen. */
function both([ja, en]) {
  const fragment = document.createDocumentFragment();
  for (const [language, text] of [["ja", ja], ["en", en]]) fragment.append(element("span", text, { lang: language }));
  return fragment;
}

function element(name, content = "", attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(Array.isArray(content) ? both(content) : content);
  return made;
}

function setLanguage(language) {
  document.documentElement.lang = language;
  document.title = { ja: "預かり 自分の一覧を確かめるページ", en: "azukari: check your own list" }[language];
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
}

// --- what is said ----------------------------------------------------------------------------------------------------

/** One sentence in large, others below; `tone` is good, file, wait or alarm. */
function say(tone, strong, ...others) {
  const lines = [element("p", element("strong", strong)), ...others.map((words) => element("p", words))];
  $("said").dataset.tone = tone;
  $("said").replaceChildren(...lines);
  $("said").focus();
}

/** Shown when nothing could be judged at all. */
function stopped(words) {
  say("file", words);
}

function refused({ word, kind, step }) {
  const [tone, ...words] = REFUSED[`${word}/${kind}`] ?? REFUSED[word];
  const verdict = kind ? `${word} / ${kind}` : word;
  say(tone, words, [`第 ${step} の確認で止まりました [${verdict}]。`, `It stopped at check ${step} [${verdict}].`]);
  $("advice").replaceChildren(...ADVICE[tone].map((each) => element("li", each)));
  $("failed").hidden = false;
}

function held(found) {
  say("good", verdict(found), counted(found), ...withheldUntil(found));
  $("checked").replaceChildren(...listed(CHECKED, { whole: true, fixed: true, signed: true, ...found.asked, released: found.sealedReleased }));
  const not = Object.fromEntries(Object.entries(found.asked).map(([name, asked]) => [name, !asked]));
  $("unchecked").replaceChildren(...listed(UNCHECKED, { ...not, unlogged: true, sealed: !found.sealedReleased }));
  showEntries(found);
  $("result").hidden = false;
}

/** "Nothing is missing" is said without "as far as the body's own ledger shows" only where others were asked to vouch for it. */
function verdict({ at, asked }) {
  const { day, time } = inJapan(at);
  const [year, month, date] = day.split("-").map(Number);
  const vouched = asked.witnesses && asked.auditors;
  const ja = `${vouched ? "" : "機関の台帳で見る限り、"}${year}年${month}月${date}日 ${time}（日本時間）の時点で、この一覧に欠けはなく、書き換えもありません。`;
  const en = `${vouched ? "As" : "As far as the body's own ledger shows, as"} of ${day} ${time} (Japan) nothing is missing from this list, and nothing in it was altered.`;
  return [ja, en];
}

const listed = (words, chosen) => Object.keys(words).filter((name) => chosen[name]).map((name) => element("li", words[name]));

const counted = ({ shown, entries }) => [
  `記録は ${entries.length} 件です。そのうち ${shown} 件は中身が見えます。`, `It has ${entries.length} entries; what ${shown} of them say is shown.`,
];

/** How many are withheld until which day, one line a day. */
function withheldUntil({ withheld }) {
  const days = Map.groupBy ? Map.groupBy(withheld, ({ opens }) => opens) : grouped(withheld);
  return [...days].sort().map(([day, { length }]) => [
    `${length} 件は ${day} に開かれるまで、中身が伏せられています。その日の後にもう一度確かめてください。`,
    `${length} withheld until ${day}. Check again after that day.`,
  ]);
}

function grouped(withheld) {
  const days = new Map();
  for (const entry of withheld) days.set(entry.opens, [...(days.get(entry.opens) ?? []), entry]);
  return days;
}

/** A moment of the ledger as Japan's clocks show it: { day, time }. */
function inJapan(utc) {
  const here = new Date(Date.parse(utc) + 9 * 3_600_000).toISOString();
  return { day: here.slice(0, 10), time: here.slice(11, 16) };
}

/** What an evidence file of somebody else tells, checked here. */
function rechecked({ told, same, convicts }) {
  const verdict = told.kind ? `${told.word} / ${told.kind}` : told.word;
  if (!same) return say("file", EVIDENCE.other, [`書かれていること: 第 ${told.step} の確認 [${verdict}]`, `It tells: check ${told.step} [${verdict}]`]);
  const [, ...words] = REFUSED[`${told.word}/${told.kind}`] ?? REFUSED[told.word];
  return say("alarm", EVIDENCE.same, words, convicts ? EVIDENCE.signed : EVIDENCE.unsigned);
}

// --- the entries as a table ------------------------------------------------------------------------------------------

function showEntries({ entries, lists }) {
  const cells = Object.values(COLUMNS).map((words) => element("th", words, { role: "columnheader", scope: "col" }));
  $("columns").replaceChildren(...cells);
  $("rows").replaceChildren(...entries.map((entry) => row(entry, lists)));
  $("entries").hidden = !entries.length;
  $("none").hidden = entries.length > 0;
}

function row(entry, lists) {
  const made = element("tr", "", { role: "row" });
  const number = lists > 1 ? `${entry.list + 1}-${entry.n}` : String(entry.n);
  made.append(element("th", number, { role: "rowheader", scope: "row" }));
  for (const [name, words] of Object.entries(entry.event ? told(entry) : hidden(entry))) {
    const [ja, en] = COLUMNS[name];
    made.append(element("td", words, { role: "cell", "data-ja": ja, "data-en": en }));
  }
  return made;
}

const hidden = ({ day, opens }) => ({
  day, act: [`${WITHHELD[0]}（${opens} まで）`, `${WITHHELD[1]} until ${opens}`], who: "", fields: "", why: "", until: "", id: "",
});

function told({ day, event }) {
  const { act, at, deed, purpose, basis, fields, role, until, id } = event;
  const clock = at && Object.values(inJapan(at)).join(" ");
  return {
    day: clock || day, act: deed ? DEEDS[deed] ?? [`${ACTS.use[0]}（${deed}）`, deed] : ACTS[act], who: whoOf(event),
    fields: fieldsOf(fields, role), why: [purpose, basis].filter(Boolean).join(" / "), until, id: id.slice(0, 8),
  };
}

/** From whom to whom; of a use, who used it with what. */
function whoOf({ act, body, unit, system, party, country }) {
  const to = party && (country && country !== "JP" ? `${party} (${country})` : party);
  const from = [body, act === "use" && party !== body ? to : "", unit, system].filter(Boolean).join(" ");
  return act === "use" ? from : [from, to].filter(Boolean).join(" → ");
}

/** The fields, and as whom the person stands there if not as the person of the row. */
function fieldsOf(fields, role) {
  const names = fields.map((field) => fieldName(...field.split("/")));
  const mine = roleName(role);
  if (!names.length && role === "person") return "";
  const as = role === "person" ? ["", ""] : [`（${mine[0]}として）`, ` (as ${mine[1]})`];
  return [names.map(([ja]) => ja).join("、") + as[0], names.map(([, en]) => en).join(", ") + as[1]];
}

function fieldName(kind, role) {
  const [ja, en] = KINDS[kind] ?? [kind, kind];
  if (role === "person") return [ja, en];
  const [roleJa, roleEn] = roleName(role);
  return [`${roleJa}の${ja}`, `${roleEn}'s ${en}`];
}

function roleName(role) {
  const [, name, number] = /^(.*?)(?:-([0-9]+))?$/.exec(role);
  const [ja, en] = ROLES[name] ?? [name, name];
  return number ? [`${ja}${number}`, `${en} ${number}`] : [ja, en];
}

// --- checking --------------------------------------------------------------------------------------------------------

async function check() {
  saving = {};
  for (const id of ["result", "failed"]) $(id).hidden = true;
  say("wait", SAID.working);
  const given = await chosen();
  if (!given) return;
  try {
    if (isEvidence(given.report)) return rechecked(await azukariReport.recheck({ ...given, evidence: given.report }));
    const found = await azukariReport.check(given);
    saving.visit = found.visit;
    return held(found);
  } catch (error) {
    return judged(error, given);
  }
}

function isEvidence(bytes) {
  try {
    return Boolean(azukariReport.parseEvidence(bytes));
  } catch {
    return false;
  }
}

function judged(error, given) {
  if (error instanceof azukariReport.Unable) return stopped(SAID.unable);
  if (!(error instanceof azukariReport.Refusal)) return stopped(SAID.internal);
  saving.evidence = azukariReport.evidence(error, given.report, given.visit);
  saving.name = azukariReport.evidenceName(error);
  $("evidence").hidden = !saving.evidence;
  return refused(error);
}

/** What was chosen and entered, as the verifier takes it; nothing, and a sentence, where something is wrong with it. */
async function chosen() {
  const logKey = $("log-key").value.replace(/\s/g, "");
  const key = $("list-key").value.replace(/[\s-]/g, "").toLowerCase();
  if (!$("report").files[0] || !logKey) return stopped(SAID.missing);
  if (!isKey(logKey)) return stopped(SAID.badKey);
  if (key && !/^[0-9a-f]{64}$/.test(key)) return stopped(SAID.badListKey);
  try {
    const { evidence: most, visit: mostKept } = azukariReport.LIMITS;
    const [report, visit] = [await bytesOf("report", most), await bytesOf("visit", mostKept)];
    const [policy, auditors] = [await textOf("policy"), await textOf("auditors")];
    return { report, visit, policy, auditors, key, logKeys: [logKey], now: moment() };
  } catch {
    return stopped(SAID.unreadable);
  }
}

/** POSIX seconds by which a list must be fresh: those when it was received, if that is entered, else now. */
function moment() {
  const received = Date.parse($("received").value); // by the clock of this place
  return Math.floor((Number.isNaN(received) ? Date.now() : received) / 1000);
}

function isKey(text) {
  try {
    return azukariReport.parseKey(text).type === 1;
  } catch {
    return false;
  }
}

/** The bytes of a chosen file, if one was: one more than `most` at the most, which is enough to see that there are too many. */
async function bytesOf(id, most) {
  const file = $(id).files[0];
  return file ? new Uint8Array(await file.slice(0, most + 1).arrayBuffer()) : null;
}

async function textOf(id) {
  const bytes = await bytesOf(id, MAX_SMALL);
  return bytes && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

function save(bytes, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function takeDropped(event) {
  event.preventDefault();
  $("drop").classList.remove("over");
  if (event.dataTransfer.files.length) $("report").files = event.dataTransfer.files;
}

function over(event) {
  event.preventDefault();
  $("drop").classList.toggle("over", event.type === "dragover");
}

setLanguage(navigator.language.startsWith("ja") ? "ja" : "en");
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => setLanguage(button.dataset.language));
}
$("check-form").addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
$("drop").addEventListener("drop", takeDropped);
for (const name of ["dragover", "dragleave"]) $("drop").addEventListener(name, over);
$("save-visit").addEventListener("click", () => save(saving.visit, `azukari-visit-${new Date().toISOString().slice(0, 10)}.json`));
$("save-evidence").addEventListener("click", () => save(saving.evidence, saving.name));
azukariReport.requireSignatures().catch(() => stopped(SAID.unable));
