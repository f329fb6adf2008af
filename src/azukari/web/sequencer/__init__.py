"""The ledger's rows: entries in the caller's transaction, tiles, signed checkpoints (C2SP tlog-tiles).

It knows bodies by their key only, and never signs a root that a second code path has not found too.
"""
