"""The screens of the person's own page; thin."""
