"""Several logs made one, in order of time.

A line waits while some other source may still send an earlier one, at most `hold_s` after it came and while no more
than `most` wait. What comes later than that is put where it comes, and counted. The lines of an entry share the time
of its first, so that a traceback is not parted by what others wrote meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import ne

from tui.core.log_store import LogStore
from tui.model.clock import Clock
from tui.model.log import LogLines, LogNotice
from tui.model.log_levels import CONTINUES, EntryState, Level, classify
from tui.model.log_line import time_of
from tui.model.sgr import decode, without_colours

HOLD_S = 0.5
MOST_WAITING = 50_000


class _Source:
    """Where one source stands: `key` is the time of its present entry, in Unix seconds."""

    __slots__ = ("key", "live", "number", "state")

    def __init__(self, number: int) -> None:
        self.number = number
        self.state = EntryState()
        self.key = -math.inf
        self.live = True


class Merger:
    """Puts lines into a store.

    Args:
        store: Where to.
        clock: Unix seconds.
        hold_s: 0 where there is only one source: nothing waits then.
        most: Lines that wait at most.
    """

    def __init__(self, store: LogStore, clock: Clock, *, hold_s: float = HOLD_S, most: int = MOST_WAITING) -> None:
        self._store, self._clock, self._hold_s, self._most = store, clock, hold_s, most
        self._sources: dict[str, _Source] = {}
        self._lines: list[bytes] = []
        self._levels = bytearray()
        self._stamps: list[float] = []
        self._numbers: list[int] = []
        self._keys: list[float] = []
        self._batches: list[tuple[float, float]] = []
        """When a batch came, and the last key in it."""
        self._floor = -math.inf
        self.late = 0
        """Lines that came too late for their place."""

    @property
    def live(self) -> int:
        """Sources that have not ended."""
        return sum(source.live for source in self._sources.values())

    @property
    def waiting(self) -> int:
        """Lines that are not in the store yet."""
        return len(self._lines)

    def add(self, batch: LogLines) -> None:
        """Take lines of one source."""
        if not batch.lines:
            return
        source = self._source(batch.source)
        source.live = True
        levels = classify(without_colours(b"\n".join(batch.lines)), source.state)
        numbers = [source.number] * len(levels)
        if not self._hold_s:
            self._put(batch.lines, levels, batch.stamps, numbers)
            return
        keys = self._time(batch, levels, source)
        if self._floor > -math.inf:
            fresh = [not level & CONTINUES for level in levels]
            self.late += sum(new and key < self._floor for new, key in zip(fresh, keys, strict=True))
        self._lines += batch.lines
        self._levels += levels
        self._stamps += batch.stamps
        self._numbers += numbers
        self._keys += keys
        self._batches.append((self._clock(), max(keys)))
        if len(self._lines) > self._most:
            self._release(sorted(self._keys)[len(self._keys) // 2])

    def _source(self, name: str) -> _Source:
        source = self._sources.get(name)
        if source is None:
            source = self._sources[name] = _Source(self._store.source(name))
        return source

    def _time(self, batch: LogLines, levels: bytearray, source: _Source) -> list[float]:
        """The time of each line's entry: as stamped, else as the line says, else as the one before it, else now."""
        key, keys = source.key, []
        for line, level, stamp in zip(batch.lines, levels, batch.stamps, strict=True):
            if not level & CONTINUES or key == -math.inf:
                if math.isnan(stamp):
                    said = time_of(decode(line)[0])
                    if said is not None:
                        key = said
                    elif key == -math.inf:
                        key = self._clock()
                else:
                    key = stamp
            keys.append(key)
        source.key = key
        return keys

    def note(self, notice: LogNotice) -> None:
        """Take something that is said about a source."""
        source = self._source(notice.source)
        source.live = not notice.gone
        text = f"{notice.source}: {notice.text}".replace("\n", " ").encode("utf-8", "replace")
        if not self._hold_s:
            self._put([text], bytes((Level.NOTE,)), [notice.at], [source.number])
            return
        key = max(notice.at, source.key)
        self._lines.append(text)
        self._levels.append(Level.NOTE)
        self._stamps.append(notice.at)
        self._numbers.append(source.number)
        self._keys.append(key)
        self._batches.append((self._clock(), key))

    def release(self) -> None:
        """Put into the store what need not wait any longer."""
        if not self._lines:
            return
        overdue = self._clock() - self._hold_s
        newest = max((key for came, key in self._batches if came <= overdue), default=-math.inf)
        awaited = min((source.key for source in self._sources.values() if source.live), default=math.inf)
        self._release(max(newest, math.nextafter(awaited, -math.inf)))

    def flush(self) -> None:
        """Put into the store all that waits."""
        self._release(math.inf)

    def _release(self, upto: float) -> None:
        """Put all lines up to the key `upto` into the store, in order."""
        keys = self._keys
        going = [index for index, key in enumerate(keys) if key <= upto]
        if not going:
            return
        numbers = self._numbers
        going.sort(key=numbers.__getitem__)
        going.sort(key=keys.__getitem__)  # stable: what was written at the same time stays together by source
        self._put(
            [self._lines[index] for index in going],
            bytearray(self._levels[index] for index in going),
            [self._stamps[index] for index in going],
            [numbers[index] for index in going],
        )
        self._floor = max(self._floor, keys[going[-1]])
        staying = [index for index, key in enumerate(keys) if key > upto]
        self._lines = [self._lines[index] for index in staying]
        self._levels = bytearray(self._levels[index] for index in staying)
        self._stamps = [self._stamps[index] for index in staying]
        self._numbers = [numbers[index] for index in staying]
        self._keys = [keys[index] for index in staying]
        self._batches = [(came, key) for came, key in self._batches if key > upto]

    def _put(self, lines: Sequence[bytes], levels: bytearray | bytes, stamps: Sequence[float], of: list[int]) -> None:
        """A line continues the one before it only where both are of the same source."""
        levels = bytearray(levels)
        last = self._last()
        if of[0] != last and levels[0] & CONTINUES:
            levels[0] &= ~CONTINUES
        if Level.NOTE in levels or any(map(ne, of, of[1:])):
            for index in range(1, len(of)):
                if levels[index] & CONTINUES and (of[index] != of[index - 1] or levels[index - 1] == Level.NOTE):
                    levels[index] &= ~CONTINUES
        self._store.append(lines, bytes(levels), stamps, of)

    def _last(self) -> int:
        """The source of the last line in the store, -1 when there is none or it is a note."""
        blocks = self._store.blocks
        if not blocks or blocks[-1].levels[-1] == Level.NOTE:
            return -1
        return blocks[-1].sources[-1]
