"""People who look at their own list outside: enrolled at the counter of the town hall, with a letter (docs/spec/crossing.md, 8).

Inside alone. It knows whose list a citizen's is, and gives outside the keys of that list, what is sealed for it, and never r_P,
a local id or a name. It answers nothing to the citizen: that is ``citizens``, on the other side of the gap.
"""
