"""The line that says a backend is not answering: which, why, since when, and what to try."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tui.model.errors import SourceError
from tui.model.thresholds import State
from tui.widgets.lines import Line, Lines, fit


class Banner(Lines):
    """Two lines while there is trouble, nothing otherwise."""

    DEFAULT_CSS = """
    Banner { display: none; height: 2; padding: 0 1; background: $error-muted; color: $foreground; }
    Banner.-shown { display: block; }
    """

    _trouble: tuple[SourceError, float] | None = None

    def show(self, trouble: tuple[SourceError, float] | None) -> None:
        """Draw the trouble and since when (Unix seconds), or go away."""
        self._trouble = trouble
        self.set_class(trouble is not None, "-shown")
        self.update_lines()

    def lay_out(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - always two lines
        """What and why; since when and what to try."""
        if self._trouble is None:
            return ()
        error, since = self._trouble
        start = dt.datetime.fromtimestamp(since, dt.UTC).strftime("%H:%M:%S UTC")
        return (
            fit(((f"{State.ERROR.glyph} {error.what}: ", "crit"), (f"{error.why} · since {start}", "")), width),
            fit((("  hint: ", "key"), (error.hint.replace("\n", " "), "")), width),
        )
