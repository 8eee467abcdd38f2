"""A log of a million lines: open, jump, search, filter, take in; beside toolong, less and lnav where there are any.

Aims: 100,000 lines a second taken in without missing a key press, a jump in under 50 ms, a filter over all lines in
under a second, under 250 bytes a line beyond its text.
"""

from __future__ import annotations

import asyncio
import math
import os
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from tests.terminal import PYTHON, Terminal
from tui.cli.log_viewer import LogViewer
from tui.core.log_filter import ERRORS, LinePattern, LogFilter
from tui.core.log_merge import Merger
from tui.core.log_session import LogSession
from tui.core.log_targets import LogTarget
from tui.model.identity import Identity
from tui.model.log import LogItem, LogLines, LogRequest
from tui.screens.logs import LogsScreen
from tui.sources.files import FileLogs

LINES = 1_000_000
JUMPS = 5
NEEDLE, LAST, FIRST = "needle-7391", "the-last-line", "step 0 "
FOUND = f"[{LINES // 4:08x}]"
"""Stands in the needle's line; the needle itself is echoed where it is typed."""
_ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P^_].*?(?:\x07|\x1b\\)|\x1b[()][0-9A-B]|\x1b.", re.DOTALL)
ONCE = LogRequest(selector="", follow=False)


def write(path: Path) -> None:
    """A Celery log of about 120 MB: one line in a hundred an error, some with a traceback."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(LINES - 1):
            level = "ERROR" if number % 100 == 0 else "WARNING" if number % 25 == 0 else "INFO"
            second, milli = divmod(number * 37, 1000)
            at = f"2026-11-23 {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02},{milli:03}"
            said = NEEDLE if number == LINES // 4 else f"step {number} "
            file.write(
                f"[{at}: {level}/ForkPoolWorker-{number % 4}] workers.tasks.enhance_ticket[{number:08x}]: {said}"
                f"tenant_id=acme ticket_id={number % 99_999}\n"
            )
        file.write(f"[2026-11-23 12:00:00,000: INFO/MainProcess] {LAST}\n")


# ── On a terminal ────────────────────────────────────────────────────────────────────────────────────────────────────


def _until(terminal: Terminal, wanted: str, offset: int = 0, timeout_s: float = 60) -> float:
    """When `wanted` is painted in the output from `offset` on."""
    end = time.perf_counter() + timeout_s
    while time.perf_counter() < end:
        if wanted.encode() in _ESCAPES.sub(b"", bytes(terminal.output[offset:])):
            return time.perf_counter()
        if not terminal.read_once(0.05):
            break
    return math.nan


def _press(terminal: Terminal, keys: bytes, wanted: str) -> float:
    """Milliseconds from the keys to what they bring."""
    terminal.read(0.5)
    offset, start = len(terminal.output), time.perf_counter()
    terminal.type(keys)
    return (_until(terminal, wanted, offset) - start) * 1000


def _number(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.0f}"


def _resident(pid: int) -> float:
    """Megabytes of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6


def on_terminal(name: str, argv: tuple[str, ...], *, first: bytes, last: bytes, search: bytes) -> None:
    """Print how one program does."""
    if shutil.which(argv[0]) is None:
        print(f"  {name:10} not installed")
        return
    terminal = Terminal((shutil.which(argv[0]) or argv[0], *argv[1:]))
    try:
        opened = (_until(terminal, LAST) - terminal.started) * 1000
        jumps = [(_press(terminal, first, FIRST), _press(terminal, last, LAST)) for _ in range(JUMPS)]
        to_first, to_last = (statistics.median(times) for times in zip(*jumps, strict=True))
        resident = _resident(terminal.pid)
        found = _press(terminal, search, FOUND) if search else math.nan
    finally:
        terminal.close()
    print(f"  {name:10} {opened:8.0f} {to_first:10.0f} {to_last:10.0f} {_number(found):>12} {resident:10.0f}")


# ── Within ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _gaps(stop: asyncio.Event) -> list[float]:
    """How late a key press would have been handled, all along, in milliseconds."""
    found = []
    while not stop.is_set():
        start = time.perf_counter()
        await asyncio.sleep(0.005)
        found.append(max(time.perf_counter() - start - 0.005, 0) * 1000)
    return found


def _worst(gaps: Iterable[float]) -> str:
    ordered = sorted(gaps)
    return f"loop late by {ordered[int(len(ordered) * 0.95)]:.0f} ms in p95, {ordered[-1]:.0f} ms at worst"


async def screen(path: Path) -> None:
    """Print how fast a screen takes the file in, with its loop watched meanwhile."""
    target = LogTarget(title=path.name, request=ONCE, merged=False)
    logs = LogsScreen(FileLogs(path, time.time), (target,), Identity(title="bench", profile=""), time.time)
    app = LogViewer(logs)
    async with app.run_test(size=(160, 45)):
        stop = asyncio.Event()
        watch = asyncio.create_task(_gaps(stop))
        start, used = time.perf_counter(), time.process_time()
        while len(logs.session.store) < LINES:  # noqa: ASYNC110 - measured, not waited for
            await asyncio.sleep(0.01)
        took, used = time.perf_counter() - start, time.process_time() - used
        stop.set()
        print(f"  file on a screen        {LINES / took:10,.0f} lines/s   ({used:.2f} s CPU; {_worst(await watch)})")


class _Flood:
    """Eight pods that never stop, each line stamped."""

    async def stream(self, request: LogRequest) -> AsyncIterator[LogItem]:
        """Half a thousand lines of each pod in turn."""
        assert request == ONCE
        number = 0
        while True:
            for pod in range(8):
                at = time.time()
                lines = tuple(b"2026-11-23 03:12:09 INFO step %d tenant_id=acme" % (number + n) for n in range(500))
                yield LogLines(source=f"pod-{pod}", lines=lines, stamps=(at,) * 500)
                number += 500


async def flood(seconds: float = 5) -> None:
    """Print what comes through of a source that is faster than anything, merged and on a screen."""
    logs = LogsScreen(
        _Flood(),
        (LogTarget(title="flood", request=ONCE),),
        Identity(title="bench", profile=""),
        time.time,
        most_lines=200_000,
    )
    app = LogViewer(logs)
    async with app.run_test(size=(160, 45)):
        stop = asyncio.Event()
        watch = asyncio.create_task(_gaps(stop))
        await asyncio.sleep(seconds)
        stop.set()
        gaps = await watch
        store = logs.session.store
        print(f"  eight pods on a screen  {store.end / seconds:10,.0f} lines/s   ({_worst(gaps)}; {len(store):,} held)")


async def engine(lines: list[bytes]) -> None:
    """Print what filters and searches over all lines take, and memory."""
    before = _resident(os.getpid())
    session = LogSession(None, time.time, merged=False)
    merger, nothing = Merger(session.store, time.time, hold_s=0), (math.nan,) * 2_000
    start = time.perf_counter()
    for at in range(0, LINES, 2_000):
        merger.add(LogLines(source="bench", lines=tuple(lines[at : at + 2_000]), stamps=nothing))
    took = time.perf_counter() - start
    print(f"  into the ring alone     {LINES / took:10,.0f} lines/s")
    beyond = (_resident(os.getpid()) - before) * 1e6 - session.store.size
    print(f"  memory beyond the text  {beyond / LINES:10.0f} bytes a line   (aim: under 250)")
    await session.narrow(LogFilter())
    print("filter and search over all lines (aim: under 1,000 ms), and how long a key would have waited")
    wanted = {
        "errors only": LogFilter(levels=ERRORS),
        f"only {NEEDLE}": LogFilter(include=LinePattern(NEEDLE)),
        "only tenant_id=.*ticket": LogFilter(include=LinePattern("tenant_id=.*ticket")),
        "only acme, not step [1-8]": LogFilter(include=LinePattern("acme"), exclude=LinePattern("step [1-8]")),
    }
    for name, filtered in wanted.items():
        await _timed(name, session, session.narrow(filtered))
    await session.narrow(LogFilter())
    await _timed("search step \\d+77 ", session, session.look_for(LinePattern(r"step \d+77 ")))


async def _timed(name: str, session: LogSession, work: object) -> None:
    assert asyncio.iscoroutine(work)
    stop = asyncio.Event()
    watch = asyncio.create_task(_gaps(stop))
    await asyncio.sleep(0)
    start = time.perf_counter()
    await work
    took = (time.perf_counter() - start) * 1000
    stop.set()
    hits = session.search.count if session.search is not None else session.index.matched
    print(f"  {name:26} {took:6.0f} ms   {hits:9,} matches   ({_worst(await watch)})")


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "worker.log"
        write(path)
        print(
            f"{LINES:,} lines, {path.stat().st_size / 1e6:.0f} MB: ms to open at the end, to jump to the first line and"
        )
        print("back to the last, to search a rare term; MB resident")
        print(f"  {'':10} {'open':>8} {'first':>10} {'last':>10} {'search':>12} {'resident':>10}")
        ours = (PYTHON, "-c", "from tui.cli.logs import logs; logs()", str(path), "--no-follow")
        on_terminal("ops-center", ours, first=b"g", last=b"G", search=f"/{NEEDLE}\r".encode())
        on_terminal("toolong", ("tl", str(path)), first=b"\x1b[H", last=b"\x1b[F", search=b"")
        on_terminal("less", ("less", "-n", "+G", str(path)), first=b"g", last=b"G", search=f"?{NEEDLE}\r".encode())
        on_terminal("lnav", ("lnav", str(path)), first=b"g", last=b"G", search=f"/{NEEDLE}\rN".encode())
        print("taken in (aim: 100,000 lines/s, no key press missed)")
        asyncio.run(screen(path))
        asyncio.run(flood())
        asyncio.run(engine(path.read_bytes().splitlines()))


if __name__ == "__main__":
    main()
