"""What a tile or a quick action is, in full: meaning, query, command, links, last error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.style import Style
from textual.widgets import Static

from tui.model.catalog import Action, Tile
from tui.model.errors import SourceError
from tui.model.identity import Identity
from tui.model.tile import TileState
from tui.model.units import format_value
from tui.widgets.messages import OpenRunbook, SendToClipboard

Links = tuple[tuple[str, str], ...]
"""Label and URL."""


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """What the screen shows: paragraphs under headings, links, and what its keys act on."""

    title: str
    blocks: tuple[tuple[str, str], ...]
    runbook: str
    command: str = ""
    links: Links = ()


def tile_detail(tile: Tile, state: TileState) -> Detail:
    """Explain a tile and what it last heard."""
    steps = ", ".join(
        f"{step.state.word} from {format_value(step.at, tile.unit, tile.decimals)}"
        if step.at is not None
        else f"{step.state.word} below that"
        for step in reversed(tile.steps)
    )
    blocks = [("", tile.description), ("Levels", steps), ("PromQL", tile.expr)]
    if state.good is not None:
        at = dt.datetime.fromtimestamp(state.good.at, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        value = format_value(state.good.value, tile.unit, tile.decimals)
        blocks.append(("Last value", f"{value} ({state.good.state.word}) at {at}"))
    if state.error is not None:
        blocks.append((f"Now: {state.error.what}", f"{state.error.why}\nhint: {state.error.hint}"))
    if state.warnings:
        blocks.append(("Warnings of the server", "\n".join(state.warnings)))
    return Detail(title=tile.title, blocks=tuple(blocks), runbook=tile.runbook)


def action_detail(action: Action, identity: Identity, links: Links) -> Detail:
    """Say what an action does, with the command of this platform, or of both where the profile names none."""
    variants = {"kubernetes": action.kubernetes, "compose": action.compose}
    chosen = {name: text for name, text in variants.items() if text and identity.platform in {None, name}}
    blocks = [("", action.description)]
    if action.warning:
        blocks.append(("What users notice", action.warning))
    blocks += [
        (f"Command, {'docker compose' if name == 'compose' else 'Kubernetes'}", text) for name, text in chosen.items()
    ]
    if not chosen and any(variants.values()):
        blocks.append(("Command", f"there is none for {identity.platform}"))
    if action.expr:
        blocks.append(("PromQL", action.expr))
    return Detail(
        title=action.title,
        blocks=tuple(blocks),
        runbook=action.runbook,
        command=next(iter(chosen.values()), ""),
        links=links,
    )


class DetailScreen(ModalScreen[None]):
    """Shows one Detail.

    Args:
        detail: What to show.
        live: Answers the present value in words, or raises SourceError; asked once when the screen opens.
    """

    CSS_PATH = "detail.tcss"
    BINDING_GROUP_TITLE = "Detail"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "runbook", "Runbook", id="detail.runbook", key_display="enter", tooltip="Open the runbook"),
        Binding("y", "copy", "Copy command", id="detail.copy", tooltip="Send the command to the terminal's clipboard"),
        Binding("escape,q", "dismiss", "Close", id="detail.close", tooltip="Go back"),
    ]

    def __init__(self, detail: Detail, live: Callable[[], Awaitable[str]] | None = None) -> None:
        super().__init__()
        self._detail, self._live = detail, live

    def compose(self) -> ComposeResult:
        """Title, paragraphs, keys."""
        detail = self._detail
        keys = "enter runbook" + (" · y copy command" if detail.command else "") + " · esc close"
        with VerticalScroll(id="detail") as frame:
            frame.border_title = Content(detail.title)
            frame.border_subtitle = Content(keys)
            for heading, text in detail.blocks:
                if heading:
                    yield Static(Content(heading), classes="heading")
                yield Static(Content(text), classes="text")
            if self._live is not None:
                yield Static(Content("Now"), classes="heading")
                yield Static(Content("… asking"), classes="text", id="live")
            for label, url in detail.links:
                yield Static(Content(label), classes="heading")
                yield Static(Content.styled(url, Style(link=url)), classes="text")

    def on_mount(self) -> None:
        """Ask for the present value."""
        if self._live is not None:
            self.run_worker(self._ask(self._live), exit_on_error=False)

    async def _ask(self, live: Callable[[], Awaitable[str]]) -> None:
        try:
            text = await live()
        except SourceError as error:
            text = str(error)
        self.query_one("#live", Static).update(Content(text))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Copying needs a command."""
        return bool(self._detail.command) if action == "copy" else True

    def action_runbook(self) -> None:
        """Open the runbook; the app closes what is above it."""
        self.post_message(OpenRunbook(self._detail.runbook))

    def action_copy(self) -> None:
        """Offer the command to the clipboard."""
        self.post_message(SendToClipboard(self._detail.command, f"command of “{self._detail.title}”"))
