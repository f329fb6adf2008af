"""What is shown to contractors and what they hand in. Identifiers are those of the register inside."""

from azukari.web.counter.models.firm import Entruster, Firm, Work
from azukari.web.counter.models.sent import Sent
from azukari.web.counter.models.shelf import Certificate, Shelved

__all__ = ["Certificate", "Entruster", "Firm", "Sent", "Shelved", "Work"]
