"""What the simulated platform is asked to do: how many tickets come when, and how long one takes.

The figures are chosen so that four workers of four slots (about 0.95 tickets a second) are busy by a fifth at night and
by half in the afternoon, and so that no healthy ticket takes a minute.
"""

from __future__ import annotations

import math
import random

TENANTS = ("acme", "globex", "initech", "umbra")
SHARES = (0.4, 0.3, 0.2, 0.1)
"""Of the tickets, by tenant."""
CUMULATIVE_SHARES = (0.4, 0.7, 0.9, 1.0)

FAILURES = 0.025
"""Share of tickets that fail on a healthy platform: deleted meanwhile, refused by the vendor, not to be parsed."""

BATCH_EVERY_S = 60
"""Seconds between two tenants' mail imports, each of which hands over several tickets at once."""
BATCH_SIZES = (4, 12)
"""Fewest and most tickets in one import."""

_MEAN_PER_S = 0.19
_SWING = 0.45
_PEAK_S = 14 * 3600
_DAY_S = 86_400

_CONTEXT_S = (0.3, 1.2)
_SERVICEDESK_S = (0.8, 3.2)
_LLM_MEDIAN_S = 12.0
_LLM_SIGMA = 0.52
_LLM_LONGEST_S = 50.0
_LLM_TIMEOUT_S = 30.0
_RETRY_S = (1.0, 8.0)
"""Pauses between the attempts, and the answer in the end."""


def rhythm(at: float) -> float:
    """How busy the hour is, 1 on average over a day; `at` is Unix seconds."""
    return 1 + _SWING * math.cos((at - _PEAK_S) * (2 * math.pi / _DAY_S))


def arrivals_per_s(at: float) -> float:
    """Single tickets a second, without the imports."""
    return _MEAN_PER_S * rhythm(at)


def tickets_per_s(at: float) -> float:
    """All tickets a second, imports included."""
    return (_MEAN_PER_S + sum(BATCH_SIZES) / 2 / BATCH_EVERY_S) * rhythm(at)


def duration(rng: random.Random) -> float:
    """Draw the seconds a ticket takes: context from the database, the LLM, then the write to ServiceDesk Plus."""
    llm = min(_LLM_MEDIAN_S * math.exp(rng.gauss(0, _LLM_SIGMA)), _LLM_LONGEST_S)
    return rng.uniform(*_CONTEXT_S) + llm + rng.uniform(*_SERVICEDESK_S)


def stalled(rng: random.Random, nth: int) -> float:
    """Draw the seconds it takes while calls to the LLM time out: two and four times in turn, then one is answered."""
    return _LLM_TIMEOUT_S * (2, 4)[nth % 2] + rng.uniform(*_RETRY_S)


def share_within(seconds: float) -> float:
    """Share of healthy tickets that take at most `seconds`; the spread of the two short parts is neglected."""
    llm = seconds - sum(_CONTEXT_S) / 2 - sum(_SERVICEDESK_S) / 2
    if llm <= 0:
        return 0.0
    if llm >= _LLM_LONGEST_S:
        return 1.0
    return 0.5 * (1 + math.erf(math.log(llm / _LLM_MEDIAN_S) / (_LLM_SIGMA * math.sqrt(2))))


def mean_duration() -> float:
    """Seconds a healthy ticket takes on average."""
    return sum(_CONTEXT_S) / 2 + sum(_SERVICEDESK_S) / 2 + _LLM_MEDIAN_S * math.exp(_LLM_SIGMA**2 / 2)
