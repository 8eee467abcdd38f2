"""Textual screens: each takes its sources by constructor and never imports the app."""
