"""What crosses the gap between the two faces of an office: the pair, the two chains of crossings, and what is on its way.

It knows folders and their order, and nothing of what the items mean: that is the caller's (docs/spec/crossing.md).
"""
