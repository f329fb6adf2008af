"""The office: the Django project with the register, the people who work in it and the ledger's rows.

``office.start`` opens an office directory; ``actions`` write, ``queries`` read. It never signs a checkpoint
that it has not recomputed, and never lets a change of the register and its ledger entry part.
Arrows inside: ``incidents | trail > custody > subjects > accounts > sequencer | ui``.
"""
