"""Below the list: how far the workload under the cursor is, in words, and what may not be done to it, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.model.clock import Clock
from tui.model.rollout import countdown, progress
from tui.model.thresholds import State
from tui.model.workload import Workload
from tui.model.workload_state import health
from tui.widgets.lines import Line, Lines, fit
from tui.widgets.workload_table import TONES

_ROOMY = 90
"""Cells from which the line names the workload, which the list above marks as well."""


def progress_words(workload: Workload, now: float) -> str:
    """`2 of 3 updated, waiting for 1 to become ready, 8m12s of 10m left`."""
    found = progress(workload, now)
    if found.state == "waiting" and found.left_s is not None:
        return f"{found.words}, {countdown(found.left_s, workload.deadline_s)}"
    return found.words


class WorkloadNote(Lines):
    """One line, and a second one while something is not permitted, a third while something is left out."""

    DEFAULT_CSS = "WorkloadNote { height: 1; padding: 0 2; background: $surface; color: $foreground; }"

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._workload: Workload | None = None
        self._denied: Mapping[str, str] = {}
        self._cut = ""

    def show(self, workload: Workload | None, denied: Mapping[str, str], cut: str) -> None:
        """Say how it is.

        Args:
            workload: The one under the cursor.
            denied: By key, why what it does may not be done.
            cut: What the snapshot leaves out, and why.
        """
        self._workload, self._denied, self._cut = workload, denied, cut
        height = 1 + len(self._reasons()) + bool(cut)
        if height != self.size.height:  # setting it lays the whole screen out anew
            self.styles.height = height
        self.update_lines()

    def _reasons(self) -> list[tuple[str, str]]:
        by_why: dict[str, list[str]] = {}
        for what, why in self._denied.items():
            by_why.setdefault(why, []).append(what)
        return [(" ".join(whats), why) for why, whats in by_why.items()]

    def lay_out(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - its height follows from it
        """The words, the reasons, what is cut."""
        now = self._clock()
        lines: list[Line] = [()]
        if self._workload is not None:
            verdict = health(self._workload, now)
            name = f"{self._workload.ref.name}: " if width >= _ROOMY else ""
            head = f"{verdict.state.glyph} {name}"
            lines = [fit(((head, TONES[verdict.state]), (progress_words(self._workload, now), "")), width)]
        for keys, why in self._reasons():
            lines.append(fit((("✕ ", "unknown"), (keys, "key"), (f" not permitted: {why}", "")), width))
        if self._cut:
            lines.append(fit(((f"{State.WARN.glyph} left out: ", "warn"), (self._cut, "")), width))
        return lines
