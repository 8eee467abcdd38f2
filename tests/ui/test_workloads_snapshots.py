"""How the workloads pane and its dialogs look, dark and light, wide and small. Looked at before they are accepted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.doubles import NOW
from tests.ui.pilots import SIZES, THEMES, until
from tests.ui.test_workloads import DONE, ROLLING, SCALED, confirm, on_worker
from tests.ui.workloads_host import Host, Pane
from tests.workload_doubles import DOWN, OOM, PLATFORM, WORKER_REF, changed, pod
from tui.model.workload import Snapshot
from tui.screens.workload_detail import WorkloadDetailScreen
from tui.screens.workloads import WorkloadsScreen
from tui.widgets.top_bar import TopBar, UtcClock

Snap = Callable[..., bool]
Step = Callable[[Pane, Pilot[None]], Awaitable[None]]

pytestmark = [
    pytest.mark.parametrize("size", SIZES.values(), ids=SIZES),
    pytest.mark.parametrize("theme", THEMES),
]


async def press(pane: Pane, pilot: Pilot[None], *keys: str) -> None:
    """Press keys on the workers, giving each its time."""
    await on_worker(pane, pilot)
    for key in keys:
        await pilot.press(key)
        await pilot.pause()


async def strike(pane: Pane, pilot: Pilot[None]) -> None:
    """Have everything tell the time that the test has set, now and not within some seconds."""
    pane.screen._ticks = -1
    pane.screen._tick()
    for screen in pane.host.screen_stack:
        for clock in screen.query(UtcClock):
            clock.refresh()
        if isinstance(screen, WorkloadDetailScreen):
            screen.show()
    await pilot.pause()


async def platform(pane: Pane, pilot: Pilot[None]) -> None:
    await press(pane, pilot)


async def pods(pane: Pane, pilot: Pilot[None]) -> None:
    await press(pane, pilot, "tab", "down")
    await until(pilot, lambda: pane.screen._rights.knows("delete-pod", "pod/celery-worker-7c9d8b6f54-4nn5p"))


async def events(pane: Pane, pilot: Pilot[None]) -> None:
    await press(pane, pilot, "tab", "tab")


async def rolling(pane: Pane, pilot: Pilot[None]) -> None:
    await press(pane, pilot, "r")
    await confirm(pane, pilot)
    await until(pilot, lambda: "the server took it" in pane.read("RolloutList"))
    pane.bench.cluster.push(ROLLING, events=(*PLATFORM.events, SCALED))
    await until(pilot, lambda: "50%" in pane.read("RolloutList"))
    pane.screen.query_one(TopBar).show_rollout(pane.bench.rollouts.summary)
    pane.bench.clock.now += 12


async def done(pane: Pane, pilot: Pilot[None]) -> None:
    await rolling(pane, pilot)
    pane.bench.cluster.push(DONE)
    await until(pilot, lambda: "DONE" in pane.read("RolloutList"))
    pane.screen.query_one(TopBar).show_rollout(pane.bench.rollouts.summary)


async def overtaken(pane: Pane, pilot: Pilot[None]) -> None:
    await rolling(pane, pilot)
    pane.bench.cluster.push(changed(ROLLING, generation=7, template="c", updated=0))
    await until(pilot, lambda: "FAILED" in pane.read("RolloutList"))
    pane.screen.query_one(TopBar).show_rollout(pane.bench.rollouts.summary)
    await pilot.press("tab")


async def followed(pane: Pane, pilot: Pilot[None]) -> None:
    await rolling(pane, pilot)
    await pilot.press("tab", "enter")
    await until(pilot, lambda: "Events since then" in pane.dialog)


async def stale(pane: Pane, pilot: Pilot[None]) -> None:
    await press(pane, pilot)
    pane.bench.clock.now += 185
    pane.bench.cluster.push(stale="connection refused", cut="events: not allowed to list events in namespace staging")
    await until(pilot, lambda: "left out" in pane.read("WorkloadNote"))


async def denied(pane: Pane, pilot: Pilot[None]) -> None:
    pane.bench.cluster.denied = dict.fromkeys(
        ("restart", "undo"), "not allowed to patch deployments in namespace staging"
    )
    await press(pane, pilot, "r")


async def workload_detail(pane: Pane, pilot: Pilot[None]) -> None:
    await press(pane, pilot, "enter")


async def pod_detail(pane: Pane, pilot: Pilot[None]) -> None:
    await press(pane, pilot, "tab", "end", "enter")


async def undo(pane: Pane, pilot: Pilot[None]) -> None:
    await press(pane, pilot, "u")
    await until(pilot, lambda: "1.4.1" in pane.dialog)
    await pilot.press("down")


async def scale(pane: Pane, pilot: Pilot[None]) -> None:
    await press(pane, pilot, "s", "up")


async def to_zero(pane: Pane, pilot: Pilot[None]) -> None:
    await press(pane, pilot, "s", "0")


async def thousands(pane: Pane, pilot: Pilot[None]) -> None:
    many = [pod(WORKER_REF, f"7c9d8b6f54-{number:05}", node=f"node-{number % 40}") for number in range(2_000)]
    many[7] = changed(many[7], containers=(OOM,), phase="OOMKilled", ready=False)
    pane.bench.cluster.push(pods=tuple(many))
    await press(pane, pilot, "tab", "end")


STEPS: tuple[Step, ...] = (
    platform,
    pods,
    events,
    rolling,
    done,
    overtaken,
    followed,
    stale,
    denied,
    workload_detail,
    pod_detail,
    undo,
    scale,
    to_zero,
    thousands,
)


@pytest.mark.parametrize("step", STEPS, ids=[step.__name__ for step in STEPS])
def test_as_it_looks(snap_compare: Snap, tmp_path: Path, step: Step, theme: str, size: tuple[int, int]) -> None:
    pane = Pane(tmp_path, theme=theme)

    async def bring(pilot: Pilot[None]) -> None:
        await step(pane, pilot)
        await strike(pane, pilot)

    assert snap_compare(pane.host, terminal_size=size, run_before=bring)


def test_without_a_platform(snap_compare: Snap, tmp_path: Path, theme: str, size: tuple[int, int]) -> None:
    bench = Pane(tmp_path).bench
    host = Host(lambda: WorkloadsScreen(None, bench.gate, None, bench.identity, bench.clock), theme=theme)
    assert snap_compare(host, terminal_size=size)


@pytest.mark.parametrize("state", ["empty", "down"])
def test_with_nothing_to_show(
    snap_compare: Snap, tmp_path: Path, state: str, theme: str, size: tuple[int, int]
) -> None:
    pane = Pane(tmp_path, Snapshot(at=NOW), theme=theme)
    if state == "down":
        pane.bench.cluster.broken = DOWN

    async def bring(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: len(pane.host.screen_stack) > 1 and "asking" not in pane.read("#workloads"))
        await pilot.pause()

    assert snap_compare(pane.host, terminal_size=size, run_before=bring)
