"""Textual widgets: they take values and post messages."""
