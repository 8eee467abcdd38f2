"""The simulated workloads: what is changed shows in pods, rollouts and metrics, and always in the same way."""

from __future__ import annotations

import contextlib

import pytest

from tests.doubles import NOW, FakeClock
from tui.core import resources
from tui.core.catalog import load
from tui.model.errors import SourceError
from tui.model.rollout import begin, follow, progress
from tui.model.workload import Change, Pod, Ref, Snapshot, Workload
from tui.sources.demo import DemoSource, Platform
from tui.sources.demo.faults import CRASH
from tui.sources.demo.workloads import DemoWorkloads

CATALOG = load(resources.catalog())
WORKERS = CATALOG.tile[0].expr
TARGET = "deployment/celery-worker"
RESTART = Change(verb="restart", target=TARGET)


class Demo:
    """The platform with its workloads and metrics on one clock."""

    def __init__(self, seed: int = 1) -> None:
        self.clock = FakeClock()
        self.platform = Platform(seed, self.clock)
        self.source = DemoSource(self.platform, CATALOG)
        self.workloads = DemoWorkloads(self.platform, seed=seed, look_s=0)

    def after(self, seconds: float) -> Snapshot:
        self.clock.now += seconds
        return self.workloads.snapshot()

    async def workers_up(self) -> float | None:
        return (await self.source.instant(WORKERS)).single(WORKERS).value


def of(snapshot: Snapshot, target: str = TARGET) -> Workload:
    return next(workload for workload in snapshot.workloads if str(workload.ref) == target)


def pods(snapshot: Snapshot, name: str = "celery-worker") -> list[Pod]:
    return [pod for pod in snapshot.pods if pod.labels["app"] == name]


async def test_all_is_well_at_first() -> None:
    snapshot = Demo().after(0)
    assert [str(workload.ref) for workload in snapshot.workloads] == [
        "deployment/api",
        "deployment/celery-worker",
        "deployment/redis",
        "statefulset/postgres",
    ]
    assert {progress(workload, NOW).state for workload in snapshot.workloads} == {"done"}
    assert {pod.phase for pod in snapshot.pods} == {"Running"}
    assert len(pods(snapshot)) == 4
    assert not snapshot.events


@pytest.mark.parametrize(
    "change",
    [
        RESTART,
        Change(verb="undo", target=TARGET, argument="2"),
        Change(verb="undo", target=TARGET),
        Change(verb="scale", target=TARGET, argument="6"),
        Change(verb="scale", target=TARGET, argument="0"),
        Change(verb="restart", target="statefulset/postgres"),
        Change(verb="scale", target="statefulset/postgres", argument="2"),
        Change(verb="restart", target="deployment/api"),
        Change(verb="delete-pod", target="pod/celery-worker-6d5f9c7b84-m4w7c"),
        Change(verb="delete-pod", target="pod/postgres-0"),
    ],
)
async def test_every_change_can_be_followed_to_its_end(change: Change) -> None:
    demo = Demo()
    rollout = begin(change, demo.after(1))
    assert await demo.workloads.perform(change)
    words = []
    for _ in range(120):
        snapshot = demo.after(1)
        rollout, step = follow(rollout, snapshot, demo.clock.now)
        words.append(step.words)
        if step.state == "done":
            break
    assert step.state == "done", words
    assert len(set(words)) > 1 or change.argument == "0"
    settled = demo.after(10)
    assert {pod.phase for pod in settled.pods} <= {"Running"}
    assert all(progress(workload, demo.clock.now).state == "done" for workload in settled.workloads)
    assert settled.events


async def test_a_restart_takes_the_workers_one_by_one() -> None:
    demo = Demo()
    before = {pod.name for pod in pods(demo.after(60))}
    assert await demo.workers_up() == 4
    await demo.workloads.perform(RESTART)
    counts = []
    for _ in range(8):
        demo.after(5)
        counts.append(await demo.workers_up())
    assert set(counts) == {3.0, 4.0}
    assert counts[-1] == 4
    assert not before & {pod.name for pod in pods(demo.after(0))}


async def test_scaling_shows_in_the_metrics() -> None:
    demo = Demo()
    await demo.workloads.perform(Change(verb="scale", target=TARGET, argument="6"))
    assert len(pods(demo.after(30))) == 6
    assert await demo.workers_up() == 6
    await demo.workloads.perform(Change(verb="scale", target=TARGET, argument="2"))
    assert len(pods(demo.after(30))) == 2
    assert await demo.workers_up() == 2


async def test_the_crash_kills_pods_for_their_memory_and_lets_them_recover() -> None:
    demo = Demo()
    demo.source.disturb(CRASH, on=True)
    snapshot = demo.after(90)
    workers = pods(snapshot)
    assert {pod.phase for pod in workers} == {"CrashLoopBackOff"}
    assert {(pod.containers[0].last_reason, pod.containers[0].last_exit_code) for pod in workers} == {
        ("OOMKilled", 137)
    }
    assert all(pod.restarts > 0 and not pod.ready for pod in workers)
    assert of(snapshot).available == 0
    assert {event.reason for event in snapshot.events} == {"BackOff"}
    demo.source.disturb(CRASH, on=False)
    healed = demo.after(30)
    assert {pod.phase for pod in pods(healed)} == {"Running"}
    assert all(pod.containers[0].last_reason == "OOMKilled" for pod in pods(healed))


async def test_a_restart_is_overtaken_by_an_undo() -> None:
    demo = Demo()
    rollout = begin(RESTART, demo.after(1))
    await demo.workloads.perform(RESTART)
    rollout, _ = follow(rollout, demo.after(10), demo.clock.now)
    await demo.workloads.perform(Change(verb="undo", target=TARGET))
    _, step = follow(rollout, demo.after(2), demo.clock.now)
    assert (step.state, "overtaken" in step.words) == ("failed", True)
    assert progress(of(demo.after(60)), demo.clock.now).state == "done"
    assert len(pods(demo.after(0))) == 4


async def test_undo_brings_the_older_template_back_under_a_new_number() -> None:
    demo = Demo()
    revisions = await demo.workloads.revisions(Ref("Deployment", "celery-worker"))
    assert [revision.number for revision in revisions] == [3, 2, 1]
    assert revisions[0].current
    await demo.workloads.perform(Change(verb="undo", target=TARGET, argument="1"))
    after = await demo.workloads.revisions(Ref("Deployment", "celery-worker"))
    assert [revision.number for revision in after] == [4, 3, 2]
    assert after[0].template == revisions[2].template
    assert of(demo.after(60)).containers[0].image == "ai-agents/worker:1.8.0"


@pytest.mark.parametrize(
    "change",
    [
        Change(verb="scale", target=TARGET, argument="many"),
        Change(verb="scale", target=TARGET, argument="-1"),
        Change(verb="undo", target=TARGET, argument="9"),
        Change(verb="undo", target=TARGET, argument="3"),
        Change(verb="restart", target="deployment/nothing"),
        Change(verb="delete-pod", target="pod/nothing"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(change: Change) -> None:
    demo = Demo()
    before = demo.after(5)
    with pytest.raises(SourceError) as caught:
        await demo.workloads.perform(change)
    assert caught.value.up
    assert demo.after(0) == before


async def test_twice_in_one_second_is_refused() -> None:
    demo = Demo()
    await demo.workloads.perform(RESTART)
    with pytest.raises(SourceError, match="this very second"):
        await demo.workloads.perform(RESTART)
    demo.after(1)
    await demo.workloads.perform(RESTART)


async def test_it_is_the_same_however_often_it_is_asked() -> None:
    often, seldom = Demo(), Demo()
    for demo in (often, seldom):
        demo.after(10)
        await demo.workloads.perform(RESTART)
    for _ in range(200):
        often.after(0.25)
    assert seldom.after(50) == often.after(0)
    assert await seldom.workers_up() == await often.workers_up()


async def test_watching_shows_the_present_and_then_what_changes() -> None:
    demo = Demo()
    async with contextlib.aclosing(demo.workloads.watch()) as snapshots:
        first = await anext(snapshots)
        demo.clock.now += 1
        await demo.workloads.perform(RESTART)
        demo.clock.now += 3
        second = await anext(snapshots)
    assert of(second).generation == of(first).generation + 1
