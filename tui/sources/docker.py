"""The `docker` command line: one call, or one stream of output, and what its failures mean.

Every process leads a session of its own, which does two things: the compose plugin that docker starts is ended with it,
and neither can ask for a password on the operator's terminal.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import msgspec

from tui.model.errors import SourceError
from tui.model.profile import ComposeBackend
from tui.model.text import sanitise_line
from tui.sources.http import UNREADABLE, Denied, Unreachable, timed_out

WHAT = "docker compose"
_STDERR_KEPT = 8_192
_PIECE = 65_536
_WHY_LIMIT = 300


class Said(msgspec.Struct, frozen=True):
    """What a command that succeeded wrote."""

    out: bytes
    err: str


class Docker:
    """Runs docker for one compose project."""

    def __init__(self, backend: ComposeBackend) -> None:
        self._backend = backend

    def compose(self, *arguments: str) -> list[str]:
        """The words after `docker` of a compose command on the profile's project."""
        project = (("--project-name", self._backend.project), ("--file", str(self._backend.file or "")))
        return ["compose", *(part for name, value in project if value for part in (name, value)), *arguments]

    async def run(self, arguments: Sequence[str], *, timeout_s: float = 0) -> Said:
        """Run one command to its end.

        Args:
            arguments: The words after `docker`.
            timeout_s: How long it may take, if not as long as the profile says.

        Raises:
            SourceError: it cannot be started, fails, or takes too long; then it is killed.
        """
        limit = timeout_s or self._backend.timeout_s
        try:
            async with asyncio.timeout(limit), _started(arguments) as process:
                out, err = await process.communicate()
        except TimeoutError:
            raise timed_out(WHAT, limit, connected=True) from None
        said = err.decode(errors="replace")
        if process.returncode:
            raise failed(said)
        return Said(out, said)

    async def stream(self, arguments: Sequence[str]) -> AsyncGenerator[bytes]:
        """What a command writes, in pieces as they come, until it ends by itself.

        Close the iterator to kill it (`contextlib.aclosing`).

        Raises:
            SourceError: it cannot be started or fails.
        """
        async with _started(arguments) as process:
            if process.stdout is None or process.stderr is None:
                raise AssertionError("both are pipes")
            words = asyncio.create_task(_last_words(process.stderr))
            try:
                while piece := await process.stdout.read(_PIECE):
                    yield piece
                said = await words
                if await process.wait():
                    raise failed(said)
            finally:
                words.cancel()


@contextlib.asynccontextmanager
async def _started(arguments: Sequence[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that is gone, with all it started, when the context is left."""
    try:
        process = await asyncio.create_subprocess_exec(
            "docker",
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        hint = "install docker with its compose plugin, and see that it is in PATH"
        raise Unreachable(WHAT, f"docker cannot be started: {error.strerror}", hint) from error
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _last_words(stderr: asyncio.StreamReader) -> str:
    """The end of what it complains of; read at once, since a full pipe would stop it."""
    kept = b""
    while piece := await stderr.read(_PIECE):
        kept = (kept + piece)[-_STDERR_KEPT:]
    return kept.decode(errors="replace")


def failed(said: str) -> SourceError:
    """What docker's standard error means."""
    lines = [line for line in said.splitlines() if line.strip()]
    why = sanitise_line(lines[-1] if lines else "it failed without a word", _WHY_LIMIT)
    lower = said.lower()
    if "permission denied" in lower:
        return Denied(WHAT, why, "may you use docker's socket? add yourself to its group, or set DOCKER_HOST")
    if "cannot connect" in lower or "daemon running" in lower:
        return Unreachable(WHAT, why, "start docker, or set DOCKER_HOST to where it runs")
    if any(words in lower for words in ("unknown command", "is not a docker command", "unknown flag: --short")):
        return Unreachable(WHAT, sanitise_line(lines[0], _WHY_LIMIT), "install docker's compose plugin")
    if "no such service" in lower or "no such container" in lower:
        return SourceError(WHAT, why, "look at the list: it may have been removed meanwhile", up=True)
    return SourceError(WHAT, why, "set compose.project or compose.file in the profile")


class Listed(msgspec.Struct, frozen=True):
    """One container as `docker compose ps --format json` lists it; versions differ in what else they say.

    Source: https://docs.docker.com/reference/cli/docker/compose/ps/
    """

    id: str = msgspec.field(name="ID", default="")
    name: str = msgspec.field(name="Name", default="")
    project: str = msgspec.field(name="Project", default="")
    service: str = msgspec.field(name="Service", default="")
    state: str = msgspec.field(name="State", default="")
    health: str = msgspec.field(name="Health", default="")


def listed(out: bytes) -> tuple[Listed, ...]:
    """Decode `ps --format json`: one object a line, or in older versions one array.

    Raises:
        SourceError: it is neither.
    """
    try:
        if out.lstrip().startswith(b"["):
            return msgspec.json.decode(out, type=tuple[Listed, ...])
        return tuple(msgspec.json.decode(line, type=Listed) for line in out.splitlines() if line.strip())
    except UNREADABLE as error:
        raise SourceError(WHAT, "ps did not answer in JSON", "is the compose plugin version 2?") from error
