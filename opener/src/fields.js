// docs/spec/package.md, section 1: the closed vocabulary of kinds and roles, and what people read for them.

import { Refusal } from "./errors.js";

const KINDS = {
  name: ["氏名", "name"], kana: ["フリガナ", "kana"], "birth-date": ["生年月日", "birth date"],
  phone: ["電話番号", "phone"], "postal-code": ["郵便番号", "postal code"], address: ["住所", "address"],
  "individual-number": ["個人番号", "individual number"], amount: ["金額", "amount"], email: ["メール", "e-mail"],
  "local-id": ["機関内の番号", "local id"], code: ["区分", "code"], "free-text": ["自由記述", "free text"],
  reference: ["行参照", "row reference"],
};
const ROLE = /^(person|spouse|dependant-[1-9][0-9]?)$/;

/** `kind/role` as { kind, role }. Throws `format`. */
export function parseField(text) {
  const [kind, role, more] = typeof text === "string" ? text.split("/") : [];
  if (!Object.hasOwn(KINDS, kind) || !ROLE.test(role ?? "") || more !== undefined) throw new Refusal("format", "field");
  return { kind, role };
}

/** What people read: { ja, en }. */
export function fieldLabel({ kind, role }) {
  const [ja, en] = KINDS[kind];
  if (role === "person") return { ja, en };
  const number = role.split("-")[1];
  return number
    ? { ja: `扶養親族${number}の${ja}`, en: `dependant ${number}'s ${en}` }
    : { ja: `配偶者の${ja}`, en: `spouse's ${en}` };
}
