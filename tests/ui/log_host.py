"""A logs screen on a scripted source, in an app of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from textual.pilot import Pilot

from tests.doubles import NOW, FakeClock
from tests.ui.pilots import until
from tui.cli.log_viewer import LogViewer
from tui.core.log_targets import LogTarget
from tui.model.errors import SourceError
from tui.model.identity import Identity
from tui.model.log import LogItem, LogLines, LogNotice, LogRequest
from tui.screens.logs import LogsScreen
from tui.widgets.log_status import LogStatus, LogTitle
from tui.widgets.log_view import LogView

PODS = tuple(f"celery-worker-6d5f9c7b84-{end}" for end in ("2xkqp", "8vhtz", "m4w7c", "qj9bn"))
TRACE = "0123456789abcdef0123456789abcdef"
TARGETS = (
    LogTarget(title="Workers", request=LogRequest(selector="app=celery-worker", tail=1_000), containers=("worker",)),
    LogTarget(title="API", request=LogRequest(selector="app=api", tail=1_000)),
)


def line(number: int, level: str = "INFO", text: str = "step", pod: int = 0) -> LogLines:
    """One line of a pod, `number` seconds after two o'clock."""
    at = NOW - 202 + number
    stamp = f"2026-11-23 14:{number // 60:02}:{number % 60:02},000"
    said = f"[{stamp}: {level}/ForkPoolWorker-1] workers.tasks.enhance_ticket[{number:04}]: {text}"
    return LogLines(source=PODS[pod], lines=(said.encode(),), stamps=(at,))


def traced(number: int, pod: int = 0) -> LogLines:
    """An error with its traceback."""
    head = line(number, "ERROR", f"failed tenant_id=acme trace_id={TRACE}", pod)
    more = (b"Traceback (most recent call last):", b'  File "/app/workers/tasks.py", line 88', b"KeyError: 'x'")
    return LogLines(source=head.source, lines=head.lines + more, stamps=head.stamps * 4)


NIGHT: tuple[LogItem, ...] = (
    LogNotice(source=PODS[0], text="appeared", at=NOW - 203),
    *(
        line(number, ("INFO", "DEBUG", "INFO", "WARNING")[number % 4], "ticket_update 200", number % 4)
        for number in range(90)
    ),
    traced(90),
    LogLines(
        source=PODS[1],
        lines=(
            b'{"timestamp":"2026-11-23T14:01:31Z","level":"error","message":"vendor said 429","tenant_id":"globex"}',
            b"\x1b[33mcoloured\x1b[0m and \x1b[1;31mbold red\x1b[0m, \x1b]52;c;aGk=\x07 harmless",
            b"download 10%\rdownload 100%",
            "漢字 and \x00 and \u202e".encode() + b" and \xff " + b"long " * 60,
        ),
        stamps=(NOW - 111,) * 4,
    ),
    LogNotice(source=PODS[2], text="ended: OOMKilled, exit code 137", at=NOW - 100, gone=True),
    *(line(number, pod=number % 2) for number in range(110, 116)),
)


class Tap:
    """A LogSource that gives what is told, and more when it is told more."""

    def __init__(self, items: Sequence[LogItem] = NIGHT, error: SourceError | None = None) -> None:
        self.items, self.error = items, error
        self.asked: list[LogRequest] = []
        self.queue: asyncio.Queue[LogItem] = asyncio.Queue()

    async def stream(self, request: LogRequest) -> AsyncIterator[LogItem]:
        self.asked.append(request)
        for item in self.items:
            yield item
        if self.error is not None:
            raise self.error
        while request.follow:
            yield await self.queue.get()


class LogDesk:
    """The screen, and what a test asks of it."""

    def __init__(self, tap: Tap | None = None, **options: int) -> None:
        self.clock = FakeClock()
        self.tap = tap or Tap()
        identity = Identity(title="AI Agents Platform", profile="staging", platform="kubernetes", read_only=True)
        self.screen = LogsScreen(self.tap, TARGETS, identity, self.clock, **options)  # type: ignore[arg-type] # most_lines
        self.app = LogViewer(self.screen)

    @property
    def view(self) -> LogView:
        return self.screen.view

    def lines(self) -> list[str]:
        """The lines of the view."""
        return ["".join(part.text for part in self.view.render_line(y)).rstrip() for y in range(self.view.size.height)]

    def row(self) -> str:
        """The line under the cursor."""
        here = self.view.here
        assert here is not None
        return self.screen.session.store.line(here).decode(errors="replace")

    def find(self, text: str) -> int:
        """The number of the first line that holds a text."""
        store = self.screen.session.store
        return next(number for number in range(store.first, store.end) if text.encode() in store.line(number))

    def status(self) -> str:
        return "".join(text for text, _ in self.screen.query_one(LogStatus)._lines[0])

    def title(self) -> str:
        return "".join(text for text, _ in self.screen.query_one(LogTitle)._lines[0])

    async def settle(self, pilot: Pilot[None], count: int | None = None) -> None:
        """Until all is there and drawn."""

        def arrived() -> bool:
            feed = self.screen.session.feed
            assert feed is not None
            feed._merger.flush()  # the clock stands still, also in the top line
            self.screen._tick()
            total = sum(len(item.lines) if isinstance(item, LogLines) else 1 for item in self.tap.items)
            return len(self.screen.session.store) >= (total if count is None else count)

        await until(pilot, arrived)
        store = self.screen.session.store
        await until(pilot, lambda: self.screen._seen == (store.first, store.end))
        await pilot.pause()
        self.screen._tick()
        await pilot.pause()

    async def more(self, pilot: Pilot[None], *items: LogItem) -> None:
        """Send more and wait until it is in the store."""
        before = self.screen.session.store.end
        for item in items:
            self.tap.queue.put_nowait(item)
        total = sum(len(item.lines) if isinstance(item, LogLines) else 1 for item in items)
        await self.settle(pilot, before - self.screen.session.store.first + total)
