// The table as XLSX, the same parts as azukari.tables.workbook_out writes: one sheet, every cell a text, so that no
// spreadsheet can take one for a formula or round it. The parts are compressed by the browser, so the file's own bytes
// differ from the command line's.

import { concat, textOf, utf8 } from "./bytes.js";
import { Refusal } from "./errors.js";

const MAX_ROWS = 1_048_575, MAX_COLUMNS = 16_384, MAX_CHARS = 32_767; // of the format's grid, and of one cell
const ROWS = 8_192; // rows held as XML at a time
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const SHEET = "xl/worksheets/sheet1.xml";

const PARTS = {
  "[Content_Types].xml": `<Types xmlns="${PACKAGE}/content-types">` +
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
    '<Default Extension="xml" ContentType="application/xml"/>' +
    `<Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/>` +
    `<Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPE}.worksheet+xml"/>` +
    `<Override PartName="/xl/styles.xml" ContentType="${TYPE}.styles+xml"/></Types>`,
  "_rels/.rels": `<Relationships xmlns="${PACKAGE}/relationships">` +
    `<Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  "xl/workbook.xml": `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}">` +
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
  "xl/_rels/workbook.xml.rels": `<Relationships xmlns="${PACKAGE}/relationships">` +
    `<Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>` +
    `<Relationship Id="rId2" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
  // Style 1 is the number format "text" (49), so that a clerk who edits 0312345678 keeps its zero.
  "xl/styles.xml": `<styleSheet xmlns="${MAIN}">` +
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>' +
    '<fills count="2"><fill><patternFill patternType="none"/></fill>' +
    '<fill><patternFill patternType="gray125"/></fill></fills>' +
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>' +
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>' +
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
};
// XML cannot hold these characters, or would change them; _xHHHH_ is how the format writes them (ST_Xstring), so a text
// that looks like it needs its underscore written so too.
const ESCAPED = /[\x00-\x08\x0b\x0c\r\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)/g;
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

const escaped = (text) => text
  .replace(ESCAPED, (sign) => `_x${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}_`)
  .replace(/[&<>]/g, (sign) => ENTITIES[sign]);

/** { blob, warnings: [] }; `progress(share)` is awaited. Throws `limit` for what the format cannot hold. */
export async function writeXlsx(table, progress) {
  if (table.rows > MAX_ROWS || table.width > MAX_COLUMNS) throw new Refusal("limit", "XLSX");
  const files = [];
  for (const [name, xml] of Object.entries(PARTS)) files.push(await zipped(name, [utf8(DECLARATION + xml)]));
  files.push(await zipped(SHEET, sheetParts(table, progress)));
  return { blob: archiveOf(files), warnings: [] };
}

async function* sheetParts(table, progress) {
  yield utf8(`${DECLARATION}<worksheet xmlns="${MAIN}"><sheetData>${rowXml(1, table.headers)}`);
  const scratch = new Uint8Array(table.longest + 1);
  const cell = (row, column) => textOf(scratch.subarray(0, table.copyCell(row, column, scratch, 0)));
  for (let first = 0; first < table.rows; first += ROWS) {
    const last = Math.min(first + ROWS, table.rows);
    const rows = [];
    for (let row = first; row < last; row++) rows.push(rowXml(row + 2, table.headers.map((_, column) => cell(row, column))));
    yield utf8(rows.join(""));
    await progress(last / table.rows);
  }
  yield utf8("</sheetData></worksheet>");
}

function rowXml(number, texts) {
  const cells = texts.map((text, place) => {
    if (text.length > MAX_CHARS && [...text].length > MAX_CHARS) throw new Refusal("limit", "XLSX cell");
    // A text node keeps its spaces at the ends only if told so.
    return text && `<c r="${columnLetters(place)}${number}" s="1" t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`;
  });
  return `<row r="${number}">${cells.join("")}</row>`;
}

function columnLetters(place) {
  let letters = "";
  for (let left = place + 1; left; left = Math.floor((left - 1) / 26)) letters = String.fromCharCode(65 + ((left - 1) % 26)) + letters;
  return letters;
}

// --- zip (APPNOTE 6.3): the few records that are needed -------------------------------------------------------------

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crcOn(crc, bytes) {
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return crc;
}

/** One file, deflated: { name, crc, size, packed: Blob }. */
async function zipped(name, parts) {
  const deflate = new CompressionStream("deflate-raw");
  const packed = new Response(deflate.readable).blob();
  packed.catch(() => {}); // told below, by the writer
  const writer = deflate.writable.getWriter();
  let crc = -1, size = 0;
  for await (const part of parts) {
    crc = crcOn(crc, part);
    size += part.length;
    await writer.write(part);
  }
  await writer.close();
  if (size > 0xffffffff) throw new Refusal("limit", "XLSX");
  return { name: utf8(name), crc: ~crc >>> 0, size, packed: await packed };
}

/** Little-endian fields of [bytes, value] pairs. */
function fields(...pairs) {
  const out = [];
  for (const [bytes, value] of pairs) for (let i = 0; i < bytes; i++) out.push(Math.floor(value / 2 ** (8 * i)) & 255);
  return Uint8Array.from(out);
}

/** What local and central headers share; dated 1980-01-01. */
const common = ({ name, crc, size, packed }) =>
  fields([2, 20], [2, 0], [2, 8], [2, 0], [2, 0x21], [4, crc], [4, packed.size], [4, size], [2, name.length], [2, 0]);

function archiveOf(files) {
  const out = [], central = [];
  let at = 0;
  for (const file of files) {
    const local = concat(fields([4, 0x04034b50]), common(file), file.name);
    central.push(concat(fields([4, 0x02014b50], [2, 20]), common(file), fields([2, 0], [2, 0], [2, 0], [4, 0], [4, at]), file.name));
    out.push(local, file.packed);
    at += local.length + file.packed.size;
  }
  const size = central.reduce((total, one) => total + one.length, 0);
  const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, at], [2, 0]);
  return new Blob([...out, ...central, end], { type: `${TYPE}.sheet` });
}
