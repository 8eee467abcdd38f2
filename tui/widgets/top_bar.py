"""The top line: what this is, where it looks, how it stands and what time it is."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.model.clock import Clock
from tui.model.identity import Identity
from tui.model.text import clip
from tui.model.thresholds import State

_ROOMY = 100
"""Cells from which the badges are spelt out."""
_SHORTEST = 5
"""Cells of a change that runs, where it is tight: its glyph and percentage."""


class UtcClock(Widget):
    """`14:03:22 UTC`; a widget of its own so that a second costs the wire eight characters."""

    DEFAULT_CSS = "UtcClock { width: 14; height: 1; }"

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def on_mount(self) -> None:
        """Tick."""
        self.set_interval(1.0, self.refresh)

    def render(self) -> RenderResult:
        """The time now."""
        return Content(dt.datetime.fromtimestamp(self._clock(), dt.UTC).strftime(" %H:%M:%S UTC"))


class Where(Widget):
    """Title, profile, platform, and what must never be overlooked: DEMO, READ-ONLY, alerts that fire."""

    DEFAULT_CSS = """
    Where { width: 1fr; height: 1; }
    """

    firing: reactive[int] = reactive(0)
    pending: reactive[int] = reactive(0)
    rollout: reactive[str] = reactive("")

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self._identity = identity

    def render(self) -> RenderResult:
        """As much of the title as fits; the rest always does at 80 columns."""
        identity = self._identity
        facts = [identity.profile] if identity.profile else []
        facts += [identity.platform] if identity.platform else []
        badges: list[Content] = []
        if identity.demo:
            badges.append(Content.styled(" DEMO ", self.get_visual_style("top-bar--demo")))
        if identity.read_only:
            badges.append(Content.styled(" READ-ONLY ", self.get_visual_style("top-bar--read-only")))
        for count, state, word in ((self.firing, State.CRIT, "firing"), (self.pending, State.WARN, "pending")):
            if count:
                text = f" {state.glyph} {count} {word} " if self.size.width >= _ROOMY else f" {state.glyph} {count} "
                badges.append(Content.styled(text, self.get_visual_style(f"top-bar--{word}")))
        name = Content.styled(" OPERATIONS CENTER", "bold")
        where = Content(" · ".join(facts))
        if self.rollout:
            taken = name.cell_length + where.cell_length + sum(badge.cell_length + 1 for badge in badges)
            text = clip(f"↻ {self.rollout}", max(self.size.width - taken - 8, _SHORTEST))
            badges.append(Content.styled(f" {text} ", self.get_visual_style("top-bar--rollout")))
        right = Content("  ").join([where, Content(" ").join(badges)])
        room = self.size.width - name.cell_length - right.cell_length - 4
        title = clip(identity.title, room) if room > 0 else ""
        gap = max(self.size.width - name.cell_length - len(title) - right.cell_length - 3, 1)
        return Content.assemble(name, f"  {title}", " " * gap, right)

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "top-bar--demo",
        "top-bar--read-only",
        "top-bar--firing",
        "top-bar--pending",
        "top-bar--rollout",
    }


class TopBar(Horizontal):
    """Top line of every screen."""

    DEFAULT_CSS = """
    TopBar {
        dock: top; height: 1; background: $panel; color: $foreground;
        .top-bar--demo { background: $accent; color: $background; text-style: bold; }
        .top-bar--read-only { background: $primary; color: $background; text-style: bold; }
        .top-bar--firing { background: $error; color: $background; text-style: bold; }
        .top-bar--pending { background: $warning; color: $background; text-style: bold; }
        .top-bar--rollout { background: $secondary; color: $background; text-style: bold; }
    }
    """

    def __init__(self, identity: Identity, clock: Clock) -> None:
        super().__init__()
        self._identity, self._clock = identity, clock

    def compose(self) -> ComposeResult:
        """Where, and the time."""
        yield Where(self._identity)
        yield UtcClock(self._clock)

    def show_alerts(self, *, firing: int, pending: int) -> None:
        """Say how many alerts are active."""
        where = self.query_one(Where)
        where.firing, where.pending = firing, pending

    def show_rollout(self, text: str) -> None:
        """Say that a change runs (`66% celery-worker`), or with an empty text that none does."""
        self.query_one(Where).rollout = text
