"""Writing. Keyword-only functions; `by=` is the id of who acts, `at=` the moment."""
