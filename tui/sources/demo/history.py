"""The day before the demo started, drawn as increments instead of simulated, since the first screen waits for it.

Steps of five minutes up to the last hour, of fifteen seconds from then on. Counters are consistent with each other:
buckets ascend, the last equals the count, requests add up to it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import accumulate, pairwise

from tui.sources.demo.metrics import BOUNDS, MEMORY_LIMIT, POD_MEMORY, WORKERS, Exported
from tui.sources.demo.workload import FAILURES, SHARES, mean_duration, share_within, tickets_per_s

COARSE_S, FINE_S = 300, 15
FINE_SPAN_S = 75 * 60
"""The last hour, and what rate[15m] at its beginning looks back on."""
SPAN_S = 25 * 3600 + COARSE_S
"""A day, and what increase[24h] an hour ago looks back on."""


def fill(exported: Exported, rng: random.Random, end: int) -> None:
    """Write samples from `SPAN_S` before `end` (Unix seconds) to just before it, and leave the row as it was last."""
    fine = end - FINE_SPAN_S
    grid = [*range(end - SPAN_S, fine, COARSE_S), *range(fine, end, FINE_S)]
    steps = [COARSE_S, *(at - before for before, at in pairwise(grid))]
    per_s = [tickets_per_s(at) for at in grid]
    exported.store.times.extend(at * 1000 for at in grid)
    _tenants(exported, rng, [rate * step for rate, step in zip(per_s, steps, strict=True)])
    _pods(exported, steps)
    busy = mean_duration()
    _put(exported, exported.active, [float(round(rate * busy + rng.uniform(-1.5, 1.5))) for rate in per_s])
    _put(exported, exported.queue, [max(0.0, float(rng.randrange(-45, 17))) for _ in grid])
    _put(exported, exported.success_rate, [1 - FAILURES + rng.uniform(-0.003, 0.003) for _ in grid])
    for column, usual in zip(exported.pg_connections, (3.0, 22.0, 1.0), strict=True):
        _put(exported, column, [usual + rng.randrange(3) for _ in grid])
    for column, series in enumerate(exported.store.series):
        if not series.values:  # whatever has not changed all day
            _put(exported, column, [exported.now[column]] * len(grid))


def _put(exported: Exported, column: int, values: list[float]) -> None:
    exported.store.series[column].values.fromlist(values)
    exported.now[column] = values[-1]


def _tenants(exported: Exported, rng: random.Random, expected: Sequence[float]) -> None:
    """Requests and durations; `expected` are the tickets of each step, drawn here about as Poisson would."""
    within = [share_within(bound) for bound in BOUNDS]
    mean = mean_duration()
    for tenant, share in enumerate(SHARES):
        drawn = (share * many + math.sqrt(share * many) * rng.gauss(0, 1) for many in expected)
        total = list(accumulate(max(0.0, float(round(tickets))) for tickets in drawn))
        # Flooring one running total keeps every part whole and ascending, and their sum right.
        failed = [tickets * FAILURES // 1 for tickets in total]
        _put(exported, exported.failed[tenant], failed)
        _put(exported, exported.succeeded[tenant], [all_ - bad for all_, bad in zip(total, failed, strict=True)])
        for column, part in zip(exported.buckets[tenant], within, strict=False):
            _put(exported, column, total if part == 1 else [tickets * part // 1 for tickets in total])
        _put(exported, exported.buckets[tenant][-1], total)
        _put(exported, exported.counts[tenant], total)
        _put(exported, exported.sums[tenant], [tickets * mean for tickets in total])


def _pods(exported: Exported, steps: Sequence[int]) -> None:
    """Memory of a worker grows until Python collects, the others' hardly; CPU time adds up."""
    for pod, usage in enumerate(POD_MEMORY):
        growth, period = (MEMORY_LIMIT // 10, 61 + 7 * pod) if pod < len(WORKERS) else (usage // 50, 97)
        _put(
            exported, exported.memory[pod], [float(usage + growth * (i % period) // period) for i in range(len(steps))]
        )
        cores = 0.05 + 0.02 * pod
        _put(exported, exported.cpu[pod], list(accumulate(step * cores for step in steps)))
