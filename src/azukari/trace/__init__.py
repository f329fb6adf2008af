"""From a leaked specimen to a finding: is it ours, what leaked, which copy it came from, which it did not.

Implements docs/spec/trace.md; the modules carry its step numbers. Never says who leaked, never prints a
probability of guilt, and accuses only under a bound on false accusation.
"""
