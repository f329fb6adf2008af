"""Completeness: a person's own list, whole and unchanged, that the person alone can find in the ledger.

Implements docs/spec/completeness.md: leaves under labels that one key makes, the index over all labels whose root stands in
the same ledger, and the report that a person checks offline. Never opens a file or a database, never reads a clock or
draws randomness, never decides what is logged; `verify_*` raises and returns no verdict.
"""
