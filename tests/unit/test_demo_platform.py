"""The simulated platform: healthy at every hour, the same however often it is asked, quick to start and to wake up."""

from __future__ import annotations

import random
from itertools import pairwise

import msgspec
import pytest

from tests.doubles import NOW, FakeClock
from tui.core import resources
from tui.core.catalog import load
from tui.model.catalog import Catalog
from tui.model.thresholds import State, grade
from tui.sources.demo import DemoSource, Platform, history, workload
from tui.sources.demo.faults import CRASH, DATABASE, FLOOD, SLOW
from tui.sources.demo.metrics import BOUNDS
from tui.sources.demo.platform import LONGEST_PAUSE_S, SCRAPE_S
from tui.sources.demo.store import Series

CATALOG = load(resources.catalog())
WITHOUT_RULES = msgspec.structs.replace(CATALOG, alert=())
DAY_S = 86_400


def by_labels(platform: Platform) -> dict[tuple[tuple[str, str], ...], Series]:
    return {series.labels: series for series in platform.store.series}


def assert_same(one: Platform, other: Platform) -> None:
    assert one.store.times == other.store.times
    for left, right in zip(one.store.series, other.store.series, strict=True):
        assert left.labels == right.labels
        assert left.values == right.values, left.labels


async def states(source: DemoSource, catalog: Catalog) -> dict[str, State]:
    found = {}
    for tile in catalog.tile:
        found[tile.id] = grade((await source.instant(tile.expr)).single(tile.expr).value, tile.steps)
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_undisturbed_it_is_green_around_the_clock(seed: int) -> None:
    clock = FakeClock()
    source = DemoSource(Platform(seed, clock), WITHOUT_RULES)
    p95 = CATALOG.tile[3].expr
    for _ in range(0, DAY_S, 120):
        clock.now += 120
        assert set((await states(source, CATALOG)).values()) == {State.OK}
        assert 20 < ((await source.instant(p95)).samples[0].value or 0) < 55
        for rule in CATALOG.alert:
            assert (await source.instant(rule.expr)).samples == ()
    assert ((await source.instant("max_over_time(queue_depth[24h])")).samples[0].value or 99) <= 30
    share = (await source.instant(CATALOG.tile[2].expr)).samples[0].value
    assert share is not None
    assert 0.97 < share < 0.98


@pytest.mark.parametrize("hour", [0, 6, 14, 21])
async def test_starts_green_with_a_day_behind_it(hour: int) -> None:
    clock = FakeClock(NOW // DAY_S * DAY_S + hour * 3600)
    source = DemoSource(Platform(hour, clock), CATALOG)
    assert set((await states(source, CATALOG)).values()) == {State.OK}
    assert await source.alerts() == ()
    for tile in CATALOG.tile:
        (last_hour,) = (await source.window(tile.expr, start=clock.now - 3600, step=30, points=121)).series
        assert {grade(value, tile.steps) for value in last_hour.values} == {State.OK}
    requests = "sum(increase(enhancement_requests_total[24h]))"
    (tickets,) = (await source.instant(requests)).samples
    assert tickets.value == pytest.approx(DAY_S * 0.32, rel=0.05)


def test_the_state_at_a_time_does_not_depend_on_how_often_it_was_asked() -> None:
    rarely, often = FakeClock(), FakeClock()
    one, other = Platform(5, rarely), Platform(5, often)
    restless = random.Random(0)
    for fault, on in [(FLOOD, True), (CRASH, True), (SLOW, True), (CRASH, False), (DATABASE, True), (SLOW, False)]:
        rarely.now += 97.5
        one.disturb(fault, on=on)
        while often.now < rarely.now:
            other.advance()
            often.now = min(often.now + restless.random() * 3, rarely.now)
        other.disturb(fault, on=on)
    rarely.now = often.now = rarely.now + 300
    one.advance()
    other.advance()
    assert_same(one, other)
    assert one.active == other.active == {FLOOD, DATABASE}


def test_another_seed_is_another_day() -> None:
    one, other = Platform(1, FakeClock()), Platform(2, FakeClock())
    assert any(left.values != right.values for left, right in zip(one.store.series, other.store.series, strict=True))


def test_a_clock_that_goes_back_changes_nothing() -> None:
    clock = FakeClock()
    platform, untouched = Platform(1, clock), Platform(1, FakeClock())
    clock.now -= 3600
    platform.advance()
    assert_same(platform, untouched)


@pytest.mark.parametrize("fault", [None, FLOOD, CRASH, SLOW, DATABASE])
async def test_a_suspended_laptop_wakes_up_at_once(fault: str | None) -> None:
    clock = FakeClock()
    platform = Platform(1, clock)
    source = DemoSource(platform, CATALOG)
    if fault:
        source.disturb(fault, on=True)
    asleep = platform.store.times[-1]
    clock.now += 8 * 3600
    after = await states(source, CATALOG)
    await source.alerts()
    times = platform.store.times
    assert times == sorted(set(times))
    assert clock.now * 1000 - times[-1] < SCRAPE_S * 1000
    (woke,) = [at for before, at in pairwise(times) if before == asleep]
    assert clock.now * 1000 - woke == pytest.approx(LONGEST_PAUSE_S * 1000, abs=SCRAPE_S * 1000)
    if fault is None:
        assert set(after.values()) == {State.OK}


def test_counters_agree_with_each_other() -> None:
    clock = FakeClock()
    platform = Platform(1, clock)
    platform.disturb(SLOW, on=True)
    clock.now += 500
    platform.advance()
    series = by_labels(platform)

    def values(name: str, **labels: str) -> list[float]:
        return list(series[tuple(sorted([("__name__", name), *labels.items()]))].values)

    for tenant in workload.TENANTS:
        count = values("enhancement_duration_seconds_count", tenant_id=tenant)
        succeeded = values("enhancement_requests_total", tenant_id=tenant, status="success")
        failed = values("enhancement_requests_total", tenant_id=tenant, status="failure")
        assert [good + bad for good, bad in zip(succeeded, failed, strict=True)] == count
        rows = [
            values("enhancement_duration_seconds_bucket", tenant_id=tenant, le=bound)
            for bound in [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
        ]
        assert rows[-1] == count
        assert all(list(column) == sorted(column) for column in zip(*rows, strict=True))
        assert all(row == sorted(row) and all(value.is_integer() for value in row) for row in rows)


def test_old_samples_are_forgotten() -> None:
    clock = FakeClock()
    platform = Platform(1, clock)
    for _ in range(30 * 12):
        clock.now += 300
        platform.advance()
    kept_s = (platform.store.times[-1] - platform.store.times[0]) / 1000
    assert history.SPAN_S <= kept_s <= history.SPAN_S + 3600
    assert {len(series.values) for series in platform.store.series} == {len(platform.store.times)}


def test_a_crash_shows_in_memory_restarts_and_cpu() -> None:
    clock = FakeClock()
    platform = Platform(1, clock)
    before = len(platform.store.times) - 1
    platform.disturb(CRASH, on=True)
    clock.now += 120
    platform.advance()
    workers = [series for series in platform.store.series if ("container", "worker") in series.labels]
    for series in workers:
        values = list(series.values)[before:]
        match dict(series.labels)["__name__"]:
            case "container_memory_usage_bytes":
                assert max(values) > 0.85 * 2**30
                climbs = [left < right for left, right in pairwise(values) if left != right]
                assert sum(before != after for before, after in pairwise(climbs)) >= 4
            case "kube_pod_container_status_restarts_total":
                assert values[-1] - values[0] >= 4
            case "kube_pod_container_status_last_terminated_reason":
                assert (values[0], values[-1]) == (0, 1)
            case "container_cpu_usage_seconds_total":
                assert values[-1] == 0


def test_the_past_has_the_durations_of_the_present() -> None:
    """What history takes from a formula is what the model draws."""
    rng = random.Random(1)
    drawn = [workload.duration(rng) for _ in range(20_000)]
    assert max(drawn) < 60
    assert sum(drawn) / len(drawn) == pytest.approx(workload.mean_duration(), rel=0.03)
    for bound in BOUNDS:
        share = sum(seconds <= bound for seconds in drawn) / len(drawn)
        assert workload.share_within(bound) == pytest.approx(share, abs=0.02)


def test_unknown_faults_are_refused() -> None:
    platform = Platform(1, FakeClock())
    with pytest.raises(KeyError):
        platform.disturb("coffee", on=True)
    assert platform.active == frozenset()
