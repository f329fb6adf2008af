"""Uses come in: the sources that tell them, what they told, what waits and why, and who has fallen silent.

Everything that a source tells is taken, was taken before, or waits in quarantine (docs/spec/use.md). Inside only.
"""
