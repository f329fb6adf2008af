// What the page says while it works, in both languages. What stands still is in page.html.

export const STEPS = [
  ["包みには、決められた三つのファイルだけが入っています。", "The package holds exactly its three files."],
  ["目録は、正しい形式です。", "The manifest has the right form."],
  ["目録は、署名された台帳に載っています。", "The manifest is in the signed ledger."],
  ["封印された中身は、台帳に載ったものと同じです。", "The sealed contents are those in the ledger."],
  ["あなたの鍵で開きます。", "Your key opens it."],
  ["列の名前、行数、目的は、事前に固定された値と同じです。", "Headers, row count and purpose are those fixed beforehand."],
  ["申告された列だけが入っています。", "Only declared columns are there."],
  ["すべての行が、目録と一致します。", "Every row is that of the manifest."],
];

export const STATES = {
  waiting: ["まだ", "not yet"],
  running: ["確認中", "checking"],
  good: ["確認済み", "checked"],
  bad: ["不成立", "fails"],
};

export const SAID = {
  missing: ["包みと鍵を選んでください。", "Choose a package and a key."],
  missingKey: ["鍵を選んでください。", "Choose a key."],
  missingChallenge: ["確認の問いのファイルを選んでください。", "Choose the challenge file."],
  missingSlip: ["票のファイルを選んでください。", "Choose the slip."],
  readSlip: ["票を読みました。届いたものが下のとおりか数えてください。", "This is what the slip says. Count what came."],
  signed: ["受領書を保存しました。委託元の窓口へ送ってください。", "Receipt saved. Send it to the entruster."],
  cancelled: ["中止しました。何も保存していません。", "Cancelled. Nothing was saved."],
  working: ["確認しています。", "Checking."],
  writing: ["表を書き出しています。", "Writing the table."],
  opened: ["開けました。八つの確認がすべて成り立ちました。", "Opened. All eight checks hold."],
  answered: ["答えを保存しました。委託元へ送ってください。", "Answer saved. Send it to the entruster."],
  saved: ["保存しました。", "Saved."],
  pinned: ["入力した鍵と一致しました。", "It is the key that you entered."],
  unpinned: ["まだ照合していません。委託元から受け取った鍵と同じか、見比べてください。", "Not compared yet: compare it with the key that the entruster gave you."],
};

export const FACTS = {
  origin: ["台帳（渡し元）", "Ledger (from)"],
  body: ["渡し元の番号", "Body"],
  party: ["渡し先", "To"],
  purpose: ["利用目的", "Purpose"],
  fields: ["項目", "Fields"],
  rows: ["行数", "Rows"],
  day: ["受渡しの日", "Day"],
  expires: ["期限", "To be kept until"],
  handover: ["受渡しの番号", "Hand-over"],
  vkey: ["台帳の鍵", "Ledger key"],
};

export const formulaWarning = ({ column, count }) => [
  `注意: 列「${column}」の ${count} 個のセルは、表計算ソフトで数式とみなされるおそれがあります。値は変えていません。`,
  `Note: ${count} cell(s) of column ${column} may be taken for formulae by a spreadsheet. No value was altered.`,
];

export const SLIP = {
  what: ["渡されたもの", "What"],
  people: ["人数", "People"],
  fields: FACTS.fields,
  day: FACTS.day,
  consignment: ["番号", "Id"],
};

export const UNITS = {
  sheet: ["紙: 枚", "paper: sheets"], bundle: ["紙: 束", "paper: bundles"], box: ["紙: 箱", "paper: boxes"],
  disc: ["記録媒体: ディスク", "storage media: discs"], tape: ["記録媒体: テープ", "storage media: tapes"],
  device: ["記録媒体: USB メモリ等の装置", "storage media: devices"],
  account: ["端末からの閲覧・入力: アカウント", "access by terminal: accounts"],
  terminal: ["端末からの閲覧・入力: 端末", "access by terminal: terminals"],
};
