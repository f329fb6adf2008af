"""The counter: what contractors find outside, each firm its own, and what they hand in there.

Nothing here is the register: everything came over in crossings (``shelving``) or goes back in them. It never sees a
key of the inside, and a row that belongs to one body is never changed in another's name.
"""
