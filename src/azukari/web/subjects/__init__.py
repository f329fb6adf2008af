"""The people concerned (本人): pseudonyms, per-person keys, and who is under protective measures (docs/spec/subject.md).

A person is known by a keyed hash of the agency-local id, never by anything derived from the individual number; what
is kept of a person is sealed under that person's own key, and destroying the key destroys it wherever it was copied.
The keys lie beside the data for now; a keystore of its own, with a short backup life, is still to come.
"""
