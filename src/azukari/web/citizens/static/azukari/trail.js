// "Check the list": fetches the proof and lets report/azukari_report.js judge it here, in the browser; the words are report/words.js's.
// Without this script the page shows the same list, and the proof is checked with the page that is saved.

"use strict";

const place = document.getElementById("check");
const button = document.getElementById("check-now");
const said = document.getElementById("check-said");
const picked = document.getElementById("check-visit");
const isJapanese = document.documentElement.lang === "ja";
const inWords = ([ja, en]) => (isJapanese ? ja : en);

/** Paragraphs, the first of them in large; `tone` is good, wait or alarm. */
function show(tone, ...lines) {
  const made = lines.map((words, at) => {
    const line = document.createElement("p");
    const inner = at ? line : line.appendChild(document.createElement("strong"));
    inner.textContent = inWords(words);
    return line;
  });
  said.className = `message ${{ good: "success", alarm: "error" }[tone] ?? "warning"}`;
  said.replaceChildren(...made);
  said.hidden = false;
  said.focus();
}

function offer(words, bytes, name) {
  const link = document.createElement("a");
  link.className = "button second";
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/json" }));
  link.download = name;
  link.textContent = inWords(words);
  const around = document.createElement("p");
  around.append(link);
  said.append(around);
}

/** Size of the checkpoint that was kept, which the proof has to go on from; "" where nothing was. */
function sizeOf(visit) {
  try {
    return /^[0-9]{1,16}$/.exec(JSON.parse(new TextDecoder().decode(visit)).checkpoint.split("\n")[1])?.[0] ?? "";
  } catch {
    return "";
  }
}

async function fetched(visit) {
  const size = visit && sizeOf(visit);
  const answer = await fetch(place.dataset.proof + (size ? `?since=${size}` : ""), { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  return new Uint8Array(await answer.arrayBuffer());
}

function held(found, vouched) {
  const at = new Date(Date.parse(found.at) + 9 * 3_600_000).toISOString();
  const [day, time] = [at.slice(0, 10), at.slice(11, 16)];
  show("good",
    [`${day} ${time}（日本時間）の時点で、この一覧に欠けはなく、書き換えもありません。`, `As of ${day} ${time} (Japan) nothing is missing from this list, and nothing in it was altered.`],
    [`機関の台帳で見る限りです。記録は ${found.entries.length} 件、そのうち ${found.shown} 件は中身が見えます。`, `That is as far as the body's own ledger shows. ${found.entries.length} entries; what ${found.shown} of them say is shown.`],
    vouched ? ["前回の控えとも食い違いません。", "It goes with what you kept last time, too."] : ["控えを保存し、次に確かめる時に選ぶと、その間に消されたものがないことも確かめられます。", "Save the file below and choose it next time: then it is checked as well that nothing was taken away meanwhile."]);
  offer(["控えを保存する", "Save for the next visit"], found.visit, `azukari-visit-${day}.json`);
}

function refused(error, report, visit) {
  if (!(error instanceof azukariReport.Refusal)) {
    return show("wait", error instanceof azukariReport.Unable ? SAID.unable : ["証明を受け取れませんでした。何も確かめていません。もう一度お試しください。", "The proof did not come. Nothing was checked. Try again."]);
  }
  const [tone, ...words] = REFUSED[`${error.word}/${error.kind}`] ?? REFUSED[error.word];
  show(tone, words, [`第 ${error.step} の確認で止まりました。`, `It stopped at check ${error.step}.`], ...ADVICE[tone]);
  const evidence = azukariReport.evidence(error, report, visit);
  if (evidence) offer(["証拠を保存する", "Save the evidence"], evidence, azukariReport.evidenceName(error));
}

async function check() {
  button.disabled = true;
  show("wait", SAID.working);
  const visit = picked.files[0] ? new Uint8Array(await picked.files[0].slice(0, azukariReport.LIMITS.visit + 1).arrayBuffer()) : null;
  let report = null;
  try {
    report = await fetched(visit);
    const now = Math.floor(Date.now() / 1000);
    held(await azukariReport.check({ report, visit, now, logKeys: [place.dataset.key], policy: null, auditors: null, key: "" }), Boolean(visit));
  } catch (error) {
    refused(error, report, visit);
  } finally {
    button.disabled = false;
  }
}

document.getElementById("check-live").hidden = false;
button.addEventListener("click", check);
