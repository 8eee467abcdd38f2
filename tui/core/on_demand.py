"""A source of workloads and logs that is made when it is first asked, so that the first paint does not pay for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from tui.model.log import LogItem, LogRequest
from tui.model.workload import Change, Permission, Ref, Revision, Snapshot
from tui.sources.protocols import LogSource, WorkloadSource


class PlatformSource(WorkloadSource, LogSource, Protocol):
    """What runs the platform: Kubernetes or docker compose."""

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class OnDemand:
    """A PlatformSource that is made when first asked: importing one takes 20 ms, too much before a first paint."""

    def __init__(self, make: Callable[[], PlatformSource]) -> None:
        self._make = make
        self._made: PlatformSource | None = None

    @property
    def _source(self) -> PlatformSource:
        if self._made is None:
            self._made = self._make()
        return self._made

    def watch(self) -> AsyncIterator[Snapshot]:
        """See `WorkloadSource`."""
        return self._source.watch()

    def stream(self, request: LogRequest) -> AsyncIterator[LogItem]:
        """See `LogSource`."""
        return self._source.stream(request)

    async def revisions(self, ref: Ref) -> tuple[Revision, ...]:
        """See `WorkloadSource`."""
        return await self._source.revisions(ref)

    async def permission(self, change: Change) -> Permission:
        """See `WorkloadSource`."""
        return await self._source.permission(change)

    async def perform(self, change: Change) -> str:
        """See `WorkloadSource`."""
        return await self._source.perform(change)

    def equivalent(self, change: Change) -> str:
        """See `WorkloadSource`."""
        return self._source.equivalent(change)

    async def aclose(self) -> None:
        """Close what was opened."""
        if self._made is not None:
            await self._made.aclose()
