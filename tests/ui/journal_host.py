"""A journal of one night, proposals of every risk, and an app that shows one screen of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from textual.app import App
from textual.screen import Screen

from tests.doubles import NOW
from tui.core.gate import Gate
from tui.core.journal import Journal
from tui.model.identity import Identity
from tui.model.journal import Intent, Note, Outcome, OutcomeState
from tui.model.proposal import Facts, Proposal
from tui.model.workload import Change, Permission, Pod, Ref, Workload
from tui.widgets.themes import DARK, LIGHT

STAGING = Identity(title="AI Agents Platform", profile="staging", platform="kubernetes")
WORKER = Ref("Deployment", "celery-worker")


class Host(App[None]):
    """One screen on an otherwise empty app; `answer` is what a dialog answered."""

    def __init__(self, screen: Callable[[], Screen[Any]], *, theme: str = "ops-dark") -> None:
        super().__init__()
        self._screen_to_show = screen
        for known in (DARK, LIGHT):
            self.register_theme(known)
        self.theme = theme
        self.answers: list[object] = []

    def on_mount(self) -> None:
        self.push_screen(self._screen_to_show(), self.answers.append)


class Obedient:
    """Does what it is told and remembers it."""

    def __init__(self) -> None:
        self.done: list[Change] = []

    async def permission(self, change: Change) -> Permission:  # noqa: ARG002 - everything is allowed
        return Permission(allowed=True)

    async def perform(self, change: Change) -> str:
        self.done.append(change)
        return f"{change.target} {change.verb}ed"

    def equivalent(self, change: Change) -> str:
        return f"kubectl {change.verb} {change.target} {change.argument}".strip()


def workload(*, desired: int = 3, available: int = 3) -> Workload:
    """The workers."""
    return Workload(ref=WORKER, desired=desired, available=available, ready=available)


def proposal(change: Change, facts: Facts) -> Proposal:
    """As the gate puts it."""
    gate = Gate(Journal(Path("/nowhere")), STAGING, {change.verb: Kubectl()}, clock=lambda: NOW)
    return gate.propose(change, facts)


class Kubectl(Obedient):
    """Knows the commands."""

    def equivalent(self, change: Change) -> str:
        return {
            "restart": f"kubectl rollout restart {change.target}",
            "undo": f"kubectl rollout undo {change.target} --to-revision={change.argument}",
            "scale": f"kubectl scale {change.target} --replicas={change.argument}",
            "delete-pod": f"kubectl delete {change.target}",
        }[change.verb]


RESTART = proposal(
    Change(verb="restart", target="deployment/celery-worker"),
    Facts(
        workload=workload(),
        warning="Enrichment slows down until the new workers are ready. A job that outlives the grace period is run "
        "again.",
    ),
)
TO_ZERO = proposal(
    Change(verb="scale", target="deployment/celery-worker", argument="0"), Facts(workload=workload(available=2))
)
HOSTILE_NAME = "[/x][@click=app.bell]celery[/]" + "-worker" * 30
HOSTILE = proposal(
    Change(verb="delete-pod", target=f"pod/{HOSTILE_NAME}"),
    Facts(workload=workload(), pod=Pod(name=HOSTILE_NAME, owner=WORKER, ready=True)),
)
HOSTILE_LAST = proposal(
    Change(verb="delete-pod", target=f"pod/{HOSTILE_NAME}"),
    Facts(workload=workload(available=1), pod=Pod(name=HOSTILE_NAME, owner=WORKER, ready=True)),
)


WORKERS = str(WORKER)


def ended(state: OutcomeState, message: str) -> Outcome:
    """How something went."""
    return Outcome(id="", at=0, state=state, message=message, took_s=0.43)


def night(path: Path) -> Journal:
    """Two days: what went well, what failed, what nobody knows, what runs, and notes between."""
    journal = Journal(path)

    def action(minutes: float, verb: str, target: str, argument: str = "", outcome: Outcome | None = None) -> None:
        at = NOW - minutes * 60
        journal.append(
            Intent(
                id=f"{minutes}",
                at=at,
                who="ada",
                profile="staging",
                platform="kubernetes",
                verb=verb,
                target=target,
                argument=argument,
                notices="Fewer pods than usual may serve until the new ones are ready.",
                command=f"kubectl rollout {verb} {target}",
                pid=os.getpid() if minutes < 1 else 0,
            )
        )
        if outcome is not None:
            journal.append(msgspec.structs.replace(outcome, id=f"{minutes}", at=at + 1))

    action(1500, "scale", WORKERS, "4", ended("ok", "scaled to 4"))
    journal.append(Note(at=NOW - 1490 * 60, who="ada", text="Queue is draining, leaving it at 4", context="Overview"))
    action(95, "restart", WORKERS, "", ended("ok", "restarted"))
    paused = "Kubernetes https://10.0.0.1: the deployment is paused\nhint: resume it first"
    action(90, "undo", WORKERS, "41", ended("failed", paused))
    action(60, "delete-pod", "pod/celery-worker-7c9d8b6f54-k2x8p")
    journal.append(
        Note(at=NOW - 50 * 60, who="grace", text="[/x] called the *database team*: <b>disk full</b>", context="Alerts")
    )
    action(0.2, "scale", WORKERS, "6")
    return journal
