"""How often what is watched is looked at, and how long we wait before we try a broken connection again."""

from __future__ import annotations

import random

import msgspec


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds, all of them."""

    coalesce_s: float = 0.3
    """Changes within this time become one snapshot."""
    poll_s: float = 15.0
    """Between two looks where nothing tells of changes."""
    retry_s: float = 1.0
    """Before the first retry; it doubles from then on."""
    retry_most_s: float = 30.0
    silent_s: float = 45.0
    """A watch that sends nothing for so long is ended by the server; ours is that and a little more."""


class Backoff:
    """Growing pauses between retries; half of each is random, so that many operators do not return as one."""

    def __init__(self, pace: Pace, rng: random.Random) -> None:
        self._pace, self._rng, self._failures = pace, rng, 0

    def reset(self) -> None:
        """It worked."""
        self._failures = 0

    def next(self) -> float:
        """Seconds to wait after one more failure."""
        ceiling = min(self._pace.retry_s * float(2 ** min(self._failures, 20)), self._pace.retry_most_s)
        self._failures += 1
        return ceiling * (0.5 + self._rng.random() / 2)
