"""One watch of the platform's workloads for everybody who wants to know: screens and what follows a rollout.

It runs while somebody watches, so a screen that is never opened costs the server nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.workload import Ref, Revision, Snapshot
from tui.sources.protocols import WorkloadSource

Trouble = tuple[SourceError, float]
"""Why what is known is not current, and since when (Unix seconds)."""

_AGAIN_S = 15.0
"""A source takes up a broken connection by itself; what it gives up on is asked again after this long."""


class WorkloadFeed:
    """Keeps the newest snapshot of a source.

    Args:
        source: Watched once, however many watch the feed.
        clock: Unix seconds.
    """

    def __init__(self, source: WorkloadSource, *, clock: Clock) -> None:
        self._source, self._clock = source, clock
        self._watchers: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        self.latest: Snapshot | None = None
        self.trouble: Trouble | None = None

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` whenever `latest` or `trouble` is another; returns what ends it, once."""
        self._watchers.append(watcher)
        if self._task is None:
            self._start()

        def unwatch() -> None:
            self._watchers.remove(watcher)
            if not self._watchers and self._task is not None:
                self._task.cancel()
                self._task = None

        return unwatch

    def again(self) -> None:
        """Ask anew, whatever the present watch is waiting for."""
        if self._task is not None:
            self._task.cancel()
            self._start()

    async def revisions(self, ref: Ref) -> tuple[Revision, ...]:
        """See `WorkloadSource.revisions`."""
        return await self._source.revisions(ref)

    async def first(self) -> Snapshot:
        """The present snapshot, waited for; something has to watch.

        Raises:
            SourceError: there is none to be had.
        """
        heard = asyncio.Event()
        unwatch = self.watch(heard.set)
        try:
            while self.latest is None or (self.trouble is not None and not self.latest.workloads):
                if self.trouble is not None:
                    raise self.trouble[0]
                heard.clear()
                await heard.wait()
        finally:
            unwatch()
        return self.latest

    def _start(self) -> None:
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._ended)

    async def _run(self) -> None:
        while True:
            try:
                async for snapshot in self._source.watch():
                    self._heard(snapshot)
            except SourceError as error:
                self._failed(error)
            await asyncio.sleep(_AGAIN_S)

    def _heard(self, snapshot: Snapshot) -> None:
        self.latest = snapshot
        if not snapshot.stale:
            self.trouble = None
            self._tell()
            return
        self._failed(
            SourceError("Workloads", snapshot.stale, "it is asked again by itself; ops-center doctor says more")
        )

    def _failed(self, error: SourceError) -> None:
        since = self.trouble[1] if self.trouble is not None else self._clock()
        self.trouble = error, since
        self._tell()

    def _tell(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task that nobody awaits would fail in silence."""
        if not task.cancelled() and (bug := task.exception()) is not None:
            self._task = None
            self._failed(SourceError("Workloads", f"a mistake of ours: {bug!r}", "start again; please report it"))
