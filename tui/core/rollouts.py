"""Carries changes of workloads out and follows each live to its end, whichever screen is in front.

A change goes through the gate; then every snapshot of the feed is graded by `tui.model.rollout`. Leaving a screen stops
nothing. What is followed ends as done, failed, unknown (nobody answered, and nothing shows), or let go: by the
operator, or because a later change of their own took its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from tui.core.gate import Gate
from tui.core.workload_feed import WorkloadFeed
from tui.model.clock import Clock
from tui.model.journal import Outcome
from tui.model.proposal import Facts, Proposal
from tui.model.rollout import Progress, Rollout, begin, countdown, follow
from tui.model.workload import Change, Happening, Pod, Revision, Snapshot
from tui.model.workload_state import events_of, pods_of

SHOWS_WITHIN_S = 30.0
"""A change that the server took shows within this long, or never."""

_KEPT = 8
"""Ended ones that stay listed."""
_MOST_EVENTS = 100
_SAME_SECOND_S = 1.0
"""The annotation of a rolling restart has whole seconds: the second one within a second changes nothing."""

FollowState = Literal["asked", "waiting", "done", "failed", "unknown", "let go"]


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """One change and how far it is.

    Args:
        number: Tells it apart.
        began: When it was asked for, Unix seconds.
        at: When it was last graded.
        words: How far it is.
        hint: What to try, when it did not go well.
        left_s: Counted at `at`: how long it may make no progress; None where there is no such deadline.
        deadline_s: What `left_s` counts down from.
        answer: What the server said to the request.
        events: Since it began, those that matter, the newest first.
        stale: Why what is known is not current.
    """

    number: int
    change: Change
    title: str
    began: float
    at: float
    state: FollowState = "asked"
    words: str = "asking the server"
    hint: str = ""
    fraction: float = 0.0
    left_s: float | None = None
    deadline_s: float = 0.0
    answer: str = ""
    events: tuple[Happening, ...] = ()
    stale: str = ""
    ended: float | None = None

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return self.ended is None

    def said(self, now: float) -> str:
        """How far it is, with the time that is left: "2 of 3 updated, waiting for 1 to become ready, 8m12s of …"."""
        words = self.words
        if self.running and self.left_s is not None:
            words += f", {countdown(self.left_s - (now - self.at), self.deadline_s)}"
        return f"{words} (not current: {self.stale})" if self.stale and self.running else words


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is said once on whatever screen is in front, when a change has ended."""

    title: str
    text: str
    severity: Literal["information", "warning", "error"]


def notice(following: Following) -> Notice | None:
    """None while it runs, and for what was let go."""
    if following.running or following.state == "let go":
        return None
    text = following.words + (f"\nhint: {following.hint}" if following.hint else "")
    severity: dict[str, Literal["information", "warning", "error"]] = {"done": "information", "unknown": "warning"}
    title = f"{following.title}: {following.state}"
    return Notice(title=title, text=text, severity=severity.get(following.state, "error"))


@dataclass
class _Run:
    """What following needs besides what is shown. `old` are the events from before it began."""

    shown: Following
    rollout: Rollout
    old: frozenset[Happening]
    outcome: Outcome | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Rollouts:
    """What was changed from here and is on its way.

    Args:
        feed: Watched while something runs.
        gate: Does it.
        clock: Unix seconds.
    """

    def __init__(self, feed: WorkloadFeed, gate: Gate, *, clock: Clock) -> None:
        self._feed, self._gate, self._clock = feed, gate, clock
        self._runs: dict[int, _Run] = {}
        self._count = 0
        self._watchers: list[Callable[[Following], None]] = []
        self._unwatch: Callable[[], None] | None = None

    def watch(self, watcher: Callable[[Following], None]) -> Callable[[], None]:
        """Call `watcher` with each one that is another than before; returns what ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    @property
    def all(self) -> tuple[Following, ...]:
        """The newest first."""
        return tuple(run.shown for run in reversed(self._runs.values()))

    @property
    def running(self) -> tuple[Following, ...]:
        """Those that have not ended."""
        return tuple(one for one in self.all if one.running)

    @property
    def summary(self) -> str:
        """For the top line: `66% celery-worker`, `2 running`, or nothing."""
        running = self.running
        if len(running) != 1:
            return f"{len(running)} running" if running else ""
        name = running[0].change.target.rpartition("/")[2]
        return f"{int(running[0].fraction * 100)}% {name}"

    def start(self, proposal: Proposal) -> Following:
        """Have the gate do what the operator has confirmed, and follow it; returns at once."""
        now, latest = self._clock(), self._feed.latest or Snapshot(at=self._clock())
        self._count += 1
        rollout = begin(proposal.change, latest)
        shown = Following(number=self._count, change=proposal.change, title=proposal.title, began=now, at=now)
        if rollout.before is not None:
            shown = msgspec.structs.replace(shown, deadline_s=rollout.before.deadline_s)
        run = _Run(shown=shown, rollout=rollout, old=frozenset(latest.events))
        self._runs[shown.number] = run
        if self._unwatch is None:
            self._unwatch = self._feed.watch(self.advance)
        run.task = asyncio.create_task(self._carry_out(run, proposal))
        run.task.add_done_callback(lambda task: self._check(run, task))
        self._tell(shown)
        return shown

    def drop(self, number: int) -> None:
        """Let go of one that runs: what happens on the platform goes on. Take one that has ended off the list."""
        run = self._runs.get(number)
        if run is None:
            return
        if run.shown.running:
            self._end(run, "let go", "no longer followed; it goes on")
        else:
            del self._runs[number]

    def advance(self) -> None:
        """Grade whatever runs by the newest snapshot, and by the time."""
        trouble = self._feed.trouble
        stale = trouble[0].why if trouble is not None else ""
        for run in tuple(self._runs.values()):
            if run.shown.running:
                self._step(run, stale)

    async def _carry_out(self, run: _Run, proposal: Proposal) -> None:
        outcome = await self._gate.carry_out(proposal, confirmed=True)
        if not run.shown.running:  # let go meanwhile; the journal has it
            return
        said, _, hint = outcome.message.partition("\nhint: ")
        if outcome.state in {"failed", "refused"}:
            self._end(run, "failed", said, hint=hint)
            return
        run.outcome = outcome
        words = "the server took it" if outcome.state == "ok" else "nobody answered: looking whether it was done"
        run.shown = msgspec.structs.replace(run.shown, state="waiting", words=words, answer=said, hint=hint)
        self._take_place_of_others(run)
        self._tell(run.shown)
        asyncio.get_running_loop().call_later(SHOWS_WITHIN_S, self.advance)
        self.advance()

    def _check(self, run: _Run, task: asyncio.Task[None]) -> None:
        """A task that nobody awaits would fail in silence."""
        if not task.cancelled() and (bug := task.exception()) is not None and run.shown.running:
            self._end(run, "unknown", f"a mistake of ours: {bug!r}", hint="look at the list; please report it")

    def _take_place_of_others(self, run: _Run) -> None:
        change = run.shown.change
        for other in tuple(self._runs.values()):
            theirs = other.shown.change
            if other is run or not other.shown.running or theirs.target != change.target:
                continue
            if (theirs.verb == "scale") == (change.verb == "scale"):
                self._end(other, "let go", f"your own {change.verb} has taken its place")

    def _step(self, run: _Run, stale: str) -> None:
        latest, now, outcome = self._feed.latest, self._clock(), run.outcome
        shown = msgspec.structs.replace(run.shown, stale=stale)
        if latest is None or outcome is None or latest.stale:
            self._show(run, shown)
            return
        overdue = now - outcome.at >= SHOWS_WITHIN_S
        if not overdue and _may_be_from_before(run.rollout, outcome, latest):
            self._show(run, shown)
            return
        run.rollout, progress = follow(run.rollout, latest, now)
        hidden = run.rollout.ours is None and run.shown.change.verb != "delete-pod" and progress.state == "waiting"
        if hidden and overdue:
            self._end(run, *_never_shown(outcome), hint="look at the list before you ask for it again")
            return
        ours = run.rollout.ours
        shown = msgspec.structs.replace(
            shown,
            at=now,
            words=shown.words if hidden else progress.words,
            fraction=progress.fraction,
            left_s=progress.left_s,
            deadline_s=ours.deadline_s if ours is not None else shown.deadline_s,
            events=_events(run, latest) or shown.events,
        )
        if progress.state == "waiting":
            self._show(run, shown)
        else:
            run.shown = shown
            self._end(run, progress.state, progress.words, hint=_hint(shown.change, progress))

    def _show(self, run: _Run, shown: Following) -> None:
        """Tell only what reads differently: a snapshot may be about something else."""
        before, run.shown = run.shown, shown
        if msgspec.structs.replace(shown, at=before.at, left_s=before.left_s) != before:
            self._tell(shown)

    def _end(self, run: _Run, state: FollowState, words: str, *, hint: str = "") -> None:
        now = self._clock()
        run.shown = msgspec.structs.replace(
            run.shown, state=state, words=words, hint=hint, at=now, ended=now, stale="", left_s=None
        )
        ended = [number for number, one in self._runs.items() if not one.shown.running]
        for number in ended[:-_KEPT]:
            del self._runs[number]
        if not self.running and self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
        self._tell(run.shown)

    def _tell(self, following: Following) -> None:
        for watcher in tuple(self._watchers):
            watcher(following)


def facts(change: Change, snapshot: Snapshot | None, revision: Revision | None = None) -> Facts:
    """What is known of the target of a change."""
    if snapshot is None:
        return Facts(revision=revision)
    rollout = begin(change, snapshot)
    return Facts(workload=rollout.before, pod=rollout.pod, revision=revision)


def objection(change: Change, snapshot: Snapshot | None, now: float) -> str:
    """Why a change would come to nothing on what is known, with a hint; empty when nothing speaks against it."""
    known = facts(change, snapshot)
    workload, target = known.workload, change.target
    if change.verb == "delete-pod":
        return "" if known.pod is not None else f"{target} is gone already\nhint: nothing is left to do"
    if workload is None:
        return f"{target} is not there any more\nhint: look at the list, or at who deleted it"
    if change.verb == "scale":
        return ""
    if workload.paused:
        return f"{target} is paused: nothing would roll out\nhint: kubectl rollout resume {target}, then try again"
    asked = workload.restarted_at
    just_now = asked is not None and now - asked < _SAME_SECOND_S and workload.ref.kind != "Service"
    if change.verb == "restart" and just_now:
        return f"{target} was restarted within this second: another restart would change nothing\nhint: wait a second"
    return ""


def _may_be_from_before(rollout: Rollout, outcome: Outcome, latest: Snapshot) -> bool:
    """Compose counts no generations: only what was seen after its answer is known to be the outcome."""
    before = rollout.before
    return before is not None and not before.generation and latest.at < outcome.at


def _never_shown(outcome: Outcome) -> tuple[FollowState, str]:
    if outcome.state == "unknown":
        return "unknown", f"not known: {outcome.message.partition(chr(10))[0]}, and nothing shows that it was done"
    return "failed", f"the server took it, but nothing changed within {SHOWS_WITHIN_S:.0f}s"


def _hint(change: Change, progress: Progress) -> str:
    if progress.state != "failed" or "overtaken" in progress.words:
        return ""
    if change.verb in {"restart", "undo"}:
        return "nothing is rolled back by itself: look at the events and the logs (l), or undo (u)"
    return "look at the events and the logs (l)"


def _events(run: _Run, latest: Snapshot) -> tuple[Happening, ...]:
    """Warnings of whatever belongs to it, and all that is said of the workload itself."""
    before = run.rollout.before
    pod = run.rollout.pod
    fresh = [one for one in latest.events if one not in run.old]
    if before is None:
        return tuple(one for one in fresh if one.about == run.shown.change.target)[:_MOST_EVENTS]
    own: Sequence[Pod] = (*pods_of(before.ref, latest), *((pod,) if pod is not None else ()))
    theirs = events_of(before.ref, own, fresh)
    return tuple(one for one in theirs if one.type == "Warning" or one.about == str(before.ref))[:_MOST_EVENTS]
