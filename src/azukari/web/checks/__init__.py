"""Whether an installation is sound, told in one line for each thing: folders, keys, certificate, disk, backups, register, ledger, work.

It only reads, mends nothing and needs nobody's account; it works on either side of an office. What it cannot see is said in
deploy/README.md: whether the other copy of a key is still in its safe, and whether a backup can be restored (that is the drill).
"""
