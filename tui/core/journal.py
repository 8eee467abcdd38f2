"""The journal: one file of JSON lines that is only ever added to.

Every record is one write at the end of the file under a lock, followed by fsync, so that a crash at any instant leaves
at most its last line torn; whoever writes next begins on a fresh line. The file belongs to its owner alone (0600 in a
folder of 0700). Everything here blocks: a screen calls it in a thread.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from tui.model.errors import SourceError
from tui.model.journal import VERSION, Note, Reading, Record, entries
from tui.model.redact import redact
from tui.model.text import sanitise, sanitise_line

_FIELD_LIMIT = 4_000
"""Characters kept of one text of a record."""
_LINE_LIMIT = 1 << 20
"""Bytes of a line that can still be a record: all texts of one, every character escaped, are less."""
READ_LIMIT = 4 << 20
"""Bytes that a screen reads: some ten thousand records, the newest."""
_LOCK_WAIT_S = 3.0
_LOCK_RETRY_S = 0.01

R = TypeVar("R", bound=Record)


def default_path(env: Mapping[str, str], *, demo: bool = False) -> Path:
    """`$XDG_STATE_HOME/ops-center/journal.jsonl`; what is done to a simulated platform has a file of its own.

    Source: https://specifications.freedesktop.org/basedir-spec/latest/
    """
    return _state_home(env) / "ops-center" / ("journal-demo.jsonl" if demo else "journal.jsonl")


def _state_home(env: Mapping[str, str]) -> Path:
    if env.get("XDG_STATE_HOME", "").startswith("/"):
        return Path(env["XDG_STATE_HOME"])
    if sys.platform == "linux":
        return Path("~/.local/state").expanduser()
    else:  # noqa: RET505 - as an else branch mypy knows it for another platform's
        import platformdirs

        return platformdirs.user_state_path()


def os_user() -> str:
    """Who runs this program, by the system's account and not by a variable that anybody can set."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without an entry in passwd
        return str(os.getuid())


class Journal:
    """One journal file; many processes may write it at the same time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    # ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def append(self, record: R, *, secrets: Iterable[str] = ()) -> R:
        """Write one record so that it survives a crash, and return it as it was written.

        Args:
            record: Its texts are redacted, made harmless and cut.
            secrets: Values that must not get into the file, whatever field they are in.

        Raises:
            SourceError: it could not be written, and nothing of it is left in the file as far as that is possible.
        """
        hidden = tuple(secrets)
        clean = _each_text(record, lambda text: redact(text, hidden))
        try:
            descriptor = self._open()
            try:
                self._lock(descriptor)
                _write_line(descriptor, msgspec.json.encode(clean))
            finally:
                os.close(descriptor)  # which unlocks it
        except OSError as error:
            raise self._trouble("write", error) from error
        return clean

    def note(self, text: str, *, context: str, at: float) -> Note:
        """Write a note of the operator.

        Args:
            text: What they wrote.
            context: Where: the screen's or the command's name.
            at: Unix seconds.

        Raises:
            SourceError: see `append`.
        """
        return self.append(Note(at=at, who=os_user(), text=text, context=context))

    def _open(self) -> int:
        """Open for reading (its last byte) and appending; what is made is made durable, what is too open is closed."""
        folder = self.path.parent
        flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
        try:
            descriptor = os.open(self.path, flags)
        except FileNotFoundError:
            made = not folder.exists()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path, flags | os.O_CREAT, 0o600)
            for changed in (folder, folder.parent) if made else (folder,):
                _sync_folder(changed)
        try:
            if stat.S_ISREG(mode := os.fstat(descriptor).st_mode) and mode & 0o077:
                os.fchmod(descriptor, 0o600)
            if folder.stat().st_mode & 0o077:
                folder.chmod(0o700)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _lock(self, descriptor: int) -> None:
        """Keep other writers out, giving up on one that was stopped while it held the lock."""
        end = time.monotonic() + _LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise
                time.sleep(_LOCK_RETRY_S)
            else:
                return

    def _trouble(self, verb: str, error: OSError) -> SourceError:
        if isinstance(error, BlockingIOError):
            return SourceError(
                f"{verb} {self.path}",
                f"another program has held the journal for {_LOCK_WAIT_S:g} s",
                "look for a stopped ops-center (ps, fg) and end it",
            )
        return SourceError(
            f"{verb} {self.path}",
            error.strerror or str(error),
            "check the folder's owner, rights and free space; $XDG_STATE_HOME moves it",
        )

    # ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def stamp(self) -> tuple[int, int]:
        """Changes whenever the file does; (0, 0) while it cannot be seen."""
        try:
            found = self.path.stat()
        except OSError:
            return 0, 0
        return found.st_mtime_ns, found.st_size

    def read(self, *, limit: int | None = READ_LIMIT) -> Reading:
        """Read the newest records; a journal that was never written is empty.

        Args:
            limit: Bytes from the end; None reads all, line by line.

        Raises:
            SourceError: the file cannot be read.
        """
        torn = newer = cut = 0
        records: list[Record] = []
        try:
            with self.path.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                if limit is not None and size > limit:
                    stream.seek(size - limit - 1)
                    _skip_line(stream)
                    cut = stream.tell()
                for line in _lines(stream):
                    record = _decode(line)
                    if record is None:
                        torn += 1
                    elif isinstance(record, int):
                        newer += 1
                    else:
                        records.append(record)
        except FileNotFoundError:
            return Reading()
        except OSError as error:
            raise self._trouble("read", error) from error
        return Reading(entries=entries(records, _lives), torn=torn, newer=newer, cut=cut)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_line(descriptor: int, data: bytes) -> None:
    """Add one line, after a torn one on a line of its own; what cannot be written whole is taken back."""
    size = os.fstat(descriptor).st_size
    torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
    line = (b"\n" if torn else b"") + data + b"\n"
    try:
        written = os.write(descriptor, line)
        while written < len(line):  # the disk is full, or a limit is reached: the next write says which
            written += os.write(descriptor, line[written:])
        os.fsync(descriptor)
    except OSError:
        _take_back(descriptor, size)
        raise


def _take_back(descriptor: int, size: int) -> None:
    try:
        os.ftruncate(descriptor, size)
    except OSError:
        return  # a torn line is read as such; what went wrong first is said


_LONG = {"text", "message", "notices", "command"}
_CHOICES = {"state", "risk"}
_NAME_LIMIT = 300


def _each_text(record: R, first: Callable[[str], str] = str) -> R:
    """The record with its texts made harmless: `first` is done to each before it is cut."""
    texts = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, str) and name not in _CHOICES:
            text = first(value)
            texts[name] = sanitise(text, _FIELD_LIMIT) if name in _LONG else sanitise_line(text, _NAME_LIMIT)
    return msgspec.structs.replace(record, **texts)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines that are not blank; one too long for a record is never held whole, and comes as what is no record."""
    while line := stream.readline(_LINE_LIMIT):
        if not line.endswith(b"\n") and len(line) == _LINE_LIMIT:
            _skip_line(stream)
            line = b"?"
        if line.strip():
            yield line


def _skip_line(stream: BinaryIO) -> None:
    while (part := stream.readline(_LINE_LIMIT)) and not part.endswith(b"\n"):
        pass


def _lives(pid: int) -> bool:
    """Whether a process of this number runs here; somebody else's counts."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


class _Version(msgspec.Struct):
    v: int


_RECORDS = msgspec.json.Decoder(Record)
_VERSIONS = msgspec.json.Decoder(_Version)


def _decode(line: bytes) -> Record | int | None:
    """A record, the version it has when that is newer than ours, or None for what is none."""
    try:
        version = _VERSIONS.decode(line).v
        if version > VERSION:
            return version
        record: Record = _RECORDS.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return _each_text(record)
