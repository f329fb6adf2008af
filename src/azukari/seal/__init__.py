"""The sealed package: manifest, commitments, encryption to named keys, receipts.

Implements docs/spec/package.md. Keeps no clear copy of what it sealed, and opens nothing without
checking it against the ledger entry first.
"""
