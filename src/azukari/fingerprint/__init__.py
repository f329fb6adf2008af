"""Marks in a copy: put them in under a secret key per hand-over, read them back as e-values.

Implements docs/spec/fingerprint.md. Never alters a legal value: a mark is a random reference, a canary
row, a permitted spelling or the order of rows. Never says who leaked: it says how a sample would look
to somebody who never saw the copy.
"""
