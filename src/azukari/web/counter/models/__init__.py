"""What is shown to contractors and what they hand in. Identifiers are those of the register inside."""

from typing import Final

from azukari.web.counter.models.consigned import Consigned
from azukari.web.counter.models.firm import Entruster, Firm, Work
from azukari.web.counter.models.sent import Sent
from azukari.web.counter.models.shelf import Certificate, Shelved

SIGNED_FOR: Final = (Shelved, Consigned)
"""What a firm signs a receipt for; an identifier is of one of them alone."""

__all__ = ["SIGNED_FOR", "Certificate", "Consigned", "Entruster", "Firm", "Sent", "Shelved", "Work"]
