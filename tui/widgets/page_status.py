"""The line above a page: where in it one is, when it was reviewed, how the search stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tui.model.clock import Clock
from tui.widgets.library_list import OVERDUE_DAYS
from tui.widgets.lines import Line, Lines, Span, spread


class PageStatus(Lines):
    """One line."""

    DEFAULT_CSS = "PageStatus { height: 1; background: $surface; color: $foreground; padding: 0 1; }"

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._left: Line = (("enter opens the runbook, / filters the list", "muted"),)
        self._right: Line = ()

    def show(self, titles: Sequence[str], updated: dt.date | None, query: str, hits: tuple[int, int]) -> None:
        """Say where the page stands.

        Args:
            titles: The page's, then the section's.
            updated: The last review.
            query: What is searched for, empty when nothing is.
            hits: Number of the current hit, from 1, and how many there are.
        """
        parts: list[Span] = []
        for title in titles:
            parts += [(" › ", "muted")] if parts else []
            parts.append((title, "" if len(parts) else "key"))
        self._left = tuple(parts)
        current, count = hits
        searched: Line = ()
        if query:
            searched = ((f"hit {current} of {count}  ", "accent"),) if count else (("no hit  ", "warn"),)
        self._right = (*searched, self._review(updated))
        self.update_lines()

    def _review(self, updated: dt.date | None) -> Span:
        if updated is None:
            return ("no review date", "muted")
        days = (dt.datetime.fromtimestamp(self._clock(), dt.UTC).date() - updated).days
        if days > OVERDUE_DAYS:
            return (f"▲ reviewed {days} days ago", "warn")
        return (f"reviewed {updated}", "muted")

    def lay_out(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - always one line
        """Where at the left, the rest at the right."""
        return (spread(self._left, self._right, width),)
