"""What can go wrong on the simulated platform, and how fast.

What `effect` promises is measured by tests/unit/test_demo_faults.py, at every hour of the day.
"""

from __future__ import annotations

from tui.sources.protocols import Fault

FLOOD, CRASH, SLOW, DATABASE = "queue-flood", "worker-crash", "slow-api", "database-down"

FAULTS = (
    Fault(
        id=FLOOD,
        key="u",
        title="Queue flood",
        effect="The tenant umbra sends tickets without end. Queue Depth is yellow after 20 s, red after a minute, and "
        "QueueDepthHigh fires. Once lifted it clears within 5 minutes, and the tile is green within 7.",
    ),
    Fault(
        id=CRASH,
        key="w",
        title="Worker crash",
        effect="Workers run out of memory one by one. Worker Count is yellow after 20 s and red after 40 s; WorkerDown "
        "fires 10 s later. Jobs pile up. Once lifted, all workers are back within 15 s and catch up.",
    ),
    Fault(
        id=SLOW,
        key="s",
        title="Slow API",
        effect="Calls to the LLM time out and are repeated. p95 Latency is yellow after a good minute, red after two; "
        "HighLatency fires 30 s later. Once lifted it clears, and the tile is green, within 6 minutes.",
    ),
    Fault(
        id=DATABASE,
        key="d",
        title="Database down",
        effect="Every attempt fails and is retried. Success Rate 24h is yellow after 40 s, red after two minutes; "
        "EnhancementSuccessRateLow fires after 40 s and clears 15 minutes after the last burst. The 24 h share stays "
        "low for a day, as in life: start the demo again to be rid of it.",
    ),
)

FLOOD_TENANT = 3
"""Index of the tenant that floods: umbra, which sends least on a good day."""
FLOOD_RUSH_S = 15
FLOOD_PER_S = (4, 2)
"""Tickets a second during the rush, and after it."""
FLOOD_CEILING = 200
"""Jobs waiting at which the API answers the flooding tenant 429."""

DEATHS_S = (5, 10, 16, 36)
"""Seconds into the worker crash at which each worker is killed for its memory."""
RETURNS_S = (4, 7, 10, 13)
"""Seconds after it at which each answers again."""
CRASH_LOOP_S = 15
"""Seconds from one restart of a crashing worker to the next."""

HAMMER_S = 115
"""Seconds into the database fault after which the circuit breaker holds the retries back."""
HAMMER_PER_SLOT = (1.5, 0.02)
"""Failed attempts a second in each worker slot, before and after that."""
