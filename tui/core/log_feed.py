"""From a source into the store: as fast as the source sends, never at the price of a key press.

The feed pulls, so a source that is faster than it waits (TCP and pipes hold the sender back) and memory stays bounded.
What is then on the screen is not the present, and the feed says by how much. Nothing depends on the screen: while the
operator reads something older, the store goes on filling.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncGenerator, Callable

import msgspec

from tui.core.log_index import SLICE_S
from tui.core.log_merge import HOLD_S, Merger
from tui.core.log_store import LogStore
from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.log import LogLines, LogNotice, LogRequest
from tui.model.log_line import time_of
from tui.model.sgr import decode
from tui.sources.protocols import LogSource

BATCH_LINES = 2_000
"""Lines taken between two looks at the time."""
_YIELDS = 5
"""A key press makes its way through several queues; one turn of the loop would take it from one to the next only."""
_DRAINED_S = 0.5
"""After so long without a line there is nothing left behind."""
_BEHIND_S = 2.0
"""Less than this is not worth saying: clocks differ, and lines wait to be merged."""


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """How a feed stands. `behind_s` is 0 when what is shown is the present."""

    running: bool
    ended: bool
    """The source has said all."""
    error: SourceError | None
    error_at: float
    behind_s: float
    late: int
    """Lines that came too late for their place in time."""
    sources: int
    """Sources that are being followed."""
    note: str
    """The last thing said about a source."""


class LogFeed:
    """Fills `store` from `source`; one request in its life.

    Args:
        source: Where from.
        store: Where to.
        clock: Unix seconds.
        hold_s: See `Merger`; 0 where there is only one source.
    """

    def __init__(self, source: LogSource, store: LogStore, clock: Clock, *, hold_s: float = HOLD_S) -> None:
        self._source, self._store, self._clock = source, store, clock
        self._merger = Merger(store, clock, hold_s=hold_s)
        self._running = self._ended = False
        self._follows = True
        self._error: SourceError | None = None
        self._error_at = 0.0
        self._lag = 0.0
        self._came = -math.inf
        self._busy_since = math.inf
        self._note = ""

    @property
    def state(self) -> FeedState:
        """How it stands now."""
        now = self._clock()
        drained = self._ended or now - self._came > _DRAINED_S
        lagging = self._follows and not drained and self._lag > _BEHIND_S and now - self._busy_since > _BEHIND_S
        return FeedState(
            running=self._running,
            ended=self._ended,
            error=self._error,
            error_at=self._error_at,
            behind_s=self._lag if lagging else 0.0,
            late=self._merger.late,
            sources=self._merger.live,
            note=self._note,
        )

    def tick(self) -> None:
        """Let go what has waited for its place long enough; to be called several times a second."""
        self._merger.release()

    async def run(self, request: LogRequest, *, arrived: Callable[[], None] | None = None) -> None:
        """Take all that the source sends, until it ends or this is cancelled.

        A failure of the source is kept in `state`; what was received stays.

        Args:
            request: What to ask for.
            arrived: Called after every slice of work.
        """
        self._running, self._follows = True, request.follow
        stream = self._source.stream(request)
        slice_end = time.perf_counter() + SLICE_S
        try:
            async for item in stream:
                if isinstance(item, LogNotice):
                    self._notice(item)
                    continue
                for part in _parts(item):
                    self._take(part)
                    if time.perf_counter() > slice_end:
                        if arrived is not None:
                            arrived()
                        for _ in range(_YIELDS):
                            await asyncio.sleep(0)
                        slice_end = time.perf_counter() + SLICE_S
        except SourceError as error:
            self._error, self._error_at = error, self._clock()
        else:
            self._ended = True
        finally:
            self._running = False
            self._merger.flush()
            if isinstance(stream, AsyncGenerator):
                with contextlib.suppress(SourceError):
                    await stream.aclose()
        if arrived is not None:
            arrived()

    def _notice(self, notice: LogNotice) -> None:
        self._note = f"{notice.source}: {notice.text}"
        self._merger.note(notice)

    def _take(self, part: LogLines) -> None:
        now = self._clock()
        if now - self._came > _DRAINED_S:
            self._busy_since = now
        self._came = now
        stamp = part.stamps[-1]
        if math.isnan(stamp):
            stamp = time_of(decode(part.lines[-1])[0]) or math.nan
        if not math.isnan(stamp):
            self._lag = max(now - stamp, 0.0)
        self._merger.add(part)


def _parts(item: LogLines) -> list[LogLines]:
    if len(item.lines) <= BATCH_LINES:
        return [item] if item.lines else []
    return [
        LogLines(source=item.source, lines=item.lines[at : at + BATCH_LINES], stamps=item.stamps[at : at + BATCH_LINES])
        for at in range(0, len(item.lines), BATCH_LINES)
    ]
