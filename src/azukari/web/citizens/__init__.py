"""The page outside on which a person sees every entry about them, and takes the proof along (docs/spec/crossing.md, 8).

It holds no key of the inside: of each citizen the keys of the lists, wrapped, and boxes that only those keys open. It knows
nobody's name, and whoever is signed in here has no place on any other page.
"""
