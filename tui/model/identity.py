"""What every screen says of itself in its top line."""

from __future__ import annotations

from typing import Literal

import msgspec

Platform = Literal["kubernetes", "compose"]
"""Where the workers run, and so which variant of a command applies."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Which platform, reached how. `platform` is None when the profile names neither."""

    title: str
    profile: str
    platform: Platform | None = None
    read_only: bool = False
    demo: bool = False
