"""Screens of contractors, and addresses of their programs: thin, one firm at a time."""
