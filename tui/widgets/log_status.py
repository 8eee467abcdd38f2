"""The lines above and below a log: what is read, what of it is shown, and how it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from tui.core.log_feed import FeedState
from tui.core.log_filter import ALL_LEVELS, ERRORS, LogFilter
from tui.model.clock import age
from tui.model.log_levels import WORDS, Level
from tui.model.text import clip
from tui.widgets.lines import Line, Lines, Span, spread

_PATTERN = 24
"""Characters of a pattern that are shown."""
_SHORTEST_NOTE = 40
_PLAIN_LEVELS = tuple(level for level in Level if level is not Level.NOTE)


def level_words(levels: frozenset[Level]) -> str:
    """`errors only`, `WARN, ERROR, CRIT`; empty when all are shown."""
    if levels >= ALL_LEVELS - {Level.NOTE}:
        return ""
    if levels == ERRORS:
        return "errors only"
    return ", ".join(WORDS[level] or "without level" for level in _PLAIN_LEVELS if level in levels) or "no level"


class LogTitle(Lines):
    """What is read, and under which filter."""

    DEFAULT_CSS = "LogTitle { height: 1; background: $surface; color: $foreground; padding: 0 1; }"

    _left: Line = ()
    _right: Line = ()
    _note = ""

    def show(self, what: Sequence[str], wanted: LogFilter, note: str) -> None:
        """Draw.

        Args:
            what: The title, then facts about the request.
            wanted: What of it is shown.
            note: The last thing said about a source.
        """
        title, *facts = what
        self._left = ((title, "key"), *((f" · {fact}", "muted") for fact in facts if fact))
        parts: list[Span] = []
        if words := level_words(wanted.levels):
            parts.append((f"  {words}", "warn"))
        if wanted.include is not None:
            parts.append((f"  + {clip(wanted.include.text, _PATTERN)}", "accent"))
        if wanted.exclude is not None:
            parts.append((f"  − {clip(wanted.exclude.text, _PATTERN)}", "accent"))
        self._right, self._note = tuple(parts), note if not parts else ""
        self.update_lines()

    def lay_out(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - always one line
        """What at the left, the filter at the right, or what was said last as far as it fits."""
        room = width - sum(len(text) for text, _ in self._left) - 2
        note: Line = ((clip(self._note, room), "muted"),) if room > _SHORTEST_NOTE else ()
        return (spread(self._left, self._right or note, width),)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a log stands.

    `hits` is the rank of the hit at or above the cursor, and how many there are; `around` that the last step to a hit
    went on from the other end.
    """

    feed: FeedState | None
    follow: bool
    below: int
    held: int
    dropped: int
    matched: int
    filtered: bool
    progress: float = 1.0
    search: str = ""
    hits: tuple[int, int] = (0, 0)
    around: bool = False
    marks: int = 0
    selected: int = 0
    at: float | None = None
    wrong: str = ""


class LogStatus(Lines):
    """One line."""

    DEFAULT_CSS = "LogStatus { height: 1; background: $surface; color: $foreground; padding: 0 1; }"

    _standing: Standing | None = None

    def show(self, standing: Standing) -> None:
        """Draw how it stands now."""
        self._standing = standing
        self.update_lines()

    def lay_out(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - always one line
        """Where it is at the left, what is amiss at the right."""
        standing = self._standing
        if standing is None:
            return ()
        return (spread(_left(standing), _right(standing), width),)


def _left(standing: Standing) -> Line:
    feed = standing.feed
    if standing.wrong:
        return (("✕ ", "crit"), (standing.wrong, "warn"))
    if not standing.follow:
        state: Line = (("‖ paused", "warn"), (f"  {standing.below:,} below" if standing.below else "", "muted"))
    elif feed is not None and feed.ended:
        state = (("■ end", "muted"),)
    else:
        state = (("▶ following", "ok"),)
    count = f"{standing.matched:,} of {standing.held:,} lines" if standing.filtered else f"{standing.held:,} lines"
    parts: list[Span] = [*state, (f"  {count}", "")]
    if standing.progress < 1:
        parts.append((f"  filtering {standing.progress:.0%}", "muted"))
    if standing.search:
        rank, hits = standing.hits
        text = f"hit {rank:,} of {hits:,}" if hits else "no hit"
        text += ", round the end," if hits and standing.around else ""
        parts.append((f"  {text} for {clip(standing.search, _PATTERN)}", "accent" if hits else "warn"))
    if standing.selected > 1:
        parts.append((f"  {standing.selected:,} selected", "accent"))
    if standing.marks:
        parts.append((f"  ◆ {standing.marks}", "accent"))
    return tuple(parts)


def _right(standing: Standing) -> Line:
    feed, parts = standing.feed, list[Span]()
    if feed is not None and feed.behind_s:
        parts.append((f"  ▲ {age(feed.behind_s)} behind", "warn"))
    if standing.dropped:
        parts.append((f"  {standing.dropped:,} dropped", "warn"))
    if feed is not None and feed.late:
        parts.append((f"  {feed.late:,} out of order", "muted"))
    if standing.at is not None:
        parts.append((f"  {_moment(standing.at)}", "muted"))
    return tuple(parts)


def _moment(at: float) -> str:
    try:
        return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return ""
