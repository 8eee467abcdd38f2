"""The page of the runbook browser: a `RunbookView` with the keys for its links, steps, variants and hits."""

from __future__ import annotations

import asyncio
import os
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.core import saved
from tui.core.library import Page
from tui.model.errors import SourceError
from tui.model.identity import Platform
from tui.model.text import sanitise_line
from tui.widgets.messages import SendToClipboard
from tui.widgets.page_lines import Place
from tui.widgets.runbook_view import RunbookView

_SUFFIXES = {"bash": ".sh", "promql": ".promql"}
_OTHER: dict[Platform, Platform] = {"kubernetes": "compose", "compose": "kubernetes"}
_NO_STEP = "no step is in view\nhint: ] goes to the next one"


class RunbookPage(RunbookView):
    """What can be done with a page by keyboard.

    Args:
        platform: Steps for the other one are folded away; None shows all.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "link(1)", "Link", id="runbooks.link", tooltip="Go to the next link"),
        Binding(
            "shift+tab",
            "link(-1)",
            "Previous link",
            id="runbooks.previous-link",
            show=False,
            tooltip="Go to the previous link",
        ),
        Binding("enter", "follow", "Follow", id="runbooks.follow", tooltip="Follow the link under the cursor"),
        Binding(
            "right_square_bracket",
            "step(1)",
            "Step",
            id="runbooks.step",
            key_display="]",
            tooltip="Go to the next step or block of code",
        ),
        Binding(
            "left_square_bracket",
            "step(-1)",
            "Previous step",
            id="runbooks.previous-step",
            key_display="[",
            show=False,
            tooltip="Go to the previous step or block of code",
        ),
        Binding(
            "y",
            "copy",
            "Copy",
            id="runbooks.copy",
            tooltip="Copy the step under the cursor, or the first in view, to the clipboard",
        ),
        Binding(
            "s",
            "save",
            "Save",
            id="runbooks.save",
            tooltip="Save the step under the cursor, or the first in view, to a new file",
        ),
        Binding(
            "n", "hit(1)", "Next hit", id="runbooks.next-hit", show=False, tooltip="Go to the next hit of the search"
        ),
        Binding(
            "N",
            "hit(-1)",
            "Previous hit",
            id="runbooks.previous-hit",
            show=False,
            tooltip="Go to the previous hit of the search",
        ),
        Binding(
            "v",
            "variants",
            "Variants",
            id="runbooks.variants",
            show=False,
            tooltip="Show or fold away the steps for the platform this profile is not on",
        ),
    ]

    def __init__(self, platform: Platform | None, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._platform = platform
        self._hide = _OTHER[platform] if platform else None

    def open(self, page: Page, place: Place | None = None) -> None:
        """Show a page from its top, or where it was left."""
        self.show(page, hide=self._hide, place=place)

    def action_link(self, direction: int) -> None:
        """Next or previous link."""
        if not self.move(direction, links=True):
            self._say("this page has no link")

    def action_follow(self) -> None:
        """Follow the link under the cursor."""
        if not self.follow():
            self._say("the cursor is on no link\nhint: tab goes to the next one")

    def action_step(self, direction: int) -> None:
        """Next or previous step."""
        if not self.move(direction, links=False):
            self._say("this page has no step and no block of code")

    def action_copy(self) -> None:
        """Offer the step to the clipboard; the app says how that went."""
        block = self.block()
        if block is None:
            self._say(_NO_STEP)
        else:
            self.post_message(SendToClipboard(block.text, block.label))

    async def action_save(self) -> None:
        """Save the step to a new file."""
        block, page = self.block(), self.page
        if block is None or page is None:
            self._say(_NO_STEP)
            return
        name = f"{page.entry.name}-{block.step.name if block.step and block.step.name else block.label}"
        suffix = _SUFFIXES.get(block.step.language, ".txt") if block.step else ".txt"
        into = saved.folder(os.environ)
        try:
            path = await asyncio.to_thread(saved.save, block.text, name=name, suffix=suffix, into=into)
        except SourceError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.notify(f"{block.label}: saved to\n{sanitise_line(str(path))}", markup=False, timeout=15)

    def action_hit(self, direction: int) -> None:
        """Next or previous hit."""
        if not self.hits[1]:
            self._say("nothing is searched for on this page\nhint: / searches it")
        self.next_hit(direction)

    def action_variants(self) -> None:
        """Show or fold away what is not for this platform."""
        if self._platform is None:
            self._say("this profile names no platform, so every variant is shown")
            return
        self._hide = None if self._hide else _OTHER[self._platform]
        self.fold(self._hide)

    def _say(self, text: str) -> None:
        self.notify(text, markup=False)
