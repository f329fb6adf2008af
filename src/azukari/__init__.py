"""azukari: custody of entrusted personal data, with proof.

Core rooms need no office and no database; `azukari.web` is the office, `azukari.cli` the command line.
ARCHITECTURE.md shows the rooms and the arrows between them.
"""

__version__ = "0.1.0"
