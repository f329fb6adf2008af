"""Every verdict and refusal of azukari, one class each.

The word of a leaf class is, letter for letter, the verdict of the specifications, the ``expect:`` of
the vectors and the ``error`` of ``--json`` output; its code is the exit code of the command line; its
two sentences are what people read. None of them ever carries personal data: arguments are names of
columns, row numbers, counts and identifiers that azukari itself made.

::

    AzukariError
    ├── VerificationError          a proof, a package or a signature does not hold
    │   ├── FormatError            10  format               bytes that are not what they claim to be
    │   ├── SignatureError         11  signature            a signature that does not verify
    │   ├── ProofError             12  proof                a Merkle proof that does not lead to the root
    │   ├── CommitmentError        13  commitment           an opening that does not match its commitment
    │   ├── PayloadError           14  payload              sealed bytes that are not those of the entry
    │   ├── WrongKeyError          15  wrong-key            no identity opens the sealed bytes
    │   ├── UndeclaredColumnError  16  undeclared-column    a column that the manifest does not declare
    │   ├── RowRootError           17  row-root             rows that are not those of the manifest
    │   ├── ForeignReceiptError    18  foreign-receipt      a receipt for another package or party
    │   ├── EvidenceError          19  evidence             a figure that does not follow from the evidence
    │   ├── TileError              20  tile                 a ledger tile that was changed
    │   ├── SpecimenError          21  specimen             a specimen that is not the committed one
    │   ├── NotWitnessedError      22  not-witnessed        fewer witnesses cosigned than the policy asks for
    │   ├── ForkError              23  fork                 two signed states of one ledger that exclude each other
    │   ├── RevokedError           24  revoked              a permission that was revoked
    │   ├── StaleError             25  stale                a certificate or report too old to rely on
    │   ├── ForeignCertificateError 26  foreign-certificate  a certificate for another party
    │   ├── ForeignCrossingError   27  foreign-crossing     a crossing of another body, or of this side itself
    │   ├── CrossingFileError      28  crossing-file        a file of a crossing that was changed or added
    │   ├── CrossingChainError     29  crossing-chain       a crossing that does not follow the one before it
    │   ├── IncompleteError        62  incomplete           a person's list that is not whole
    │   ├── IndexRootError         63  index                an index entry that the leaves do not lead to
    │   └── NotAuditedError        64  not-audited          no auditor has cosigned that the index was rebuilt
    ├── RefusedError               azukari will not do it
    │   ├── NotPermittedError      30  not-permitted        the entrustment or the role does not allow it
    │   ├── UnconfirmedKeyError    31  unconfirmed-key      the party's key is not yet confirmed
    │   ├── NumberInTextError      32  number-in-text       a column with what may be an individual number
    │   ├── MarkError              33  mark                 a mark would have changed more than presentation
    │   ├── ExpiredError           34  expired              outside the period of the entrustment or permission
    │   ├── NothingToSealError     35  nothing-to-seal      no permitted, typed column with rows is left
    │   ├── BurnedError            36  burned               a mark that was disclosed before
    │   ├── StateError             37  state                the office is not in the state this needs
    │   ├── ReplayedCrossingError  38  replayed-crossing    a crossing that was taken before
    │   ├── MissingCrossingError   39  missing-crossing     a crossing whose predecessor has not been taken
    │   ├── ProtectedError         60  protected            somebody is under protection whom nobody can tell apart here
    │   └── SignInError            61  sign-in              a sign-in provider's answer that opens nothing
    ├── InputError                 what was handed in cannot be used
    │   ├── TableError             40  table                a file that is no readable table
    │   ├── LimitError             41  limit                larger than a documented limit
    │   ├── ColumnError            42  column               a column that is named twice, or not there
    │   ├── NotFoundError          43  not-found            no such file or record
    │   ├── OptionError            44  option               an option that makes no sense here
    │   └── IncompleteCrossingError 45  incomplete-crossing  a crossing that was not copied to its end
    ├── KeyFileError               50  key-file             a key file or passphrase that does not open
    ├── StorageError               51  storage              the disk refused; nothing was left half-written
    ├── UnsoundError               52  unsound              an installation with something to put right
    └── NotRecomputed              3   not-recomputed       proofs hold, e-values were not recomputed

Exit code 0 is success, 1 an error in azukari itself, 2 a command line that cannot be understood,
130 an interrupt. Codes never change their meaning; new ones are added.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from azukari.details import JAPANESE

Language = Literal["ja", "en"]


class AzukariError(Exception):
    """全ての判定・拒否の親。 Base of every verdict and refusal; never raised itself.

    ``detail`` is a short English phrase for logs and tests; ``facts`` fill the sentences. Neither may
    hold personal data.
    """

    word: ClassVar[str] = ""
    code: ClassVar[int] = 1
    ja: ClassVar[str] = ""
    en: ClassVar[str] = ""

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail or self.en)
        self.detail = detail
        self.facts = facts

    def sentence(self, language: Language) -> str:
        """One sentence for people, in Japanese or English, followed by the detail if there is one."""
        text, detail = (self.ja, JAPANESE.get(self.detail, self.detail)) if language == "ja" else (self.en, self.detail)
        opening, closing = ("（", "）") if language == "ja" else (" (", ")")
        return f"{text}{opening}{detail}{closing}" if detail else text


class VerificationError(AzukariError):
    """検証の不成立。 Something that was to be verified does not hold."""


class FormatError(VerificationError):
    """形式の誤り。"""

    word, code = "format", 10
    ja, en = "形式が正しくありません。", "These bytes do not have the expected format."


class SignatureError(VerificationError):
    """署名の不一致。"""

    word, code = "signature", 11
    ja, en = "署名が一致しません。", "The signature does not verify."


class ProofError(VerificationError):
    """台帳の証明の不成立。"""

    word, code = "proof", 12
    ja, en = "台帳の証明が成り立ちません。", "The ledger proof does not hold."


class CommitmentError(VerificationError):
    """コミットメントの不一致。"""

    word, code = "commitment", 13
    ja, en = (
        "事前に固定した値と一致しません。",
        "An opened value is not the one that was committed to.",
    )


class PayloadError(VerificationError):
    """封印された中身の不一致。"""

    word, code = "payload", 14
    ja, en = (
        "封印された中身が、台帳に記載されたものと違うか、途中で切れています。",
        "The sealed bytes are not those in the ledger entry, or were cut short.",
    )


class WrongKeyError(VerificationError):
    """鍵違い。"""

    word, code = "wrong-key", 15
    ja, en = "この鍵では開けません。", "This key does not open the package."


class UndeclaredColumnError(VerificationError):
    """申告のない列。"""

    word, code = "undeclared-column", 16
    ja, en = (
        "目録に申告のない列が入っています。",
        "The package holds a column that its manifest does not declare.",
    )


class RowRootError(VerificationError):
    """行の不一致。"""

    word, code = "row-root", 17
    ja, en = "行が目録と一致しません。", "The rows are not those of the manifest."


class ForeignReceiptError(VerificationError):
    """別件の受領書。"""

    word, code = "foreign-receipt", 18
    ja, en = (
        "この受領書は、別の受渡し又は別の相手のものです。",
        "This receipt belongs to another hand-over or another party.",
    )


class EvidenceError(VerificationError):
    """証拠の数値の不一致。"""

    word, code = "evidence", 19
    ja, en = (
        "証拠の数値が、証拠の中身から導けません。",
        "A figure does not follow from the evidence.",
    )


class TileError(VerificationError):
    """台帳の改変。"""

    word, code = "tile", 20
    ja, en = "台帳のタイルが変更されています。", "A tile of the ledger was changed."


class SpecimenError(VerificationError):
    """標本の不一致。"""

    word, code = "specimen", 21
    ja, en = (
        "この標本は、台帳に固定されたものではありません。",
        "This specimen is not the one committed to in the ledger.",
    )


class NotWitnessedError(VerificationError):
    """証人不足。"""

    word, code = "not-witnessed", 22
    ja, en = (
        "この台帳の状態には、定められた数の証人の署名がまだありません。",
        "Fewer witnesses have cosigned this state of the ledger than the policy asks for.",
    )


class ForkError(VerificationError):
    """台帳の分岐・巻戻し。 ``facts``: ``kind`` is ``fork`` or ``rollback``."""

    word, code = "fork", 23
    ja, en = (
        "台帳が書き換えられています。両立しない二つの署名済みの状態があります。",
        "The ledger was rewritten: two signed states of it exclude each other.",
    )


class RevokedError(VerificationError):
    """許諾の取消し。"""

    word, code = "revoked", 24
    ja, en = "この許諾は取り消されています。", "This permission was revoked."


class StaleError(VerificationError):
    """基準日の古い証明。"""

    word, code = "stale", 25
    ja, en = (
        "基準日が古く、今も有効とは言えません。新しい証明を求めてください。",
        "This is too old to rely on; ask for a fresh proof.",
    )


class ForeignCertificateError(VerificationError):
    """別の相手の許諾書。"""

    word, code = "foreign-certificate", 26
    ja, en = "この許諾書は、別の相手のものです。", "This certificate permits another party."


class ForeignCrossingError(VerificationError):
    """別の便。"""

    word, code = "foreign-crossing", 27
    ja, en = (
        "この便は、別の機関のものか、こちらから出したものです。",
        "This crossing belongs to another body, or was made by this side itself.",
    )


class CrossingFileError(VerificationError):
    """便の中身の改変。"""

    word, code = "crossing-file", 28
    ja, en = (
        "便のファイルが、送り状と一致しません。",
        "A file of the crossing is not the one that its list names.",
    )


class CrossingChainError(VerificationError):
    """便の連鎖の不一致。"""

    word, code = "crossing-chain", 29
    ja, en = (
        "この便は、前に受け取った便の続きではありません。",
        "This crossing does not follow the one that was taken before it.",
    )


class IncompleteError(VerificationError):
    """欠けた一覧。 ``facts``: ``step``, ``kind`` (missing, skipped, twice, overdue, shortened or rekey)."""

    word, code = "incomplete", 62
    ja, en = (
        "記載が欠けているか、飛んでいるか、重なっています。一覧は、そろっていません。",
        "An entry of the list is missing, skipped, twice, overdue or taken back: the list is not whole.",
    )


class IndexRootError(VerificationError):
    """索引の不一致。"""

    word, code = "index", 63
    ja, en = (
        "索引が、台帳の記載から計算したものと一致しません。",
        "The index is not the one that the leaves of the ledger lead to.",
    )


class NotAuditedError(VerificationError):
    """監査人の署名がない。"""

    word, code = "not-audited", 64
    ja, en = (
        "索引を計算し直した監査人の署名が、まだありません。",
        "No auditor has cosigned that the index was rebuilt and matches.",
    )


class RefusedError(AzukariError):
    """拒否。 azukari will not do what was asked."""


class NotPermittedError(RefusedError):
    """許可がない。"""

    word, code = "not-permitted", 30
    ja, en = "許可されていません。", "This is not permitted."


class UnconfirmedKeyError(RefusedError):
    """未確認の鍵。"""

    word, code = "unconfirmed-key", 31
    ja, en = (
        "相手の鍵がまだ確認されていません。",
        "The party's key has not been confirmed yet.",
    )


class NumberInTextError(RefusedError):
    """列の中の番号。"""

    word, code = "number-in-text", 32
    ja, en = (
        "渡す列の中に個人番号と思われる数字があるため、封印しません。",
        "A column that would leave holds what may be an individual number, so nothing was sealed.",
    )


class MarkError(RefusedError):
    """印付けの中止。"""

    word, code = "mark", 33
    ja, en = (
        "表記以外が変わるおそれがあるため、印を付けずに中止しました。",
        "A mark would have changed more than presentation, so nothing was sealed.",
    )


class ExpiredError(RefusedError):
    """期間外。"""

    word, code = "expired", 34
    ja, en = (
        "委託又は許諾の期間外です。",
        "This is outside the period of the entrustment or permission.",
    )


class NothingToSealError(RefusedError):
    """渡すものがない。"""

    word, code = "nothing-to-seal", 35
    ja, en = (
        "許可され、種類の分かる列と行が残らないため、封印しません。",
        "No permitted column of known kind with rows is left, so nothing was sealed.",
    )


class BurnedError(RefusedError):
    """開示済みの印。"""

    word, code = "burned", 36
    ja, en = (
        "この写しの印は、以前に開示済みです。",
        "The marks of this copy were disclosed before.",
    )


class StateError(RefusedError):
    """状態の不一致。"""

    word, code = "state", 37
    ja, en = "今の状態ではできません。", "This cannot be done in the present state."


class ReplayedCrossingError(RefusedError):
    """受取済みの便。"""

    word, code = "replayed-crossing", 38
    ja, en = "この便は、すでに受け取っています。", "This crossing was taken before."


class MissingCrossingError(RefusedError):
    """届いていない便。"""

    word, code = "missing-crossing", 39
    ja, en = (
        "前の便がまだ届いていません。先にそれを取り込んでください。",
        "An earlier crossing has not arrived yet; take that one first.",
    )


class ProtectedError(RefusedError):
    """支援措置の対象者を見分けられない。"""

    word, code = "protected", 60
    ja, en = (
        "支援措置の対象者がいますが、宛名番号がなく見分けられない行があるため、渡しません。",
        "Somebody is under protective measures, and rows without a local id cannot be told apart, so nothing was handed over.",
    )


class SignInError(RefusedError):
    """ログインの不成立。"""

    word, code = "sign-in", 61
    ja, en = (
        "ログインできませんでした。もう一度、はじめからお試しください。",
        "You were not signed in. Please begin again.",
    )


class InputError(AzukariError):
    """入力の誤り。 What was handed in cannot be used."""


class TableError(InputError):
    """表として読めない。"""

    word, code = "table", 40
    ja, en = "表として読めません。", "This file cannot be read as a table."


class LimitError(InputError):
    """上限超過。"""

    word, code = "limit", 41
    ja, en = "上限を超えています。", "This is larger than the limit."


class ColumnError(InputError):
    """列の誤り。"""

    word, code = "column", 42
    ja, en = "列の指定に誤りがあります。", "A column is named twice, or is not there."


class NotFoundError(InputError):
    """見つからない。"""

    word, code = "not-found", 43
    ja, en = "見つかりません。", "It was not found."


class OptionError(InputError):
    """指定の誤り。"""

    word, code = "option", 44
    ja, en = "指定に誤りがあります。", "An option makes no sense here."


class IncompleteCrossingError(InputError):
    """途中までの便。"""

    word, code = "incomplete-crossing", 45
    ja, en = (
        "便のコピーが途中で終わっています。全部をもう一度コピーしてください。",
        "The crossing was not copied to its end; copy all of it again.",
    )


class KeyFileError(AzukariError):
    """鍵ファイルの誤り。"""

    word, code = "key-file", 50
    ja, en = "鍵ファイルを開けません。", "The key file does not open."


class StorageError(AzukariError):
    """書き込みの失敗。"""

    word, code = "storage", 51
    ja, en = (
        "書き込めませんでした。途中までの書き込みは残していません。",
        "Writing failed; nothing was left half-written.",
    )


class UnsoundError(AzukariError):
    """環境の不備。"""

    word, code = "unsound", 52
    ja, en = "直すべき所があります。", "This installation has something that must be put right."


class NotRecomputed(AzukariError):
    """e値は未計算。 The proofs hold; without the specimen the e-values were not recomputed."""

    word, code = "not-recomputed", 3
    ja, en = (
        "証明は成り立ちます。標本がないため、e値は再計算していません。",
        "Proofs hold, e-values not recomputed.",
    )
