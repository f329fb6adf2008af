"""A bundle with which a stranger checks a finding offline.

Implements docs/spec/evidence.md. Never holds a cell value or a salt: those travel in the specimen file, to
named verifiers only.
"""
