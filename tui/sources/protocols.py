"""What a screen needs of a backend, not what a client offers.

Every method raises `SourceError` and nothing else, and returns within the timeout the source was made with.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

from tui.model.alert import Alert
from tui.model.log import LogItem, LogRequest
from tui.model.samples import Matrix, Vector
from tui.model.workload import Change, Permission, Ref, Revision, Snapshot


class MetricSource(Protocol):
    """Answers PromQL."""

    async def instant(self, expr: str) -> Vector:
        """Evaluate `expr` now."""
        ...

    async def window(self, expr: str, *, start: float, step: float, points: int) -> Matrix:
        """Evaluate `expr` at `points` instants `step` seconds apart from `start` (Unix seconds) on."""
        ...


class AlertSource(Protocol):
    """Knows which alerts are pending or firing."""

    async def alerts(self) -> tuple[Alert, ...]:
        """All active alerts, in no particular order."""
        ...


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """A backend answered and knows who we are.

    `version` is empty when it does not tell; `note` says what else matters.
    """

    version: str = ""
    authenticated: str = ""
    """How, in words: "no authentication", "basic as ops", "bearer token"."""
    note: str = ""


class Probe(Protocol):
    """One backend as `ops-center doctor` asks it."""

    async def probe(self) -> Health:
        """One cheap request that needs the same access as the real ones."""
        ...


class WorkloadSource(Protocol):
    """Knows the platform's workloads and changes them. Only `tui.core.gate` calls `permission` and `perform`."""

    def watch(self) -> AsyncIterator[Snapshot]:
        """The present snapshot, then another after every change, coalesced to at most a few a second.

        Never ends by itself: a broken connection is taken up again with backoff, and meanwhile the last snapshot comes
        once more with `stale` set.
        """
        ...

    async def revisions(self, ref: Ref) -> tuple[Revision, ...]:
        """What `ref` can be rolled back to, newest first."""
        ...

    async def permission(self, change: Change) -> Permission:
        """Ask the server whether it would let us; nothing is changed."""
        ...

    async def perform(self, change: Change) -> str:
        """Do it, and say in one line what the server answered."""
        ...

    def equivalent(self, change: Change) -> str:
        """The kubectl or docker command that would do the same."""
        ...


class LogSource(Protocol):
    """Streams logs."""

    def stream(self, request: LogRequest) -> AsyncIterator[LogItem]:
        """All sources of the request, each in its own order; ends when it does not follow and all is said."""
        ...


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can go wrong on the simulated platform. `key` switches it, one character."""

    id: str
    key: str
    title: str
    effect: str
    """What is to be seen, and within about what time."""


class Disturbable(Protocol):
    """The simulated platform of the demo, as the operator disturbs it."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All that can be switched."""
        ...

    @property
    def active(self) -> frozenset[str]:
        """Ids of the faults that are on."""
        ...

    def disturb(self, fault_id: str, *, on: bool) -> None:
        """Switch one fault; raises KeyError for an unknown id."""
        ...
