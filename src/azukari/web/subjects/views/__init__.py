"""Screens on people concerned."""
