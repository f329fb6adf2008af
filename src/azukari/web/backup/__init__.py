"""Backup and restore: everything an office needs but its key file, in one encrypted file (docs/spec/backup.md).

It never writes a clear byte outside the office's own folder, never restores over anything that is there, and never
lets a restored office sign before somebody compared its ledger with what was published.
"""
