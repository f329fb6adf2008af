"""The witness: what public bodies run for each other, so that none of them can show two ledgers to two people.

Implements docs/spec/witness.md (C2SP tlog-witness 1.0.0, cosignature/v1). It knows no office and no Django, sees
checkpoints and proofs but never an entry, and never answers with a cosignature that its disk does not hold.
"""
