"""The custody register: parties, entrustments, hand-overs, receipts, returns.

What stands in the ledger of it are random identifiers, kinds of field, days and commitments: never a name.
"""
