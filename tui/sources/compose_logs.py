"""The log of a compose service: one stream of `docker compose logs` for all its containers.

Compose puts each line's container before it (`worker-1  | …`), takes up containers that appear, and says when one ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence

from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.log import LogItem, LogLines, LogNotice, LogRequest
from tui.model.text import sanitise_line
from tui.sources.docker import WHAT, Docker, Listed, listed
from tui.sources.log_lines import Resume, Splitter, epoch
from tui.sources.pace import Backoff

_NAME, _WORDS = 120, 300


async def stream(docker: Docker, request: LogRequest, *, clock: Clock, backoff: Backoff) -> AsyncGenerator[LogItem]:
    """All containers of the service that `request.selector` names.

    Raises:
        SourceError: the first connection fails, or the previous container's log is asked for.
    """
    if request.previous:
        why = "docker keeps one log for a container, across its restarts"
        raise SourceError(f"{WHAT} logs", why, "scroll up: what was before is there", up=True)
    prefixes = _Names(listed((await docker.run(docker.compose("ps", "--all", "--format", "json"))).out))
    resumes: dict[str, Resume] = {}
    since = None if request.since_s is None else clock() - request.since_s
    tail = request.tail
    while True:
        command = _logs(request, since, tail)
        why = "it ended"
        try:
            async with contextlib.aclosing(docker.stream(docker.compose(*command))) as pieces:
                async for item in _items(pieces, prefixes, resumes, clock):
                    backoff.reset()
                    if not request.pods or item.source in request.pods:
                        yield item
        except SourceError as error:
            if not request.follow or (not resumes and not error.up):
                raise
            why = error.why
        if not request.follow:
            return
        pause = backoff.next()
        yield LogNotice(source=request.selector, text=f"log broken off: {why}; trying again", at=clock())
        await asyncio.sleep(pause)
        newest = [resume.newest for resume in resumes.values() if resume.newest is not None]
        since, tail = (max(newest) / 1e9 if newest else since), (None if newest else tail)
        for resume in resumes.values():
            resume.again()


def _logs(request: LogRequest, since: float | None, tail: int | None) -> list[str]:
    command = ["logs", "--no-color", "--timestamps"]
    if request.follow:
        command.append("--follow")
    if since is not None:
        command += ["--since", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since))]
    if tail is not None:
        command += ["--tail", str(tail)]
    return [*command, *([request.selector] if request.selector else [])]


class _Names:
    """Container names by the prefix compose puts before their lines: the name without the project's."""

    def __init__(self, containers: Sequence[Listed]) -> None:
        self._by_prefix = {one.name.removeprefix(f"{one.project}-"): one.name for one in containers}
        self._project = next((one.project for one in containers if one.project), "")

    def __getitem__(self, prefix: str) -> str:
        """One that appeared later is named as compose names them."""
        name = self._by_prefix.get(prefix) or (f"{self._project}-{prefix}" if self._project else prefix)
        return sanitise_line(name, _NAME)


async def _items(
    pieces: AsyncGenerator[bytes], names: _Names, resumes: dict[str, Resume], clock: Callable[[], float]
) -> AsyncGenerator[LogItem]:
    """Runs of lines of one container, and what compose itself says between them."""
    lines = Splitter()
    async for piece in pieces:
        for item in _runs(lines.feed(piece), names, resumes, clock):
            yield item
    for item in _runs(lines.end(), names, resumes, clock):
        yield item


def _runs(
    lines: Sequence[bytes], names: _Names, resumes: dict[str, Resume], clock: Callable[[], float]
) -> list[LogItem]:
    found: list[LogItem] = []
    run: list[bytes] = []
    source = ""

    def close() -> None:
        if run:
            kept, stamps = resumes.setdefault(source, Resume()).fresh(run)
            if kept:
                found.append(LogLines(source=source, lines=tuple(kept), stamps=epoch(stamps)))
            run.clear()

    for line in lines:
        head, bar, text = line.partition(b"| ")
        prefix = head.strip()
        if not bar or b" " in prefix:
            close()
            found += _notice(line, names, clock)
            continue
        name = names[prefix.decode(errors="replace")]
        if name != source:
            close()
            source = name
        run.append(text)
    close()
    return found


def _notice(line: bytes, names: _Names, clock: Callable[[], float]) -> list[LogItem]:
    """`worker-1 exited with code 137`; an empty line is nothing."""
    said = sanitise_line(line.decode(errors="replace"), _WORDS)
    name, _, text = said.partition(" ")
    return [LogNotice(source=names[name], text=text or said, at=clock())] if said else []
