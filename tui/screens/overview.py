"""The overview: is it well, what fires, what to reach for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, ScrollableContainer, Vertical
from textual.screen import Screen

from tui.core.board import Board, Changed
from tui.model.catalog import Action, Tile
from tui.model.clock import Clock
from tui.model.identity import Identity
from tui.model.units import format_value
from tui.screens.detail import DetailScreen, Links, action_detail, tile_detail
from tui.widgets.banner import Banner
from tui.widgets.key_bar import KeyBar
from tui.widgets.messages import OpenPane
from tui.widgets.panels import ActionList, AlertList, RunbookList, TrendGraph
from tui.widgets.tile import TileView
from tui.widgets.top_bar import TopBar

_AGES_EVERY_S = 5.0
_WIDE = 120
_PANES_AFTER_S = 0.05
"""The tiles are drawn first; the panes are half of what there is to mount."""


def _display(value: float, unit: str) -> str:
    return str(format_value(value, unit))


def _display_tile(value: float, tile: Tile) -> str:
    return str(format_value(value, tile.unit, tile.decimals))


class Body(ScrollableContainer, can_focus=False, inherit_bindings=False):
    """Scrolls to the pane that has the focus where the screen is too low for all of them.

    The arrow keys are the tiles' and lists', so it does not take them from the screen.
    """

    BINDING_GROUP_TITLE = "Panes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "page_up", "Up", id="body.up", show=False, tooltip="Scroll up, where the screen is low"),
        Binding("pagedown", "page_down", "Down", id="body.down", show=False, tooltip="Scroll down"),
    ]


class OverviewScreen(Screen[None]):
    """Tiles, alerts, a trend, quick actions and runbooks of one catalog.

    Args:
        board: Polled by whoever made it; the screen only shows.
        identity: For the top line.
        clock: Unix seconds.
        links: The links of an action.
        alerts_note: Stands beside the title of the alert list.
    """

    CSS_PATH = "overview.tcss"
    BINDING_GROUP_TITLE = "Overview"
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"),
        (_WIDE, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "poll", "Refresh", id="overview.refresh", show=False, tooltip="Ask all backends now"),
        Binding(
            "right,tab",
            "app.focus_next",
            "Next",
            id="overview.next",
            show=False,
            tooltip="Go to the next tile or pane",
        ),
        Binding(
            "left,shift+tab",
            "app.focus_previous",
            "Previous",
            id="overview.previous",
            show=False,
            tooltip="Go to the previous tile or pane",
        ),
    ]

    def __init__(
        self,
        board: Board,
        identity: Identity,
        clock: Clock,
        *,
        links: Callable[[Action], Links],
        alerts_note: str = "",
    ) -> None:
        super().__init__()
        self._board, self._identity, self._clock = board, identity, clock
        self._links, self._alerts_note = links, alerts_note
        self._unwatch: Callable[[], None] | None = None
        for action in board.catalog.action:
            # The catalog's keys are bindings like any other, so help and palette know them; the panel shows them.
            self._bindings.bind(action.key, f"open_action('{action.id}')", action.title, show=False)

    def compose(self) -> ComposeResult:
        """Tiles above, panes below."""
        self.set_class(self.app.size.width < _WIDE, "-narrow")  # now, or the first resize styles everything again
        self.set_class(self.app.size.width >= _WIDE, "-wide")
        catalog = self._board.catalog
        yield TopBar(self._identity, self._clock)
        yield Banner()
        with Body(id="body"), Container(id="tiles"):
            for tile in catalog.tile:
                yield TileView(tile, display=_display_tile, clock=self._clock)
        yield KeyBar()

    def on_mount(self) -> None:
        """Show what is known and follow what changes."""
        self._unwatch = self._board.watch(self._changed)
        for tile_id in self._board.tiles:
            self._changed(("tile", tile_id))
        self.call_after_refresh(self.set_timer, _PANES_AFTER_S, self._mount_panes)

    async def _mount_panes(self) -> None:
        catalog = self._board.catalog
        alerts, actions = AlertList(self._clock, note=self._alerts_note), ActionList("Quick actions", id="actions")
        trends = [TrendGraph(trend, _display) for trend in catalog.trend]
        left = Vertical(alerts, actions, classes="column")
        runbooks = RunbookList("Runbooks", id="runbooks")
        right = Vertical(*trends, runbooks, classes="column")
        await self.query_one(Body).mount(Container(left, right, id="panes"))
        actions.set_rows(catalog.action)
        runbooks.set_rows(catalog.runbook)
        for trend_id in self._board.trends:
            self._changed(("trend", trend_id))
        self._changed(("alerts", ""))
        self.set_interval(_AGES_EVERY_S, self._tick)

    def on_unmount(self) -> None:
        """Stop following."""
        if self._unwatch is not None:
            self._unwatch()

    def name_runbooks(self, titles: Mapping[str, str]) -> None:
        """Call the tiles' runbooks by title.

        Args:
            titles: By target (`worker-failures.md`, `operations/alert-runbooks.md#workerdown`).
        """
        for view in self.query(TileView):
            title = titles.get(view.tile.runbook)
            if title is not None:
                view.name_runbook(title)

    def _tick(self) -> None:
        for view in self.query(TileView):
            view.tick()
        self.query_one(AlertList).update_lines()

    def _changed(self, changed: Changed) -> None:
        kind, which = changed
        if kind == "tile":
            self.query_one(f"#tile-{which}", TileView).show(self._board.tiles[which])
            self.query_one(Banner).show(self._board.trouble)
        elif kind == "trend":
            for graph in self.query(f"#trend-{which}").results(TrendGraph):
                graph.show(self._board.trends[which])
        else:
            for panel in self.query(AlertList):
                panel.show(self._board.alerts)

    def action_poll(self) -> None:
        """Ask now."""
        self._board.refresh()

    def action_open_action(self, action_id: str) -> None:
        """Open the pane that does a quick action, or say what it does, and with which command."""
        action = next(action for action in self._board.catalog.action if action.id == action_id)
        if action.pane is not None and self._identity.platform is not None:
            self.post_message(OpenPane(action.pane))
            return
        self._explain_action(action)

    def _explain_action(self, action: Action) -> None:
        detail = action_detail(action, self._identity, self._links(action))

        async def live() -> str:
            return await self._board.ask(action.expr, action.unit)

        self.app.push_screen(DetailScreen(detail, live if action.expr else None))

    @on(TileView.DetailWanted)
    def _explain(self, event: TileView.DetailWanted) -> None:
        self.app.push_screen(DetailScreen(tile_detail(event.tile, self._board.tiles[event.tile.id])))

    @on(ActionList.Wanted)
    def _action_wanted(self, event: ActionList.Wanted) -> None:
        if event.explained:
            self._explain_action(event.action)
        else:
            self.action_open_action(event.action.id)
