"""Step 9 of a trace: choose the channels to open, and put the bundle together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from azukari.errors import EvidenceError
from azukari.evidence.bundle import Accused, Bundle, CanaryList, Excluded, OpenKey, OpenLink
from azukari.fields.spelling import RULES
from azukari.fingerprint.codes import CODE
from azukari.fingerprint.keys import Channel
from azukari.ledger.tree import Tree
from azukari.seal.commitments import HASH_BYTES
from azukari.trace.finding import EPSILON
from azukari.trace.measure import FLOORS, Measurement
from azukari.trace.specimen import Specimen, SpecimenFile
from azukari.trace.tracing import Examined, Trace


@dataclass(frozen=True)
class LedgerView:
    """台帳の写し。 All entries of a checkpoint, with the key that signed it."""

    origin: str
    vkey: str
    checkpoint: str
    entries: tuple[bytes, ...]


def channels_needed(measurement: Measurement, threshold: float) -> list[Channel]:
    """The fewest channels, largest gain first, that reach the threshold with the others at their floors.

    Raises EvidenceError if even all of them do not.
    """
    by_gain = sorted(Channel, key=lambda c: measurement.channels[c] - FLOORS[c], reverse=True)
    for count in range(1, len(by_gain) + 1):
        if measurement.opened_total(by_gain[:count]) >= threshold:
            return by_gain[:count]
    raise EvidenceError("below the threshold")


def make_bundle(
    trace: Trace,
    specimen: Specimen,
    ledger: LedgerView,
    *,
    specimen_entry: int,
    disclosures: Mapping[str, tuple[int, Sequence[Channel]]],
    receipts: Mapping[str, Sequence[str]],
) -> Bundle:
    """``disclosures``: per accused hand-over the index of its disclosure entry and the opened channels."""
    finding = trace.finding
    accused = tuple(
        _accused(trace.examined[hand_over], index, channels) for hand_over, (index, channels) in disclosures.items()
    )
    return Bundle(
        rules=RULES,
        code=CODE,
        epsilon=EPSILON,
        origin=ledger.origin,
        vkey=ledger.vkey,
        checkpoint=ledger.checkpoint,
        entries=ledger.entries,
        specimen=specimen_entry,
        columns=specimen.columns,
        rows=len(specimen.rows),
        leaked=tuple((x.field, x.cells, x.opened) for x in finding.leaked),
        accused=accused,
        others={h: m.total for h, m in finding.measurements.items() if h not in disclosures},
        excluded=tuple(Excluded(x.hand_over, x.field, x.grade) for x in finding.excluded),
        receipts={h: tuple(notes) for h, notes in receipts.items() if notes},
        shams_drawn=finding.shams.drawn,
        shams_reached=finding.shams.reached,
        shams_highest=finding.shams.highest,
        shams_first=finding.shams.first,
    )


def make_specimen_file(trace: Trace, specimen: Specimen, opening: bytes, hand_overs: Sequence[str]) -> SpecimenFile:
    """The salts of every opened cell of the accused copies, with the specimen."""
    openings = {
        hand_over: {
            link.row: {column: examined.copy.salt(column, link.position) for column in link.opened}
            for link in examined.counted
        }
        for hand_over in hand_overs
        for examined in [trace.examined[hand_over]]
    }
    return SpecimenFile(specimen, opening, openings)


def _accused(examined: Examined, disclosure: int, channels: Sequence[Channel]) -> Accused:
    copy, measurement = examined.copy, examined.measurement
    with copy.open_record() as record:
        stored = record.read("leaves")
        tree = Tree([stored[i : i + HASH_BYTES] for i in range(0, len(stored), HASH_BYTES)])
        links = tuple(
            OpenLink(
                link.row,
                link.position,
                source_row,
                copy.source_salt(link.position),
                tuple(copy.cell_hashes(record, link.position)),
                tuple(tree.path(link.position)),
            )
            for link, source_row in zip(examined.counted, examined.source_rows, strict=True)
        )
    canaries = CanaryList(examined.canary_list, copy.key.derive("opening/canaries"))
    return Accused(
        entry=copy.index,
        disclosure=disclosure,
        hand_over=copy.entry.hand_over,
        channels={
            c: OpenKey(copy.key.channel(c), copy.key.derive(f"opening/channel/{c.value}")) for c in sorted(channels)
        },
        rows=copy.rows,
        rows_opening=copy.key.derive("opening/rows"),
        links=links,
        canaries=canaries if Channel.CANARY in channels else None,
        log2_e={c.value: measurement.channels[c] for c in channels} | {"total": measurement.opened_total(channels)},
    )
