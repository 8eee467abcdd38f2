"""Our two themes: nothing unknown looks like a warning.

The accent, which marks the unknown, is violet; yellow is left to WARN.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="ops-dark",
    primary="#5aa9e6",
    secondary="#3d6b8c",
    accent="#b794f6",
    warning="#e5b83b",
    error="#e5534b",
    success="#57ab5a",
    foreground="#d8dee4",
    background="#0f1317",
    surface="#171c21",
    panel="#20272e",
    dark=True,
    variables={"foreground-muted": "#8b949e"},
)

LIGHT = Theme(
    name="ops-light",
    primary="#0b5cad",
    secondary="#46627f",
    accent="#6f42c1",
    warning="#b35900",
    error="#b3261e",
    success="#1a7f37",
    foreground="#1f2328",
    background="#ffffff",
    surface="#f6f8fa",
    panel="#e4e9ee",
    dark=False,
    variables={"foreground-muted": "#59636e"},
)
