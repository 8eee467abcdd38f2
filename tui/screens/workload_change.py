"""The way from a key to a change: may one, which revision or how many, is it confirmed, and then it is followed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

from textual.app import App

from tui.core.gate import Gate
from tui.core.rollouts import Rollouts, facts, objection
from tui.core.workload_feed import WorkloadFeed
from tui.model.clock import Clock
from tui.model.workload import Change, Permission, Pod, Revision, Workload
from tui.screens.confirm import ConfirmScreen
from tui.screens.workload_scale import ScaleScreen
from tui.screens.workload_undo import UndoScreen

Verb = Literal["restart", "undo", "scale", "delete-pod"]
VERBS: Mapping[str, Verb] = {"restart": "restart", "undo": "undo", "scale": "scale", "delete": "delete-pod"}
"""By the name of the screen's action."""
LABELS = {"restart": "r restart", "undo": "u undo", "scale": "s scale", "delete": "d delete pod", "logs": "l logs"}
"""Its key, and what that does."""


def label(action: str) -> str:
    """`Delete pod`."""
    return LABELS[action].partition(" ")[2].capitalize()


def change_of(action: str, workload: Workload | None, pod: Pod | None) -> Change | None:
    """What a key would ask for, as far as it is known before any dialog; None without a target."""
    if action == "delete":
        return Change(verb="delete-pod", target=f"pod/{pod.name}") if pod is not None else None
    if workload is None:
        return None
    argument = str(workload.desired) if action == "scale" else ""
    return Change(verb=VERBS[action], target=str(workload.ref), argument=argument)


class Rights:
    """What the profile and the server would let us do, as far as they were asked.

    Args:
        gate: Asked; it keeps the answers for a while.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._asked: frozenset[tuple[str, str]] = frozenset()
        self._permits: dict[tuple[str, str], Permission] = {}

    @property
    def answered(self) -> bool:
        """Whether anything is known."""
        return bool(self._permits)

    def knows(self, verb: str, target: str) -> bool:
        """Whether there is an answer for this."""
        return (verb, target) in self._permits

    def denied(self, change: Change | None) -> str:
        """Why not; empty when it is allowed, and while that is not known."""
        permit = self._permits.get((change.verb, change.target)) if change is not None else None
        return permit.why if permit is not None and not permit.allowed else ""

    def asked(self, changes: Sequence[Change]) -> bool:
        """Whether these are what was asked last; from now on they are."""
        before, self._asked = self._asked, frozenset((change.verb, change.target) for change in changes)
        return self._asked == before

    async def ask(self, changes: Sequence[Change]) -> bool:
        """Ask, and say whether the answers are others than before."""
        answers = await asyncio.gather(*map(self._gate.permitted, changes))
        permits: dict[tuple[str, str], Permission] = {
            (one.verb, one.target): answer for one, answer in zip(changes, answers, strict=True)
        }
        before, self._permits = self._permits, permits
        return permits != before


class ChangeMaker:
    """Leads through the dialogs of one change after the other.

    Args:
        feed: Knows the revisions and how things are.
        gate: Says what may be done and puts it into words.
        rollouts: Does it and follows it.
        clock: Unix seconds.
    """

    def __init__(self, feed: WorkloadFeed, gate: Gate, rollouts: Rollouts, clock: Clock) -> None:
        self._feed, self._gate, self._rollouts, self._clock = feed, gate, rollouts, clock

    async def make(self, app: App[Any], action: str, workload: Workload, pod: Pod | None) -> None:
        """From the key to the confirmed change; whatever stands in its way is said. Within a worker."""
        change = change_of(action, workload, pod)
        if change is None:
            return
        permit = await self._gate.permitted(change)
        speaks_against = objection(change, self._feed.latest, self._clock())
        if not permit.allowed or speaks_against:
            said = speaks_against if permit.allowed else f"not permitted: {permit.why}"
            title = f"{label(action)} {change.target}"
            app.notify(said, title=title, severity="warning", markup=False, timeout=10)
            return
        wanted, revision = change, None
        if action == "undo":
            revision = await self._revision(app, workload)
            wanted = Change(verb="undo", target=change.target, argument=str(revision.number if revision else ""))
        elif action == "scale":
            count = await app.push_screen_wait(ScaleScreen(workload))
            wanted = Change(verb="scale", target=change.target, argument="" if count is None else str(count))
        if action in {"undo", "scale"} and not wanted.argument:
            return  # nothing was chosen
        proposal = self._gate.propose(wanted, facts(wanted, self._feed.latest, revision))
        if await app.push_screen_wait(ConfirmScreen(proposal)):
            self._rollouts.start(proposal)

    async def _revision(self, app: App[Any], workload: Workload) -> Revision | None:
        load = partial(self._feed.revisions, workload.ref)
        return await app.push_screen_wait(UndoScreen(workload.ref, load, self._clock))
