"""The custody register. Every row names its body; identifiers are random and may stand in the ledger."""

from azukari.web.custody.models.consignment import ConsignedPerson, Consignment, ConsignmentReceipt
from azukari.web.custody.models.document import Document
from azukari.web.custody.models.entrustment import Entrustment, PermittedField
from azukari.web.custody.models.hand_over import HandOver, Snapshot
from azukari.web.custody.models.party import Party
from azukari.web.custody.models.permission import Permission, PermissionStatus
from azukari.web.custody.models.reminding import ReminderMail
from azukari.web.custody.models.submission import Submission
from azukari.web.custody.models.way_back import Receipt, Return

__all__ = [
    "ConsignedPerson",
    "Consignment",
    "ConsignmentReceipt",
    "Document",
    "Entrustment",
    "HandOver",
    "Party",
    "Permission",
    "PermissionStatus",
    "PermittedField",
    "Receipt",
    "ReminderMail",
    "Return",
    "Snapshot",
    "Submission",
]
