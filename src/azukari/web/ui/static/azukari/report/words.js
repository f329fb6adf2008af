// What the page says, each in Japanese and English. What stands still is in page.html.

"use strict";

/** What was refused, by word, or by word and kind: what it means for whoever reads it, and how grave it is. */
const REFUSED = {
  "format": ["file", "ファイルの形式が正しくありません。途中で切れたか、別のファイルかもしれません。", "The file does not have the expected form. It may have been cut short, or be another file."],
  "limit": ["file", "ファイルが大きすぎます。一覧のファイルではないかもしれません。", "The file is too large. It may not be the file of a list."],
  "wrong-key": ["file", "入力したあなたの鍵は、この一覧のものではありません。ほかの人の一覧かもしれません。", "The key that you entered is not the key of this list. It may be somebody else's."],
  "signature": ["alarm", "署名が合いません。入力した鍵の台帳のものではないか、書き換えられています。", "The signature does not fit. It is not of the ledger whose key you entered, or it was altered."],
  "not-witnessed": ["wait", "名簿の証人が、まだこの台帳に署名していません。ほかの人にも同じ台帳が見えているとは言えません。", "The witnesses of your list have not signed this state of the ledger. Nobody can say that others see the same."],
  "not-audited": ["wait", "名簿の監査人が、まだ索引を作り直して確かめていません。欠けがないとは言えません。", "The auditors of your list have not rebuilt its index. Nobody can say that nothing is missing."],
  "stale": ["wait", "一覧が古いか、この端末の時計がずれています。今も欠けがないとは言えません。", "The list is old, or the clock of this machine is wrong. It does not show that nothing is missing now."],
  "proof": ["alarm", "台帳とのつながりが成り立ちません。台帳に無いものを見せられています。", "It does not follow from the ledger. You are shown something that is not in it."],
  "fork": ["alarm", "前回見た台帳と食い違います。台帳が書き換えられたか、人によって違う台帳を見せています。", "It contradicts the ledger that you saw last time. The ledger was rewritten, or different people are shown different ones."],
  "fork/rollback": ["alarm", "台帳が、前回より短くなっています。記録が巻き戻されています。", "The ledger is shorter than last time. Entries were rolled back."],
  "incomplete": ["alarm", "一覧に欠けがあります。", "Something is missing from the list."],
  "incomplete/shortened": ["alarm", "一覧が、前回より短くなっています。", "The list is shorter than last time."],
  "incomplete/missing": ["alarm", "一覧の記録が、台帳の索引にありません。", "An entry of the list is not in the index of the ledger."],
  "incomplete/twice": ["alarm", "同じ番号の記録が、台帳に二つあります。", "The ledger has two entries of the same number."],
  "incomplete/skipped": ["alarm", "台帳には、この一覧にない、あなたの記録があります。", "The ledger holds an entry about you that is not in this list."],
  "incomplete/overdue": ["alarm", "開く約束の日を過ぎたのに、伏せられたままの記録があります。", "An entry is still withheld after the day on which it should have been opened."],
  "incomplete/rekey": ["alarm", "鍵を換えた後の一覧が足りないか、つながっていません。", "A list that goes on under another key is missing, or does not follow."],
  "commitment": ["alarm", "記録の中身が、台帳に固定されたものと違います。", "What an entry says is not what was fixed in the ledger."],
};

/** What to do, by how grave it is. */
const ADVICE = {
  file: [
    ["ファイルをもう一度受け取り、はじめから確かめてください。", "Get the file once more, and check again."],
    ["同じ結果なら、証拠を保存して、機関に伝えてください。", "If it is the same again, save the evidence and tell the body."],
  ],
  wait: [
    ["新しい一覧を受け取り、もう一度確かめてください。端末の日付と時刻も見てください。受け取ってから日がたっていれば、受け取った日時を入れてください。", "Get a fresh list and check again. Look at the date and time of this machine, too. If you got the list some days ago, enter when."],
    ["2 日たっても同じなら、証拠を保存して、機関に伝えてください。", "If it is the same after two days, save the evidence and tell the body."],
    ["それでも直らなければ、機関の監査委員か、個人情報保護委員会に見せてください。", "If it is not put right, show it to the body's auditors, or to the data protection authority."],
  ],
  alarm: [
    ["入れた鍵や選んだファイルに間違いがないか見て、もう一度受け取り、確かめてください。", "See that the key and the files are the right ones, get the list once more, and check again."],
    ["同じ結果なら、証拠を保存し、消さずに持っていてください。", "If it is the same again, save the evidence and keep it."],
    ["機関だけに渡さず、その監査委員、個人情報保護委員会、弁護士など、ほかの人にも見せてください。だれでも、同じように確かめられます。", "Do not show it to the body alone: show it to its auditors, the data protection authority or a lawyer as well. Anybody can check it in the same way."],
  ],
};

const SAID = {
  missing: ["一覧のファイルを選び、台帳の鍵を入れてください。", "Choose the file of your list and enter the ledger's key."],
  badKey: ["台帳の鍵が正しくありません。「名前+8 文字+長い文字列」を、抜けなく入れてください。", "This is no ledger's key. Enter all of it: a name, +, eight digits, +, and a long text."],
  badListKey: ["あなたの鍵は、0 から 9 と a から f の 64 文字です。", "Your own key has 64 letters: 0 to 9 and a to f."],
  working: ["確かめています。", "Checking."],
  unable: ["このブラウザーは、署名（Ed25519）を確かめられません。何も確かめていません。新しいブラウザーで開いてください。", "This browser cannot check signatures (Ed25519). Nothing was checked. Open the page in a newer browser."],
  internal: ["このページの誤りです。何も確かめていません。", "An error in this page itself. Nothing was checked."],
  unreadable: ["ファイルを読めません。", "The file cannot be read."],
};

/** What is said of an evidence file that somebody checks again. */
const EVIDENCE = {
  same: ["これは証拠のファイルです。書かれているとおり、成り立たないことを確かめました。", "This is an evidence file. It fails here, too, just as it tells."],
  other: ["これは証拠のファイルですが、書かれているとおりの結果になりません。台帳の鍵と名簿を見てください。", "This is an evidence file, but it does not fail as it tells. Look at the ledger's key and the lists."],
  signed: ["台帳の署名どうしが食い違っています。これだけで、台帳を持つ機関の行いを示します。", "Signatures of the ledger contradict each other. That alone shows what the body did."],
  unsigned: ["一覧そのものには署名がないため、機関が渡したことまでは示しません。同じ時点の一覧を、機関に求めてください。", "A list bears no signature of its own, so this does not show that the body gave it. Ask the body for the list of the same moment."],
};

const CHECKED = {
  whole: ["台帳にあるあなたの記録は、全部この一覧にあります。抜けた番号も、続きもありません。", "Every entry about you in the ledger is in this list. No number is skipped, and none follows."],
  fixed: ["どの記録も、載った日から変わっていません。", "No entry was altered since the day on which it was made."],
  signed: ["台帳には、入力した鍵の署名があります。", "The ledger is signed with the key that you entered."],
  witnesses: ["名簿の証人が、同じ台帳を見たと署名しています。", "The witnesses of your list have signed that they saw the same ledger."],
  auditors: ["名簿の監査人が、索引を作り直して確かめています。", "The auditors of your list have rebuilt the index and found it right."],
  visit: ["前回から、何も消えていません。", "Nothing was taken away since last time."],
  key: ["あなたの鍵の一覧です。", "It is the list of the key that you entered."],
  released: ["答えられなかった記録のうち、公開されたものも確かめました。", "The entries of which nothing could be said, and which were released, were checked as well."],
};

const UNCHECKED = {
  witnesses: ["証人の名簿がないので、ほかの人にも同じ台帳が見えているかは、確かめていません。", "Without a list of witnesses it was not checked whether others are shown the same ledger."],
  auditors: ["監査人の名簿がないので、索引に漏れがないかは、機関の言うとおりとしています。", "Without a list of auditors, the body's word was taken that its index leaves nothing out."],
  visit: ["前回の控えがないので、前より減っていないかは、確かめていません。", "Without a file from last time it was not checked whether anything was taken away since."],
  key: ["あなたの鍵を入れていないので、これがあなたの一覧かどうかは、確かめていません。", "Without your own key it was not checked whether this is your list."],
  unlogged: ["台帳に載せないまま使われたことがないかは、この確認では分かりません。", "Whether your data was used without any entry cannot be told by this check."],
  sealed: ["あるかどうかも答えられない記録については、何も分かりません（どの人の一覧も同じです）。", "Of entries of which nothing may be said, nothing is known (the same holds for everybody's list)."],
};

const ACTS = {
  "hand-over": ["委託先に渡した", "handed to a contractor"],
  "re-entrustment": ["再委託先に渡した", "handed on to a contractor of the contractor"],
  "use": ["使った", "used"],
  "return": ["返された", "given back"],
  "disposal": ["廃棄された", "destroyed"],
  "correction": ["訂正した", "corrected"],
  "disclosure": ["開示した", "disclosed"],
  "rekey": ["鍵を換えた", "key changed"],
  "erasure": ["消去した", "erased"],
};
/** What was done in a use (docs/spec/use.md). */
const DEEDS = {
  view: ["見た", "looked at"], search: ["検索した", "searched"], print: ["印刷した", "printed"], export: ["ファイルに出した", "exported"],
  register: ["登録した", "registered"], change: ["変更した", "changed"], delete: ["削除した", "deleted"], provide: ["提供した", "provided"],
  receive: ["受け取った", "received"], match: ["突き合わせた", "matched"],
};
const WITHHELD = ["伏せられている", "withheld"];

const KINDS = {
  "name": ["氏名", "name"], "kana": ["フリガナ", "kana"], "birth-date": ["生年月日", "birth date"], "phone": ["電話番号", "phone"],
  "postal-code": ["郵便番号", "postal code"], "address": ["住所", "address"], "individual-number": ["個人番号", "individual number"],
  "amount": ["金額", "amount"], "email": ["メール", "e-mail"], "local-id": ["機関内の番号", "local id"], "code": ["区分", "code"],
  "free-text": ["自由記述", "free text"], "reference": ["行参照", "row reference"],
};
const ROLES = { person: ["本人", "yourself"], spouse: ["配偶者", "spouse"], dependant: ["扶養親族", "dependant"] };

const COLUMNS = {
  number: ["番号", "No."], day: ["日", "Day"], act: ["したこと", "What was done"], who: ["だれが、だれに", "By whom, to whom"],
  fields: ["項目", "Fields"], why: ["目的と根拠", "Purpose and ground"], until: ["期限", "Until"], id: ["記録の番号", "Id"],
};
