"""Screens of the register: thin, one body at a time."""
