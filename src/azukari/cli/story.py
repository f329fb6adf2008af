"""The story of the demo: four contractors, one leak, one finding, one stranger who checks it.

Nothing is played: both sides of the office, packages, receipts, crossings, ledger, trace and evidence are the ones of
every other command.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import numpy as np
import polars as pl

from azukari.cli.gap import Gap, divide
from azukari.cli.independent import run_verifier
from azukari.cli.options import Office, now
from azukari.cli.own_list import OwnList, ask
from azukari.errors import OptionError
from azukari.fields.days import day_of
from azukari.fields.kinds import Field, Kind
from azukari.fields.spelling import SLOTS
from azukari.fingerprint.marking import spell_column
from azukari.handover.choosing import choose
from azukari.handover.record import RecordReader
from azukari.seal.crossing import Side
from azukari.seal.identity import Identity, answer_challenge, card_of, make_challenge, seal_to, verify_answer
from azukari.seal.package import Opened, open_package
from azukari.seal.receipt import make_receipt
from azukari.stores.files import creating
from azukari.stores.keys import create_key_file
from azukari.tables import apply_overrides, parse_columns_option, type_columns
from azukari.testing import COLUMNS, COLUMNS_OPTION, fictitious_people, other_people
from azukari.testing.cast import KANA, KEYING, OFFICERS, PENSION_SERVICE, PRINTING, SYSTEMS, Party
from azukari.testing.specimens import flip_slots, keep_columns, pick_rows, sort_by, typing_errors
from azukari.trace.finding import Finding
from azukari.trace.reading import read_specimen

FIRMS: Final = (KEYING, SYSTEMS, PRINTING, KANA)
ORIGIN: Final = "ledger.example/kasumigahama"
LEAKED: tuple[str, ...] = ("氏名", "フリガナ", "生年月日", "電話番号", "住所", "配偶者所得")
ROWS: Final = 60
TYPING_ERRORS: Final = 0.03  # of the cells
FLIPPED: Final = 0.15  # of the spelling slots
LEAKS: Final = ("ours", "strangers", "fifth-body")
LOCAL_ID: Final = next(header for header, f in COLUMNS.items() if f == Field(Kind.LOCAL_ID))
_ALL: Final = tuple(f for f in COLUMNS.values() if f.kind not in (Kind.INDIVIDUAL_NUMBER, Kind.LOCAL_ID))
PERMITTED: Final[dict[str, tuple[Field, ...]]] = {
    KEYING.slug: _ALL,
    SYSTEMS.slug: _ALL,
    PRINTING.slug: (Field(Kind.NAME), Field(Kind.POSTAL_CODE), Field(Kind.ADDRESS)),
    KANA.slug: (Field(Kind.NAME), Field(Kind.KANA)),
}
PURPOSES: Final = {
    KEYING.slug: "扶養親族等申告書の入力",
    SYSTEMS.slug: "年金支払システムの試験運用",
    PRINTING.slug: "通知書の印刷と発送",
    KANA.slug: "氏名とフリガナの照合",
}
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Cast:
    """配役。 How the story is told: how many people, which seed, who leaks what, how many rows."""

    people: int = 50_000
    seed: int = 1
    leaker: str = SYSTEMS.slug
    leak: str = "ours"
    rows: int = ROWS

    def __post_init__(self) -> None:
        if self.leaker not in PERMITTED or self.leak not in LEAKS or not 0 < 2 * self.rows <= self.people:
            raise OptionError("leaker, leak or number of people")


@dataclass
class Told:
    """語り終えた話。 What happened, by firm, and how long each stage took in seconds."""

    cast: Cast
    hand_overs: dict[str, str] = field(default_factory=dict)  # hand-over id -> slug
    finding: Finding | None = None
    verified: bool = False
    checked: dict[str, Any] = field(default_factory=dict)  # the independent verifier's answer
    own_list: OwnList | None = None  # of one of the people
    codes: dict[str, str] = field(default_factory=dict)  # login -> code of the first sign-in
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        started = time.perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - started, 2)

    def as_json(self) -> dict[str, Any]:
        """The one object of `--json`."""
        assert self.finding is not None  # told to the end
        accused = [self.hand_overs[h] for h in self.finding.accused]
        leaked_from = self.cast.leaker if self.cast.leak == "ours" else None
        return {
            "people": self.cast.people,
            "seed": self.cast.seed,
            "handovers": len(self.hand_overs),
            "leak": self.cast.leak,
            "leaked_from": leaked_from,
            "genuine": self.finding.genuine.value,
            "accused": accused,
            "excluded": {
                self.hand_overs[x.hand_over]: {"field": str(x.field) if x.field else None, "grade": x.grade.value}
                for x in self.finding.excluded
            },
            "false_accusations": sum(slug != leaked_from for slug in accused),
            "bound": self.finding.bound,
            "log2_e": {self.hand_overs[h]: round(m.total, 1) for h, m in self.finding.measurements.items()},
            "threshold": round(self.finding.threshold, 1),
            "fields_leaked": [str(x.field) for x in self.finding.leaked if x.certain],
            "verified": self.verified,
            "verifier": self.checked,
            "own_list": self.own_list.as_json() if self.own_list else None,
            "seconds": self.seconds,
        }


@dataclass
class _Stage:
    """The office and everybody's keys while the story runs; by firm the ids of the party, its person and its copy."""

    told: Told
    folder: Path
    office: Office
    gap: Gap
    oversight: Identity
    source: pl.DataFrame
    progress: Progress
    identities: dict[str, Identity] = field(default_factory=dict)
    parties: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    copies: dict[str, UUID] = field(default_factory=dict)
    opened: dict[str, Opened] = field(default_factory=dict)


def tell(cast: Cast, folder: Path, progress: Progress = lambda stage, done, total: None) -> Told:
    """Play the whole story in an empty folder. Raises what the commands raise."""
    told = Told(cast)
    with told.stage("people"):
        source = fictitious_people(cast.people, cast.seed)
    with told.stage("office"):
        stage = _found(told, folder, source, progress)
    for firm in FIRMS:
        _hand_over(stage, firm)
    _cross(stage)
    with told.stage("leak"):
        specimen = _leak(stage)
        specimen.write_csv(folder / "specimen.csv")
    _answer(stage, specimen)
    with told.stage("list"):
        told.own_list = ask(stage.office, source[LOCAL_ID][0], folder)
    return told


def _found(told: Told, folder: Path, source: pl.DataFrame, progress: Progress) -> _Stage:
    from azukari.web.founding import found

    kek = create_key_file(folder / "office.key", None)
    oversight = Identity.generate()
    officer = next(o for o in OFFICERS if o.party == PENSION_SERVICE.slug)
    at = now()
    founded = found(
        folder / "office",
        name=PENSION_SERVICE.ja,
        name_en=PENSION_SERVICE.en,
        origin=ORIGIN,
        login=officer.slug,
        officer=officer.ja,
        oversight=card_of(oversight),
        kek=kek,
        at=at,
    )
    office = Office(kek, founded.body_id, founded.officer_id, at)
    told.codes[officer.slug] = _invite(office, founded.officer_id)
    return _Stage(told, folder, office, divide(folder, office), oversight, source, progress)


def _invite(office: Office, person_id: UUID) -> str:
    from azukari.web.accounts.actions import invitation

    return invitation.invite(person_id=person_id, by=office.by, at=office.at)


def _hand_over(stage: _Stage, firm: Party) -> None:
    """Register the firm, its key and somebody of it, entrust, seal."""
    with stage.told.stage("register"):
        stage.parties[firm.slug] = _register(stage, firm)
        stage.people[firm.slug] = _account(stage, firm)
        entrustment_id = _entrust(stage, firm, stage.parties[firm.slug])
    with stage.told.stage("seal"):
        stage.copies[firm.slug] = _seal(stage, firm, stage.parties[firm.slug], entrustment_id)
    stage.told.hand_overs[stage.copies[firm.slug].hex] = firm.slug


def _cross(stage: _Stage) -> None:
    """The packages go outside, each firm fetches and opens its own and hands its receipt in, the receipts come back."""
    with stage.told.stage("cross"):
        stage.gap.carry(Side.OUTSIDE)
    with stage.told.stage("open"):
        for firm in FIRMS:
            person = stage.people[firm.slug]
            stage.gap.fetch(stage.copies[firm.slug], person, stage.folder / f"{firm.slug}.azk")
            stage.opened[firm.slug], receipt = _open(stage, firm, stage.identities[firm.slug])
            stage.gap.hand_in(stage.parties[firm.slug], person, receipt)
    with stage.told.stage("cross"):
        stage.gap.carry(Side.INSIDE)
    with stage.told.stage("open"):
        _oversee(stage, KANA)


def _oversee(stage: _Stage, firm: Party) -> None:
    """The oversight key opens one copy too, and says so."""
    from azukari.web.custody.actions.receiving import add_receipt

    _, note = _open(stage, firm, stage.oversight)
    add_receipt(note=note, body_id=stage.office.body_id, by=stage.office.by, at=stage.office.at)


def _register(stage: _Stage, firm: Party) -> UUID:
    from azukari.web.custody import vault
    from azukari.web.custody.actions import party

    office, identity = stage.office, Identity.generate()
    card, secret, party_id = card_of(identity), secrets.token_bytes(32), uuid4()
    wrapped = office.kek.wrap(secret, vault.challenge_purpose(party_id))
    party.add(
        body_id=office.body_id,
        card=card,
        name=firm.ja,
        country=firm.country,
        wrapped_challenge=wrapped,
        party_id=party_id,
        by=office.by,
        at=office.at,
    )
    verify_answer(card, secret, answer_challenge(identity, make_challenge(card, secret)))
    party.confirm(party_id=party_id, fingerprint=card.fingerprint, answer_ok=True, by=office.by, at=office.at)
    stage.identities[firm.slug] = identity
    _write(stage.folder / f"{firm.slug}.key", identity.file_text().encode())
    return party_id


def _account(stage: _Stage, firm: Party) -> UUID:
    """Somebody of the firm, who signs in outside."""
    from azukari.web.accounts.actions import person

    office = stage.office
    made = person.create(
        body_id=office.body_id,
        login=firm.slug,
        name=firm.ja,
        role="contractor",
        party=stage.parties[firm.slug],
        by=office.by,
        at=office.at,
    )
    stage.told.codes[firm.slug] = _invite(office, made)
    return made


def _entrust(stage: _Stage, firm: Party, party_id: UUID) -> UUID:
    from azukari.web.custody.actions import entrustment

    today = day_of(stage.office.at)
    return entrustment.create(
        body_id=stage.office.body_id,
        party_id=party_id,
        title=PURPOSES[firm.slug],
        purpose=PURPOSES[firm.slug],
        starts_on=today,
        ends_on=today + timedelta(days=180),
        fields=PERMITTED[firm.slug],
        by=stage.office.by,
        at=stage.office.at,
    )


def _seal(stage: _Stage, firm: Party, party_id: UUID, entrustment_id: UUID) -> UUID:
    from azukari.web.custody.actions.sealing import Order, seal

    overrides = parse_columns_option(COLUMNS_OPTION, stage.source.columns)
    typings = apply_overrides(type_columns(stage.source), overrides)
    order = Order(entrustment_id, party_id, choose(typings, PERMITTED[firm.slug]), output=None)
    sealed = seal(
        source=stage.source,
        order=order,
        kek=stage.office.kek,
        by=stage.office.by,
        at=stage.office.at,
        progress=lambda done, total: stage.progress(firm.slug, done, total),
    )
    return sealed.id


def _open(stage: _Stage, firm: Party, identity: Identity) -> tuple[Opened, bytes]:
    with (stage.folder / f"{firm.slug}.azk").open("rb") as source:
        opened = open_package(source, identity)
    entry, data = opened.package.entry, opened.package.entry_bytes
    return opened, make_receipt(entry, data, opened.table.height, identity, day_of(stage.office.at))


def _leak(stage: _Stage) -> pl.DataFrame:
    """What turns up outside: non-adjacent rows, sorted by reading, with typing errors and other habits of writing."""
    cast = stage.told.cast
    rng = np.random.Generator(np.random.PCG64(cast.seed))
    copy, long = _what_leaks(stage, rng)
    numbered = copy.with_row_index("#").with_columns(pl.col("#").cast(pl.String))
    picked = pick_rows(numbered, cast.rows, rng)
    columns = [header for header in LEAKED if header in copy.columns]
    rows = [int(number) for number in picked["#"]]
    kinds = {header: COLUMNS[header].kind for header in columns if COLUMNS[header].kind in SLOTS}
    leaked = flip_slots(keep_columns(picked, columns), long[rows].select(columns), kinds, FLIPPED, rng)
    return sort_by(typing_errors(leaked, columns, TYPING_ERRORS, rng), columns[min(1, len(columns) - 1)])


def _what_leaks(stage: _Stage, rng: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that leak, and the same rows as their owner wrote them."""
    cast = stage.told.cast
    if cast.leak == "strangers":
        others = other_people(cast.people, cast.seed)
        return others, others
    if cast.leak == "fifth-body":  # the same people, written by a system that is not ours
        habits = rng.bytes(32)
        columns = [
            spell_column(stage.source[header], f.kind, habits)[0] if f.kind in SLOTS else stage.source[header]
            for header, f in COLUMNS.items()
        ]
        return pl.DataFrame(columns), stage.source
    opened = stage.opened[cast.leaker]
    sources = _source_rows(stage, opened)
    real = [i for i, row in enumerate(sources) if row < stage.source.height]  # no canary is in this leak
    return opened.table[real], stage.source[[sources[i] for i in real]]


def _source_rows(stage: _Stage, opened: Opened) -> list[int]:
    from azukari.web.custody import places, queries, vault

    info = queries.hand_over(UUID(hex=opened.package.entry.hand_over))
    with places.record(info.id).open("rb") as file:
        record = RecordReader(file, vault.record_key(info, stage.office.kek), info.id.hex)
        return [int(row) for row in record.numbers("source-rows", "<u8").tolist()]


def _answer(stage: _Stage, specimen: pl.DataFrame) -> None:
    """Log, trace, disclose, and let a stranger's program check the evidence."""
    from azukari.web.incidents.actions.disclosure import disclose
    from azukari.web.incidents.actions.specimen import log_specimen, open_case
    from azukari.web.incidents.tracing import trace_specimen

    told, office = stage.told, stage.office
    with told.stage("trace"):
        typings = apply_overrides(type_columns(specimen), {h: COLUMNS[h] for h in specimen.columns})
        sample = read_specimen(specimen, typings)
        case = open_case(body_id=office.body_id, title="流出", by=office.by, at=office.at)
        logged = log_specimen(case_id=case, sample=sample, kek=office.kek, by=office.by, at=office.at)
        found, file = trace_specimen(
            specimen_id=logged, kek=office.kek, progress=lambda done, total: stage.progress("trace", done, total)
        )
    told.finding = found.finding
    if not found.finding.accused:
        told.verified = told.cast.leak != "ours"
        return
    with told.stage("disclose"):
        bundle, opened = disclose(found=found, file=file, kek=office.kek, by=office.by, at=office.at)
        verifier = Identity.generate()
        _write(stage.folder / "evidence.json", bundle.encode())
        _write(stage.folder / "specimen.age", seal_to(opened.encode(), [verifier.recipient]))
    with told.stage("verify"):
        _write(stage.folder / "specimen.json", verifier.decrypt((stage.folder / "specimen.age").read_bytes()))
        told.checked = run_verifier(
            stage.folder / "evidence.json", "--specimen", stage.folder / "specimen.json", "--log-key", bundle.vkey
        )
        told.verified = told.checked.get("verdict") == "holds" and set(told.checked["accused"]) == set(
            found.finding.accused
        )


def _write(path: Path, data: bytes) -> None:
    with creating(path) as file:
        file.write(data)
