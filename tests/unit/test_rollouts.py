"""Following changes to their end: every way one can end, on a clock that stands still."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.doubles import NOW
from tests.workload_doubles import (
    DOWN,
    PLATFORM,
    POSTGRES_REF,
    SERVER,
    WORKER_REF,
    Bench,
    changed,
    pod,
    timed_out,
    workload,
)
from tui.core.rollouts import SHOWS_WITHIN_S, Notice, notice, objection
from tui.model.errors import SourceError
from tui.model.workload import Change, Condition, Happening, Ref, Snapshot, Workload

WORKER = workload(WORKER_REF)
RESTART = Change(verb="restart", target="deployment/celery-worker")
LATE = (Condition(type="Progressing", status="False", reason="ProgressDeadlineExceeded", updated_at=NOW),)


@pytest.fixture(name="bench")
def _bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, changed(PLATFORM, workloads=(WORKER, workload(POSTGRES_REF, 2))))


def rolling(updated: int, available: int, **fields: object) -> Workload:
    base = changed(WORKER, generation=6, observed_generation=6, template="b", current=4)
    return changed(base, updated=updated, ready=available, available=available, **fields)


async def test_a_restart_is_followed_with_progress_and_time_left_to_done(bench: Bench) -> None:
    one = await bench.start(RESTART)
    assert (one.state, one.words, one.answer) == ("waiting", "the server took it", "restarted")
    await bench.push(rolling(updated=2, available=3))
    one = bench.now(one)
    assert one.said(NOW) == "2 of 3 updated, waiting for 1 to become ready, 8m12s of 10m left"
    assert one.said(NOW + 2) == "2 of 3 updated, waiting for 1 to become ready, 8m10s of 10m left"
    assert bench.rollouts.summary == "50% celery-worker"
    await bench.push(rolling(updated=3, available=3, current=3))
    one = bench.now(one)
    assert (one.state, one.words, one.fraction) == ("done", "3 of 3 updated and ready", 1)
    assert bench.rollouts.summary == ""
    assert bench.told[-1] == one


async def test_nobody_watches_the_server_any_more_when_all_has_ended(bench: Bench) -> None:
    one = await bench.start(RESTART)
    assert bench.cluster.watching == 1
    await bench.push(rolling(updated=3, available=3, current=3))
    await bench.until(lambda: not bench.cluster.watching)
    assert not bench.now(one).running


async def test_a_deadline_that_passed_is_a_failure_with_what_to_try(bench: Bench) -> None:
    one = await bench.start(RESTART)
    await bench.push(rolling(updated=1, available=3, conditions=LATE))
    one = bench.now(one)
    assert (one.state, one.words) == ("failed", "1 of 3 updated, then no progress for 10m: its deadline has passed")
    assert "undo (u)" in one.hint


async def test_somebody_elses_rollout_overtakes_ours(bench: Bench) -> None:
    one = await bench.start(RESTART)
    await bench.push(rolling(updated=1, available=3))
    await bench.push(rolling(updated=0, available=3, generation=7, template="c"))
    one = bench.now(one)
    assert one.state == "failed"
    assert one.words.startswith("overtaken: somebody else changed its template meanwhile")


async def test_our_own_later_change_is_not_called_somebody_elses(bench: Bench) -> None:
    first = await bench.start(RESTART)
    await bench.push(rolling(updated=1, available=3))
    second = await bench.start(Change(verb="undo", target="deployment/celery-worker", argument="41"))
    await bench.push(rolling(updated=0, available=3, generation=7, template="c"))
    assert (bench.now(first).state, bench.now(first).words) == ("let go", "your own undo has taken its place")
    assert bench.now(second).state == "waiting"


async def test_scaling_does_not_take_the_place_of_a_restart(bench: Bench) -> None:
    first = await bench.start(RESTART)
    await bench.push(rolling(updated=1, available=3))
    await bench.start(Change(verb="scale", target="deployment/celery-worker", argument="4"))
    assert [one.running for one in bench.rollouts.all] == [True, True]
    assert bench.rollouts.summary == "2 running"
    assert bench.now(first).state == "waiting"


async def test_a_refusal_of_the_server_ends_it_with_the_reason(bench: Bench) -> None:
    bench.cluster.answer = SourceError(SERVER, "the deployment is paused", "resume it first", up=True)
    one = await bench.start(RESTART)
    assert (one.state, one.hint) == ("failed", "resume it first")
    assert one.words == f"{SERVER}: the deployment is paused"


async def test_a_right_that_was_lost_ends_it_before_anything_is_sent(bench: Bench) -> None:
    bench.cluster.denied = {"restart": "deployments.apps is forbidden"}
    one = await bench.start(RESTART)
    assert one.state == "failed"
    assert "not allowed: deployments.apps is forbidden" in one.words
    assert bench.cluster.done == []


async def test_an_answer_that_never_came_is_looked_for_on_the_platform(bench: Bench) -> None:
    bench.cluster.answer = timed_out()
    one = await bench.start(RESTART)
    assert (one.state, one.words) == ("waiting", "nobody answered: looking whether it was done")
    await bench.push(rolling(updated=1, available=3))
    assert bench.now(one).words == "1 of 3 updated, waiting for 1 to become ready"


async def test_what_never_shows_after_a_lost_answer_stays_unknown(bench: Bench) -> None:
    bench.cluster.answer = timed_out()
    one = await bench.start(RESTART)
    bench.clock.now += SHOWS_WITHIN_S
    bench.rollouts.advance()
    one = bench.now(one)
    assert one.state == "unknown"
    assert "nothing shows that it was done" in one.words


async def test_what_the_server_took_and_never_shows_is_said(bench: Bench) -> None:
    one = await bench.start(RESTART)
    bench.clock.now += SHOWS_WITHIN_S
    bench.rollouts.advance()
    assert (bench.now(one).state, bench.now(one).words) == (
        "failed",
        "the server took it, but nothing changed within 30s",
    )


async def test_a_feed_that_breaks_is_said_and_judges_nothing(bench: Bench) -> None:
    one = await bench.start(RESTART)
    await bench.push(rolling(updated=1, available=3))
    await bench.push(rolling(updated=3, available=3, current=3), stale="connection refused")
    assert bench.now(one).said(NOW) == (
        "1 of 3 updated, waiting for 1 to become ready, 8m12s of 10m left (not current: connection refused)"
    )
    await bench.push(stale="")
    assert bench.now(one).state == "done"


async def test_only_events_since_then_that_matter_are_told(bench: Bench) -> None:
    one = await bench.start(RESTART)
    mine = Happening(about="pod/celery-worker-86d5c-abcde", type="Warning", reason="Unhealthy", message="probe", at=NOW)
    scaling = Happening(
        about="deployment/celery-worker", type="Normal", reason="ScalingReplicaSet", message="up", at=NOW + 1
    )
    pulled = Happening(about="pod/celery-worker-86d5c-abcde", type="Normal", reason="Pulled", message="x", at=NOW)
    theirs = Happening(about="pod/api-86d5c-abcde", type="Warning", reason="BackOff", message="x", at=NOW)
    await bench.push(rolling(updated=1, available=3), events=(*PLATFORM.events, mine, pulled, theirs, scaling))
    assert bench.now(one).events == (scaling, mine)


async def test_a_deleted_pod_is_followed_to_its_replacement(bench: Bench) -> None:
    old = pod(POSTGRES_REF, "0")
    one = await bench.start(Change(verb="delete-pod", target="pod/postgres-0"))
    await bench.push(changed(workload(POSTGRES_REF, 2), ready=1, available=1), pods=())
    assert bench.now(one).words == "deleted, waiting for its replacement: 1 of 2 ready"
    await bench.push(workload(POSTGRES_REF, 2), pods=(changed(old, created_at=NOW),))
    assert (bench.now(one).state, bench.now(one).words) == ("done", "replaced: 2 of 2 ready")


async def test_compose_is_judged_by_what_was_seen_after_its_answer(bench: Bench) -> None:
    ref = Ref("Service", "worker")
    service = changed(workload(ref, 2), generation=0, observed_generation=0)
    bench.cluster.present = Snapshot(at=NOW - 5, workloads=(service,))
    one = await bench.start(Change(verb="scale", target="service/worker", argument="3"))
    assert (one.state, one.words) == ("waiting", "the server took it")
    await bench.push(changed(service, desired=3), at=NOW + 1)
    assert bench.now(one).words == "2 of 3 running, waiting for 1"
    await bench.push(changed(service, desired=3, ready=3), at=NOW + 2)
    assert bench.now(one).state == "done"


async def test_letting_go_ends_only_the_following(bench: Bench) -> None:
    one = await bench.start(RESTART)
    bench.rollouts.drop(one.number)
    assert (bench.now(one).state, bench.rollouts.running) == ("let go", ())
    bench.rollouts.drop(one.number)
    assert bench.rollouts.all == ()


async def test_the_list_of_what_ended_is_short(bench: Bench) -> None:
    bench.cluster.answer = SourceError(SERVER, "no", "no", up=True)
    for _ in range(12):
        await bench.start(RESTART)
    assert [one.number for one in bench.rollouts.all] == list(range(12, 4, -1))


async def test_a_mistake_of_ours_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_arguments: object, **_more: object) -> object:
        raise KeyError("oops")

    monkeypatch.setattr(bench.gate, "carry_out", broken)
    one = await bench.start(RESTART)
    assert (one.state, one.words) == ("unknown", "a mistake of ours: KeyError('oops')")


def test_what_would_come_to_nothing_is_said_before_it_is_asked() -> None:
    def said(change: Change, **fields: object) -> str:
        return objection(change, Snapshot(at=NOW, workloads=(changed(WORKER, **fields),)), NOW).partition("\n")[0]

    undo, scale = changed(RESTART, verb="undo", argument="41"), changed(RESTART, verb="scale", argument="4")
    assert said(RESTART) == ""
    assert said(RESTART, paused=True) == "deployment/celery-worker is paused: nothing would roll out"
    assert said(undo, paused=True) == "deployment/celery-worker is paused: nothing would roll out"
    assert said(scale, paused=True) == ""
    assert "within this second" in said(RESTART, restarted_at=NOW - 0.4)
    assert said(RESTART, restarted_at=NOW - 1) == ""
    assert said(undo, restarted_at=NOW - 0.4) == ""
    assert "not there any more" in objection(RESTART, Snapshot(at=NOW), NOW)
    assert "gone already" in objection(Change(verb="delete-pod", target="pod/x"), Snapshot(at=NOW), NOW)


async def test_the_feed_says_why_and_since_when_nothing_comes(bench: Bench) -> None:
    bench.cluster.broken = DOWN
    stop = bench.feed.watch(lambda: None)
    with pytest.raises(SourceError, match="connection refused"):
        await bench.feed.first()
    bench.clock.now += 30
    bench.feed.again()
    await asyncio.sleep(0)
    assert bench.feed.trouble == (DOWN, NOW)
    bench.cluster.broken = None
    bench.feed.again()
    await bench.until(lambda: bench.feed.trouble is None)
    assert (await bench.feed.first()).workloads
    stop()
    await bench.until(lambda: not bench.cluster.watching)


async def test_the_feed_watches_once_for_all(bench: Bench) -> None:
    stops = [bench.feed.watch(lambda: None) for _ in range(3)]
    await bench.feed.first()
    assert bench.cluster.watching == 1
    for stop in stops:
        stop()
    await bench.until(lambda: not bench.cluster.watching)


async def test_an_end_is_told_once_in_passing(bench: Bench) -> None:
    one = await bench.start(RESTART)
    assert notice(one) is None
    await bench.push(rolling(updated=1, available=3, conditions=LATE))
    bench.rollouts.drop(one.number)
    said = [told for told in map(notice, bench.told) if told is not None]
    assert said == [
        Notice(
            title="Restart deployment/celery-worker: failed",
            text="1 of 3 updated, then no progress for 10m: its deadline has passed\n"
            "hint: nothing is rolled back by itself: look at the events and the logs (l), or undo (u)",
            severity="error",
        )
    ]
