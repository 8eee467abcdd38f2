"""The simulated platform: tickets arrive, wait in enhancement_queue, and are taken by workers.

A discrete model in steps of one second, scraped every five. Nothing runs in the background: whoever asks advances it to
the clock, so its state at a time does not depend on how often it was asked before. When the clock jumps by more than
`LONGEST_PAUSE_S` (a suspended laptop), the platform is taken to have slept too: the samples have a gap, as those of a
suspended Prometheus would, and only the last minutes are simulated.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from itertools import zip_longest

from tui.sources.demo import faults, history
from tui.sources.demo.metrics import CONCURRENCY, MEMORY_LIMIT, POD_MEMORY, WORKERS, Exported
from tui.sources.demo.store import Store
from tui.sources.demo.workload import (
    BATCH_EVERY_S,
    BATCH_SIZES,
    CUMULATIVE_SHARES,
    FAILURES,
    TENANTS,
    arrivals_per_s,
    duration,
    rhythm,
    stalled,
)
from tui.sources.protocols import Fault

SCRAPE_S = 5
LONGEST_PAUSE_S = 600
"""A longer jump of the clock is slept through but for this much."""
RUN_IN_S = 300
"""Simulated before the start, until as many tickets are in work as at any time."""
RETENTION_S = history.SPAN_S
_FORGET_EVERY_S = 3600

_BUSY_BYTES = 9 * 2**20
"""What one ticket in work adds to its worker's memory."""
_RATE_MEMORY = 0.002
"""Weight of the newest attempt in the gauge enhancement_success_rate."""


class Platform:
    """The platform as of `clock()` (Unix seconds), the same for the same `seed` and readings of the clock."""

    def __init__(self, seed: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rng = random.Random(seed)  # noqa: S311 - a simulation has to be repeatable
        self._age = 0
        """Seconds simulated; all times below are in them."""
        self._epoch = int(clock()) - RUN_IN_S
        """Unix seconds at age 0; pauses are added to it."""
        self._queue: deque[int] = deque()
        """Tenant of each waiting ticket, the oldest first."""
        self._running: list[tuple[float, float, int, int]] = []
        """Heap of (finish, start, tenant, worker) of the tickets in work."""
        self._busy = [0] * len(WORKERS)
        self._died: list[int | None] = [None] * len(WORKERS)
        self._turns: list[tuple[int, int, bool]] = []
        """(age, worker, up) of the workers that are about to die or return, the next last."""
        self._stopped = set[int]()
        """Workers whose pod is being replaced or was scaled away."""
        self._planned: list[tuple[int, int, bool]] = []
        """(age, worker, up) as rollouts have it, the next last."""
        self._next_arrival = 0.0
        self._since: dict[str, int] = {}
        """Age at which each active fault began."""
        self._hammered = 0.0
        """Retries due, the fraction of the next one included."""
        self._stalled = 0
        """Tickets whose calls have timed out."""
        self._exported = Exported()
        history.fill(self._exported, self._rng, self._epoch)
        self.advance()

    @property
    def store(self) -> Store:
        """All that was scraped, up to the last `advance`."""
        return self._exported.store

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All that can be switched."""
        return faults.FAULTS

    @property
    def active(self) -> frozenset[str]:
        """Ids of the faults that are on."""
        return frozenset(self._since)

    def disturb(self, fault_id: str, *, on: bool) -> None:
        """Switch one fault; raises KeyError for an unknown id."""
        if fault_id not in {fault.id for fault in faults.FAULTS}:
            raise KeyError(fault_id)
        if on == (fault_id in self._since):
            return
        self.advance()
        if on:
            self._since[fault_id] = self._age
        else:
            del self._since[fault_id]
        if fault_id == faults.CRASH:
            self._plan_turns(on=on)
        elif fault_id == faults.SLOW:
            self._redraw(slow=on)
        elif fault_id == faults.DATABASE and on:
            self._return_to_queue(range(len(self._busy)))

    @property
    def age(self) -> int:
        """Seconds simulated so far, as of the last `advance`."""
        return self._age

    def at(self, age: int) -> float:
        """Unix seconds of an age."""
        return float(self._epoch + age)

    def plan(self, turns: Iterable[tuple[int, int, bool]]) -> None:
        """Let workers stop and start, as pods are replaced and scaled: (age, worker, up) of all turns to come.

        A worker that was never heard of is one more, once it is up; beyond the first four it has no metrics of its own.
        """
        self._planned = sorted(turns, reverse=True)

    def died_at(self, worker: int) -> int | None:
        """The age at which a worker was killed for its memory and from which on it crashes; None while it does not."""
        return self._died[worker] if worker < len(self._died) else None

    def restarts(self, worker: int) -> int:
        """How often a worker's container was restarted."""
        columns = self._exported.restarts
        return round(self._exported.now[columns[worker]]) if worker < len(WORKERS) else 0

    def _up(self, worker: int) -> bool:
        return self._died[worker] is None and worker not in self._stopped

    def _count_up(self) -> int:
        return sum(map(self._up, range(len(self._died))))

    def advance(self) -> float:
        """Simulate up to the clock and return its reading; a clock that went back changes nothing."""
        now = self._clock()
        target = int(now) - self._epoch
        if target - self._age > LONGEST_PAUSE_S:
            pause = target - self._age - LONGEST_PAUSE_S
            self._epoch += pause
            target -= pause
        while self._age < target:
            self._step()
        return now

    def _step(self) -> None:
        self._age = age = self._age + 1
        while self._turns and self._turns[-1][0] <= age:
            _, worker, up = self._turns.pop()
            self._turn(worker, up=up)
        while self._planned and self._planned[-1][0] <= age:
            _, worker, up = self._planned.pop()
            self._start_or_stop(worker, up=up)
        running = self._running
        while running and running[0][0] <= age:
            self._finish()
        if faults.DATABASE in self._since:
            self._hammer(age - self._since[faults.DATABASE])
        elif self._queue:
            self._take(age)
        self._arrive(age)
        if age % SCRAPE_S == 0:
            self._scrape(age)

    # ── Tickets ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _arrive(self, age: int) -> None:
        rng, queue = self._rng, self._queue
        while self._next_arrival <= age:
            queue.append(rng.choices(range(len(TENANTS)), cum_weights=CUMULATIVE_SHARES)[0])
            self._next_arrival += rng.expovariate(arrivals_per_s(self._epoch + age))
        if age % BATCH_EVERY_S == 0:
            tickets = round(rng.randint(*BATCH_SIZES) * rhythm(self._epoch + age))
            queue.extend([age // BATCH_EVERY_S % len(TENANTS)] * tickets)
        if faults.FLOOD in self._since and len(queue) < faults.FLOOD_CEILING:
            rush = age - self._since[faults.FLOOD] <= faults.FLOOD_RUSH_S
            queue.extend([faults.FLOOD_TENANT] * faults.FLOOD_PER_S[0 if rush else 1])

    def _take(self, age: int) -> None:
        busy, slow = self._busy, faults.SLOW in self._since
        while self._queue:
            free = [worker for worker in range(len(busy)) if busy[worker] < CONCURRENCY and self._up(worker)]
            if not free:
                return
            worker = min(free, key=busy.__getitem__)
            busy[worker] += 1
            tenant = self._queue.popleft()
            heappush(self._running, (age + self._draw(slow=slow), float(age), tenant, worker))

    def _finish(self) -> None:
        finish, start, tenant, worker = heappop(self._running)
        self._busy[worker] -= 1
        success = self._rng.random() >= FAILURES
        self._exported.observe(tenant, finish - start, success=success)
        self._rate_attempt(success=success)

    def _hammer(self, since: int) -> None:
        """Fail and retry whatever is there, as fast as the circuit breaker allows: counted, not timed."""
        if not self._queue:
            return
        per_slot = faults.HAMMER_PER_SLOT[0 if since <= faults.HAMMER_S else 1]
        self._hammered += per_slot * CONCURRENCY * self._count_up()
        while self._hammered >= 1:
            self._hammered -= 1
            self._exported.now[self._exported.failed[self._rng.choice(self._queue)]] += 1
            self._rate_attempt(success=False)

    def _rate_attempt(self, *, success: bool) -> None:
        row, column = self._exported.now, self._exported.success_rate
        row[column] += (success - row[column]) * _RATE_MEMORY

    def _draw(self, *, slow: bool) -> float:
        if not slow:
            return duration(self._rng)
        self._stalled += 1
        return stalled(self._rng, self._stalled)

    def _redraw(self, *, slow: bool) -> None:
        """The calls in progress stall from now on, or are answered at last."""
        now = self._age
        self._running = [
            (now + self._draw(slow=True) if slow else min(finish, now + self._draw(slow=False)), start, tenant, worker)
            for finish, start, tenant, worker in self._running
        ]
        heapify(self._running)

    # ── Workers ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _plan_turns(self, *, on: bool) -> None:
        delays = faults.DEATHS_S if on else faults.RETURNS_S
        pairs = zip_longest(range(len(self._died)), delays, fillvalue=delays[-1])  # any worker beyond them as the last
        turns = [(self._age + delay, worker, not on) for worker, delay in pairs]
        self._turns = sorted((turn for turn in turns if (self._died[turn[1]] is None) == on), reverse=True)

    def _turn(self, worker: int, *, up: bool) -> None:
        exported = self._exported
        self._died[worker] = None if up else self._age
        exported.now[exported.workers] = self._count_up()
        if not up:
            if worker < len(WORKERS):
                exported.now[exported.oom_killed[worker]] = 1
            self._return_to_queue([worker])

    def _start_or_stop(self, worker: int, *, up: bool) -> None:
        """A pod that ends in order; what it has not finished is delivered again as well."""
        while worker >= len(self._died):
            self._stopped.add(len(self._died))
            self._died.append(None)
            self._busy.append(0)
        if up:
            self._stopped.discard(worker)
        else:
            self._stopped.add(worker)
            self._return_to_queue([worker])
        self._exported.now[self._exported.workers] = self._count_up()

    def _return_to_queue(self, workers: list[int] | range) -> None:
        """What was in work is delivered again first: tasks are acknowledged late."""
        for ticket in sorted(self._running, reverse=True):
            if ticket[3] in workers:
                self._queue.appendleft(ticket[2])
        self._running = [ticket for ticket in self._running if ticket[3] not in workers]
        heapify(self._running)
        for worker in workers:
            self._busy[worker] = 0

    # ── Metrics ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _scrape(self, age: int) -> None:
        exported, waiting = self._exported, len(self._queue)
        row, up = exported.now, self._count_up()
        down = faults.DATABASE in self._since
        retrying = min(waiting, up * CONCURRENCY) if down else 0
        row[exported.queue] = waiting - retrying
        row[exported.active] = retrying + len(self._running)
        row[exported.up[1]] = min(up, 1)
        row[exported.pg_up] = not down
        connections = (0, 0, 0) if down else (1 + len(self._running) // 4, 4 + 5 * up, self._rng.randrange(2))
        for column, count in zip(exported.pg_connections, connections, strict=True):
            row[column] = count
        for worker in range(len(WORKERS)):
            self._measure(worker, age)
        for pod in range(len(WORKERS), len(POD_MEMORY)):
            row[exported.memory[pod]] = POD_MEMORY[pod] + self._rng.randrange(64) * 4096
            row[exported.cpu[pod]] += SCRAPE_S * (0.05 + 0.02 * pod)
        exported.scrape(self._epoch + age)
        if age % _FORGET_EVERY_S == 0:
            exported.store.forget((self._epoch + age - RETENTION_S) * 1000)

    def _measure(self, worker: int, age: int) -> None:
        """A worker's container: its memory climbs to the limit before it is killed, and again after each restart."""
        exported, died = self._exported, self._died[worker]
        row, memory, cpu = exported.now, exported.memory[worker], exported.cpu[worker]
        if worker in self._stopped:
            row[cpu] = row[memory] = 0
            return
        if died is None:
            row[cpu] += SCRAPE_S * (0.05 + 0.06 * self._busy[worker])
            usual = POD_MEMORY[worker] + _BUSY_BYTES * self._busy[worker] + self._rng.randrange(256) * 4096
            began = self._since.get(faults.CRASH)
            climb = 0.0 if began is None else (age - began) / faults.DEATHS_S[worker]
            row[memory] = usual + (MEMORY_LIMIT - usual) * min(climb, 0.98)
            return
        row[cpu] = 0
        restarting = (age - died) % faults.CRASH_LOOP_S >= faults.CRASH_LOOP_S - SCRAPE_S
        row[memory] = MEMORY_LIMIT * 0.9 if restarting else 0
        if restarting:
            row[exported.restarts[worker]] += 1
