"""Leaks: cases, specimens fixed in the ledger before the trace, disclosures of marks.

It never stores a specimen itself.
"""
