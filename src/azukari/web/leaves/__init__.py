"""One leaf in the ledger for each person concerned and each thing that was done, and the index over them (docs/spec/completeness.md).

It never holds who stands in which leaf: labels are computed anew from the keystore whenever a list is wanted.
"""
