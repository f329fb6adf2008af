"""The kinds of field in Japanese personal data: what they are, how they may be spelled, what follows from them.

Implements docs/spec/fingerprint.md (sections on normal forms and slots). Never reads a file, never
holds a key, never alters a legal value: spellings differ in presentation only.
"""
