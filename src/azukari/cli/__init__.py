"""The command line: `azukari ...`. Talks to people in Japanese or English; everything else lives below.

Office commands call the actions of `azukari.web`; `keygen`, `answer`, `open` and `verify` need no office, no
account and no Django. Exit codes: docs/exit-codes.md.
"""

from azukari.cli.main import main

__all__ = ["main"]
