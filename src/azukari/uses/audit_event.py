"""FHIR AuditEvent (R4) in the profiles of IHE BALP: disclosures, and what was done with a patient's record (docs/spec/use.md, Sources 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from azukari.uses.reasons import Reason, UnusableError
from azukari.uses.use import Raw

_DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_REASONS: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_PERSON, _PATIENT = "1", "1"  # audit-entity-type and object-role of HL7
_DESTINATION: Final = "110152"
_DISCLOSURES: Final = {"110106": "provide", "110107": "receive"}  # DICOM: Export, Import
_ACTIONS: Final = {"C": "register", "R": "view", "U": "change", "D": "delete", "E": "search"}

# What a purpose of HL7's v3-ActReason is called; others are shown by their own text, or by their code.
_PURPOSES: Final = {
    "TREAT": "診療",
    "ETREAT": "緊急の診療",
    "HPAYMT": "医療費の支払",
    "HOPERAT": "医療機関の運営",
    "PUBHLTH": "公衆衛生",
    "HRESCH": "研究",
    "PATRQT": "本人の求め",
    "FAMRQT": "家族の求め",
    "COVERAGE": "保険の資格確認",
    "LEGAL": "法令に基づく対応",
}


def members_of(event: Any, source: str) -> Raw:
    """The members that an AuditEvent tells. UnusableError if it is none, or is about nobody or several people."""
    if not isinstance(event, dict) or event.get("resourceType") != "AuditEvent":
        raise UnusableError(Reason.ENVELOPE)
    destination = next((one for one in _objects(event, "agent") if _has(one.get("type"), _DISCLOSURES_TO)), {})
    asker = next((one for one in _objects(event, "agent") if one.get("requestor") is True), {})
    return {
        "source": source,
        "id": _string(event.get("id")),
        "subject": _person(event),
        "time": _string(_object(event.get("period")).get("start")) or _string(event.get("recorded")),
        "noted": _string(event.get("recorded")),
        "act": _act(event),
        "purpose_label": _purpose(event),
        "party": _name(destination.get("who")) or _name(asker.get("who")) or _observer(event),
        "role": _words(asker.get("role")),
        "system": _observer(event),
        "items": "、".join(filter(None, (_what(one) for one in _objects(event, "entity") if not _is_patient(one))))[
            :400
        ],
    }


_DISCLOSURES_TO: Final = frozenset({_DESTINATION})


def _act(event: dict[str, Any]) -> str:
    kind = _object(event.get("type"))
    if kind.get("system") == _DICOM and kind.get("code") in _DISCLOSURES:
        return _DISCLOSURES[str(kind["code"])]
    return _ACTIONS.get(_string(event.get("action")), "")


def _person(event: dict[str, Any]) -> str:
    """The local id of the one entity that is a person in the role of a patient."""
    people = {_id(one) for one in _objects(event, "entity") if _is_patient(one)}
    if len(people) != 1:
        raise UnusableError(Reason.NOBODY, "subject")
    return people.pop()


def _is_patient(entity: dict[str, Any]) -> bool:
    return _object(entity.get("type")).get("code") == _PERSON and _object(entity.get("role")).get("code") == _PATIENT


def _id(entity: dict[str, Any]) -> str:
    what = _object(entity.get("what"))
    named = _string(_object(what.get("identifier")).get("value"))
    return named or _string(what.get("reference")).removesuffix("/").rpartition("/")[2]


def _purpose(event: dict[str, Any]) -> str:
    """What the first purpose is called."""
    for purpose in _objects(event, "purposeOfEvent"):
        for coding in _objects(purpose, "coding"):
            if coding.get("system") == _REASONS and coding.get("code") in _PURPOSES:
                return _PURPOSES[str(coding["code"])]
    return _words(event.get("purposeOfEvent"))


def _words(concepts: Any) -> str:
    """The text of the first concept: its own, or that of its first coding, or the code."""
    for concept in concepts if isinstance(concepts, list) else []:
        codings = list(_objects(concept, "coding")) if isinstance(concept, dict) else []
        told = [_string(_object(concept).get("text")), *(_string(one.get("display")) for one in codings)]
        found = next(filter(None, [*told, *(_string(one.get("code")) for one in codings)]), "")
        if found:
            return found
    return ""


def _observer(event: dict[str, Any]) -> str:
    source = _object(event.get("source"))
    return _string(source.get("site")) or _name(source.get("observer"))


def _what(entity: dict[str, Any]) -> str:
    return _string(entity.get("name")) or _name(entity.get("what")) or _string(_object(entity.get("type")).get("code"))


def _name(reference: Any) -> str:
    """What a reference is called; where nobody says, the kind and id that it points to."""
    value = _object(reference)
    return _string(value.get("display")) or _string(value.get("reference"))


def _has(concept: Any, codes: frozenset[str]) -> bool:
    value = _object(concept)
    return any(one.get("system") == _DICOM and one.get("code") in codes for one in _objects(value, "coding"))


def _objects(value: dict[str, Any], member: str) -> Iterator[dict[str, Any]]:
    found = value.get(member)
    yield from (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
