"""Every fault moves its tile through yellow to red and its alert to firing, within the time it promises, and back."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from tests.doubles import NOW, FakeClock
from tui.core import resources
from tui.core.catalog import load
from tui.model.alert import Phase
from tui.model.thresholds import State, grade
from tui.sources.demo import DemoSource, Platform
from tui.sources.demo.faults import CRASH, DATABASE, FAULTS, FLOOD, SLOW
from tui.sources.demo.rules import FOR_DIVISOR, SHORTEST_FOR_S, demo_for

CATALOG = load(resources.catalog())
TILES = {tile.id: tile for tile in CATALOG.tile}
RULES = {rule.name: rule for rule in CATALOG.alert}
POLL_S = 5
ON_S = 180


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """What `effect` says, in seconds after the fault is switched on or, for `cleared` and `green`, off."""

    tile: str
    alert: str
    warn: int
    crit: int
    firing: int
    cleared: int
    green: int | None


PROMISES = {
    FLOOD: Promise(tile="queue-depth", alert="QueueDepthHigh", warn=25, crit=65, firing=85, cleared=300, green=420),
    CRASH: Promise(tile="worker-count", alert="WorkerDown", warn=20, crit=40, firing=50, cleared=15, green=15),
    SLOW: Promise(tile="p95-latency", alert="HighLatency", warn=95, crit=140, firing=175, cleared=360, green=360),
    DATABASE: Promise(
        tile="success-rate", alert="EnhancementSuccessRateLow", warn=40, crit=120, firing=40, cleared=900, green=None
    ),
}


class Watch:
    """A platform that is polled as the overview polls it, and what its tiles and alerts said when."""

    def __init__(self, seed: int, start: float) -> None:
        self.clock = FakeClock(start)
        self.source = DemoSource(Platform(seed, self.clock), CATALOG)

    async def follow(self, seconds: int, promise: Promise) -> list[tuple[int, State, Phase | None]]:
        """(seconds, tile, alert) at every poll."""
        tile, seen = TILES[promise.tile], []
        for after in range(POLL_S, seconds + POLL_S, POLL_S):
            self.clock.now += POLL_S
            value = (await self.source.instant(tile.expr)).single(tile.expr).value
            phases = [alert.phase for alert in await self.source.alerts() if alert.name == promise.alert]
            assert len(phases) <= 1
            seen.append((after, grade(value, tile.steps), phases[0] if phases else None))
        return seen


@pytest.mark.parametrize("fault", PROMISES)
@pytest.mark.parametrize(("hour", "seed"), [(2, 1), (9, 2), (14, 3), (19, 4)])
async def test_keeps_its_promise(fault: str, hour: int, seed: int) -> None:
    promise = PROMISES[fault]
    watch = Watch(seed, NOW // 86_400 * 86_400 + hour * 3600 + seed * 17.3)
    watch.source.disturb(fault, on=True)
    seen = await watch.follow(ON_S, promise)
    states = [state for _, state, _ in seen]
    assert [State.OK, *(state for before, state in pairwise([State.OK, *states]) if state != before)] == [
        State.OK,
        State.WARN,
        State.CRIT,
    ]
    first = {what: after for after, *said in reversed(seen) for what in said}
    assert first[State.WARN] <= promise.warn
    assert first[State.CRIT] <= promise.crit
    assert first[Phase.PENDING] < first[Phase.FIRING] <= promise.firing
    assert first[Phase.FIRING] - first[Phase.PENDING] == demo_for(RULES[promise.alert].for_s)
    assert seen[-1][1:] == (State.CRIT, Phase.FIRING)

    watch.source.disturb(fault, on=False)
    seen = await watch.follow((promise.green or promise.cleared) + 120, promise)
    assert not [after for after, _, phase in seen if phase and after > promise.cleared]
    if promise.green is None:
        assert seen[-1][1] is State.CRIT
    else:
        assert not [after for after, state, _ in seen if state is not State.OK and after > promise.green]


@pytest.mark.parametrize("fault", [CRASH, SLOW, DATABASE])
async def test_jobs_pile_up_meanwhile_and_are_worked_off(fault: str) -> None:
    watch = Watch(1, NOW)
    watch.source.disturb(fault, on=True)
    await watch.follow(300, PROMISES[FLOOD])
    (waiting,) = (await watch.source.instant("queue_depth")).samples
    assert (waiting.value or 0) > 50
    watch.source.disturb(fault, on=False)
    await watch.follow(600, PROMISES[FLOOD])
    (waiting,) = (await watch.source.instant("queue_depth")).samples
    assert (waiting.value or 0) <= 30


async def test_all_at_once_and_switched_to_and_fro() -> None:
    watch = Watch(1, NOW)
    for fault in FAULTS:
        watch.source.disturb(fault.id, on=True)
        watch.source.disturb(fault.id, on=True)
    assert watch.source.active == {fault.id for fault in FAULTS}
    await watch.follow(120, PROMISES[CRASH])
    assert {alert.name for alert in await watch.source.alerts()} >= {"WorkerDown", "QueueDepthHigh"}
    for _ in range(6):
        watch.source.disturb(CRASH, on=CRASH not in watch.source.active)
        await watch.follow(10, PROMISES[CRASH])
    for fault in FAULTS:
        watch.source.disturb(fault.id, on=False)
    assert watch.source.active == frozenset()
    seen = await watch.follow(900, PROMISES[FLOOD])
    assert seen[-1][1:] == (State.OK, None)
    (workers,) = (await watch.source.instant("worker_active_count")).samples
    assert workers.value == 4


async def test_a_database_that_stays_down_stays_an_alert() -> None:
    """The burst of retries leaves the 15 minutes the rule looks at, the outage does not."""
    watch = Watch(1, NOW)
    watch.source.disturb(DATABASE, on=True)
    seen = await watch.follow(1800, PROMISES[DATABASE])
    assert all(phase is Phase.FIRING for after, _, phase in seen if after >= PROMISES[DATABASE].firing)
    assert ((await watch.source.instant(TILES["success-rate"].expr)).samples[0].value or 0) > 0.85
    (up,) = (await watch.source.instant("pg_up")).samples
    assert up.value == 0


def test_waits_are_shortened_but_seen() -> None:
    assert FOR_DIVISOR == 20
    assert demo_for(600) == 30
    assert demo_for(60) == SHORTEST_FOR_S == 10


def test_each_fault_can_be_told_and_switched() -> None:
    assert len({fault.id for fault in FAULTS}) == len({fault.key for fault in FAULTS}) == len(FAULTS) == 4
    for fault in FAULTS:
        assert len(fault.key) == 1
        assert fault.key not in "fqjkgG"  # the screen that lists them closes by f and q and moves by the others
        assert 80 < len(fault.effect) < 4 * 70  # four lines of that screen
