"""Logs as Kubernetes and docker send them: bytes in pieces of any size, each line after its RFC 3339 stamp."""

from __future__ import annotations

import calendar
import functools
import math
from collections.abc import Sequence

LONGEST_LINE = 1_048_576
"""Bytes of a line that is not complete; what is longer is cut in two."""

_SECONDS = 19
"""Length of `2026-11-23T14:03:22`."""
_NANO_DIGITS = 9
_LONGEST_STAMP = 40
_NANO = 1_000_000_000


class Splitter:
    """Makes lines of what arrives. Only a line feed ends one; a carriage return before it is dropped, others stay."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._rest = bytearray()

    def feed(self, piece: bytes) -> list[bytes]:
        """The lines that are complete with this piece."""
        head, newline, tail = piece.rpartition(b"\n")
        if not newline:
            self._rest += piece
        else:
            whole = bytes(self._rest) + head
            self._rest = bytearray(tail)
            lines = [line[:-1] if line.endswith(b"\r") else line for line in whole.split(b"\n")]
            return lines if len(self._rest) <= self._longest else [*lines, self._cut()]
        return [self._cut()] if len(self._rest) > self._longest else []

    def end(self) -> list[bytes]:
        """What is left when nothing more comes."""
        return [self._cut()] if self._rest else []

    def _cut(self) -> bytes:
        line, self._rest = bytes(self._rest), bytearray()
        return line


def unstamp(line: bytes) -> tuple[int | None, bytes]:
    """The stamp in Unix nanoseconds, and the line after it; None and the whole line if there is no stamp."""
    end = line.find(b" ", 0, _LONGEST_STAMP)
    if end < 0:
        end = len(line) if len(line) < _LONGEST_STAMP else 0
    stamp = nanoseconds(line[:end])
    return (None, line) if stamp is None else (stamp, line[end + 1 :])


def nanoseconds(stamp: bytes) -> int | None:
    """Unix nanoseconds of `2026-11-23T14:03:22.123456789Z` or the same with `+01:00`; None for anything else."""
    seconds = _seconds(stamp[:_SECONDS])
    rest = stamp[_SECONDS:]
    if seconds is None:
        return None
    nano = 0
    if rest[:1] == b".":
        digits = rest[1:].rstrip(b"Z") if rest.endswith(b"Z") else rest[1 : max(rest.find(b"+"), rest.find(b"-"))]
        if not digits.isdigit() or len(digits) > _NANO_DIGITS:
            return None
        nano = int(digits.ljust(_NANO_DIGITS, b"0"))
        rest = rest[1 + len(digits) :]
    offset = 0 if rest == b"Z" else _offset(rest)
    return None if offset is None else (seconds - offset) * _NANO + nano


def epoch(stamps: Sequence[int | None]) -> tuple[float, ...]:
    """Unix seconds, NaN where there is no stamp."""
    return tuple(math.nan if stamp is None else stamp / _NANO for stamp in stamps)


@functools.lru_cache(maxsize=64)
def _seconds(text: bytes) -> int | None:
    """Many lines share a second, so it is read once."""
    if len(text) != _SECONDS or (text[4:5], text[7:8], text[10:11], text[13:14], text[16:17]) != _PUNCTUATION:
        return None
    parts = (text[:4], text[5:7], text[8:10], text[11:13], text[14:16], text[17:19])
    if not all(part.isdigit() for part in parts):
        return None
    year, month, day, hour, minute, second = map(int, parts)
    if not (1 <= month <= 12 and 1 <= day <= 31 and year):  # noqa: PLR2004 - months of a year, days of a month
        return None
    return calendar.timegm((year, month, day, hour, minute, second))


_PUNCTUATION = (b"-", b"-", b"T", b":", b":")


@functools.lru_cache(maxsize=8)
def _offset(text: bytes) -> int | None:
    """Seconds east of UTC of `+01:00`."""
    hours, colon, minutes = text[1:].partition(b":")
    if text[:1] not in (b"+", b"-") or not colon or not (hours.isdigit() and minutes.isdigit()):
        return None
    seconds = int(hours) * 3600 + int(minutes) * 60
    return -seconds if text[:1] == b"-" else seconds


class Resume:
    """What was already said of one source, so that a connection taken up again does not say it twice.

    A server can only be asked for what is since a whole second, so it repeats some: lines older than the newest, and as
    many of the newest's stamp as we had.
    """

    def __init__(self) -> None:
        self.newest: int | None = None
        """Unix nanoseconds; None before the first stamped line."""
        self._at_newest = 0
        self._skip = 0

    def again(self) -> None:
        """The connection is taken up again from `newest` on."""
        self._skip = self._at_newest

    def fresh(self, lines: Sequence[bytes]) -> tuple[list[bytes], list[int | None]]:
        """The lines that are new, without their stamps, and the stamps."""
        kept, stamps = [], []
        for line in lines:
            stamp, text = unstamp(line)
            if stamp is not None and not self._is_new(stamp):
                continue
            kept.append(text)
            stamps.append(stamp)
        return kept, stamps

    def _is_new(self, stamp: int) -> bool:
        if self.newest is None or stamp > self.newest:
            self.newest, self._at_newest, self._skip = stamp, 1, 0
            return True
        if self._skip:
            self._skip -= stamp == self.newest
            return False
        self._at_newest += stamp == self.newest
        return True
