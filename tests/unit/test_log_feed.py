"""From a source into the store: nothing lost, failures kept, and never behind without saying so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

from tests.doubles import NOW, FakeClock
from tui.core.log_feed import LogFeed
from tui.core.log_store import LogStore
from tui.model.errors import SourceError
from tui.model.log import LogItem, LogLines, LogNotice, LogRequest

REQUEST = LogRequest(selector="app=celery-worker")
DOWN = SourceError("Kubernetes", "connection refused", "is it running?")


def lines(count: int, stamp: float = NOW, source: str = "pod-1") -> LogLines:
    """So many lines."""
    return LogLines(source=source, lines=tuple(b"line %d" % n for n in range(count)), stamps=(stamp,) * count)


class Script:
    """Sends what it is told, then ends, fails, or waits."""

    def __init__(self, items: Sequence[LogItem | SourceError], *, then_wait: bool = False) -> None:
        self.items, self.then_wait = items, then_wait
        self.sent = 0
        self.closed = False
        self.first = asyncio.Event()

    async def stream(self, request: LogRequest) -> AsyncIterator[LogItem]:
        assert request == REQUEST
        try:
            for item in self.items:
                if isinstance(item, SourceError):
                    raise item
                self.sent += 1
                self.first.set()
                yield item
            if self.then_wait:
                await asyncio.Event().wait()
        finally:
            self.closed = True


def feed(script: Script, **options: float) -> tuple[LogFeed, LogStore, FakeClock]:
    """A feed on a clock that stands still."""
    store, clock = LogStore(), FakeClock()
    return LogFeed(script, store, clock, **options), store, clock


async def test_all_lines_arrive_and_the_end_is_known() -> None:
    fed, store, _ = feed(Script([lines(10_000), LogNotice(source="pod-1", text="ended", at=NOW, gone=True)]))
    await fed.run(REQUEST)
    assert len(store) == 10_001
    assert fed.state.ended
    assert fed.state.note == "pod-1: ended"
    assert fed.state.sources == 0


async def test_a_failure_keeps_what_was_received() -> None:
    fed, store, _ = feed(Script([lines(5), DOWN]))
    await fed.run(REQUEST)
    assert len(store) == 5
    assert fed.state.error is DOWN
    assert fed.state.error_at == NOW
    assert not fed.state.ended


async def test_cancelling_closes_the_stream_and_keeps_what_waited() -> None:
    script = Script([lines(5)], then_wait=True)
    fed, store, _ = feed(script)
    task = asyncio.create_task(fed.run(REQUEST))
    await script.first.wait()
    assert fed.state.running
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert script.closed
    assert len(store) == 5
    assert not fed.state.running


async def test_it_says_how_far_behind_it_is_while_more_keeps_coming() -> None:
    script = Script([])
    fed, _, clock = feed(script, hold_s=0)
    fed._take(lines(1, stamp=NOW - 60))
    assert fed.state.behind_s == 0  # only just begun: what is old is what was asked for
    for _ in range(10):
        clock.now += 0.3
        fed._take(lines(1, stamp=clock.now - 60))
    assert fed.state.behind_s == 60
    clock.now += 1
    assert fed.state.behind_s == 0  # nothing more came: that was all


async def test_lines_without_stamps_say_by_themselves_how_old_they_are() -> None:
    fed, _, clock = feed(Script([]), hold_s=0)
    old = LogLines(source="stdin", lines=(b"2026-11-23 13:00:00 INFO x",), stamps=(float("nan"),))
    for _ in range(10):
        clock.now += 0.3
        fed._take(old)
    assert 3600 < fed.state.behind_s < 4000


async def test_a_source_without_end_leaves_the_loop_to_others() -> None:
    class Endless(Script):
        async def stream(self, request: LogRequest) -> AsyncIterator[LogItem]:
            assert request == REQUEST
            while True:
                self.sent += 1
                yield lines(4_000)

    script = Endless([])
    store = LogStore(most_lines=50_000)
    task = asyncio.create_task(LogFeed(script, store, FakeClock(), hold_s=0).run(REQUEST))
    gaps, last = [], time.perf_counter()
    while script.sent < 100:
        await asyncio.sleep(0)
        gaps.append(time.perf_counter() - last)
        last = time.perf_counter()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert sorted(gaps)[int(len(gaps) * 0.99)] < 0.1
    assert len(store) < 60_000
    assert store.first == store.end - len(store)
