"""The officer's screens of enrolments; thin."""
