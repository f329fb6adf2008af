"""One hand-over end to end: choose fields, mark, seal, and the way back.

Composes fingerprint and seal; implements docs/spec/package.md section 9 (the copy record). Holds no
office and no database: keys, clock, randomness and files are arguments.
"""
