"""A log on the screen: what is asked for, what came of it, how it stands. What keys do to lines is in `logs`."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.screen import Screen

from tui.core.log_filter import LinePattern, LogFilter
from tui.core.log_session import LogSession
from tui.core.log_store import MOST_LINES
from tui.core.log_targets import LogTarget
from tui.model.clock import Clock
from tui.model.identity import Identity
from tui.model.log import LogRequest
from tui.screens.choose import ChooseScreen
from tui.sources.protocols import LogSource
from tui.widgets.ask import Ask
from tui.widgets.banner import Banner
from tui.widgets.choice_list import Choice
from tui.widgets.key_bar import KeyBar
from tui.widgets.log_status import LogStatus, LogTitle, Standing
from tui.widgets.log_view import LogView
from tui.widgets.top_bar import TopBar

_TICK_S = 0.1
_CATCH_UP_S = 0.01
_FLOOD_LINES, _FLOOD_S = 5_000, 0.4
"""Who gets so many lines between two looks cannot read them; painting less often leaves the time to take them in."""
SINCE: dict[str, float | None] = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "1h": 3600,
    "6h": 21_600,
    "24h": 86_400,
    "all": None,
}


class LogReader(Screen[None]):
    """Reads the logs of one platform, or one file.

    Args:
        source: Where from; None where there is none, which the screen says.
        targets: What can be read, the first at first.
        identity: For the top line.
        clock: Unix seconds.
        wanted: What of it is shown at first; everything if it is not said.
        most_lines: Lines held.
        nothing: What to say, and try, where there is no source.
    """

    CSS_PATH = "logs.tcss"

    def __init__(
        self,
        source: LogSource | None,
        targets: Sequence[LogTarget],
        identity: Identity,
        clock: Clock,
        *,
        wanted: LogFilter | None = None,
        most_lines: int = MOST_LINES,
        nothing: str = "this profile names neither Kubernetes nor docker compose",
    ) -> None:
        super().__init__()
        self._source, self._targets, self._identity, self._clock = source, tuple(targets), identity, clock
        self._most_lines, self._nothing = most_lines, nothing
        self._target = self._targets[0]
        self._request: LogRequest = self._target.request
        self._since = ""
        self.session = self._new_session()
        self._wanted = wanted or LogFilter()
        self._wrong = ""
        self._around: int | None = None
        self._seen = (-1, -1)
        self._synced = self._ticked = 0.0

    def _new_session(self) -> LogSession:
        return LogSession(self._source, self._clock, merged=self._target.merged, most_lines=self._most_lines)

    def compose(self) -> ComposeResult:
        """What is read, the lines, how it stands."""
        yield TopBar(self._identity, self._clock)
        yield LogTitle()
        yield Banner()
        yield LogView(self.session.index, id="lines")
        yield Ask(id="ask")
        yield LogStatus()
        yield KeyBar()

    @property
    def view(self) -> LogView:
        """The lines."""
        return self.query_one(LogView)

    def on_mount(self) -> None:
        """Ask for the first target and look several times a second for what came."""
        self.view.focus()
        self._open(self._request)
        self.set_interval(_TICK_S, self._tick)

    # ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, request: LogRequest) -> None:
        """Begin anew with another request; filter and search stay."""
        self._request = request
        pattern = self.session.search.pattern if self.session.search else None
        folded = self.session.index.folded
        self.session = self._new_session()
        self.session.index.wanted, self.session.index.folded = self._wanted, folded
        self.view.show(self.session.index)
        self.view.pattern = None
        if pattern is not None:
            self._look_for(pattern)
        if self.session.feed is not None:
            run = self.session.feed.run(request, arrived=self._arrived)
            self.run_worker(run, name="log", group="feed", exclusive=True, exit_on_error=False)
        self._seen = (-1, -1)
        self._tick()

    def show_logs(self, selector: str, *, pod: str = "") -> None:
        """Read the logs of all pods of a selector, or of one of them; a target that is known keeps its containers."""
        known = next((target for target in self._targets if target.request.selector == selector), self._targets[0])
        request = LogRequest(selector=selector, pods=(pod,) if pod else (), tail=known.request.tail)
        containers = known.containers if known.request.selector == selector else ()
        title = pod or (known.title if known.request.selector == selector else selector)
        self._target = LogTarget(title=title, request=request, containers=containers, merged=not pod)
        self._since = ""
        self._open(request)

    def _arrived(self) -> None:
        """A slice of lines is in the store; the first are shown at once."""
        if time.monotonic() - self._ticked > _TICK_S:
            self._tick()

    def _tick(self) -> None:
        """Show what came; where nothing did, nothing is repainted."""
        if not self.is_mounted:
            return
        self._ticked = time.monotonic()
        session = self.session
        if session.feed is not None:
            session.feed.tick()
        seen = (session.store.first, session.store.end)
        flood = seen[1] - self._seen[1] > _FLOOD_LINES and time.monotonic() - self._synced < _FLOOD_S
        if seen != self._seen and not flood:
            self._synced = time.monotonic()
            complete = self.view.sync()
            if session.search is not None:
                complete &= session.search.sync()
            if complete:
                self._seen = seen
                if not len(self.view.index):
                    self._synced = 0.0  # the first lines are not to wait
            else:
                self.set_timer(_CATCH_UP_S, self._tick)
        self._say()

    def _say(self) -> None:
        """Bring title, banner and status up to date."""
        session, view = self.session, self.view
        state = session.feed.state if session.feed is not None else None
        trouble = (state.error, state.error_at) if state is not None and state.error is not None else None
        self.query_one(Banner).show(trouble)
        count = state.sources if state is not None else 0
        request = self._request
        facts = (
            self._target.title,
            request.selector,
            request.container,
            "previous container" if request.previous else "",
            f"since {self._since}" if self._since else f"last {request.tail:,}" if request.tail else "",
            f"{count} sources" if count > 1 else "",
        )
        self.query_one(LogTitle).show(facts, self._wanted, state.note if state is not None else "")
        here, search = view.here, session.search
        self.query_one(LogStatus).show(
            Standing(
                feed=state,
                follow=view.follow,
                below=view.below,
                held=len(session.store),
                dropped=session.store.first,
                matched=session.index.matched,
                filtered=not self._wanted.everything,
                progress=session.progress,
                search=search.pattern.text if search is not None else "",
                hits=(search.rank(here), search.count) if search is not None and here is not None else (0, 0),
                around=here is not None and here == self._around,
                marks=len(view.marks),
                selected=len(view.selected()) if view.origin is not None else 0,
                at=session.store.time(session.store.head(here)) if here is not None else None,
                wrong=self._wrong,
            )
        )
        view.say_empty(*self._emptiness())

    def _emptiness(self) -> tuple[str, ...]:
        if self.session.feed is None:
            return (f"No logs: {self._nothing}.", "hint: `ops-center logs FILE` reads a file")
        if len(self.session.store):
            return ("No line matches.", "Escape takes the filter away.")
        if self.session.feed.state.error is not None:
            return ("Nothing was received.", "F5 asks again.")
        return ("The log is empty.",) if self.session.feed.state.ended else ("Waiting for lines …",)

    @on(LogView.Moved)
    def _moved(self) -> None:
        self._say()

    # ── Filter and search ────────────────────────────────────────────────────────────────────────────────────────────

    @work(exclusive=True, group="narrow", exit_on_error=False)
    async def _narrow(self) -> None:
        session = self.session
        await session.narrow(self._wanted)
        if session is self.session:
            self.view.show(session.index)
            self._seen = (-1, -1)
            self._tick()

    @work(exclusive=True, group="search", exit_on_error=False)
    async def _look_for(self, pattern: LinePattern | None, *, go: bool = False) -> None:
        self._around = None
        self.view.pattern = pattern
        self.view.refresh()
        await self.session.look_for(pattern)
        if go and pattern is not None:
            await self._go_to_hit(1)
        self._say()

    async def _go_to_hit(self, step: int) -> None:
        view, index = self.view, self.session.index
        here = view.here
        found = await self.session.find(-1 if here is None else here, step)
        if found is None or index is not view.index:
            return
        number, around = found
        if not index.shows(number):
            index.turn(number)  # it is in a folded entry
        view.go_to(number)
        self._around = number if around else None
        self._say()

    # ── Other requests ───────────────────────────────────────────────────────────────────────────────────────────────

    def action_reread(self) -> None:
        """Ask again."""
        self._open(self._request)

    def action_since(self) -> None:
        """Choose how far back."""
        choices = [
            Choice(name, "all there is" if name == "all" else f"last {name}", name == self._since) for name in SINCE
        ]

        def chosen(ids: frozenset[str] | None) -> None:
            for name in ids or ():
                self._since = name
                self._open(msgspec.structs.replace(self._request, since_s=SINCE[name], tail=None))

        self.app.push_screen(ChooseScreen("Since", choices), chosen)

    def action_container(self) -> None:
        """Choose a container."""
        present = self._request.container
        choices = [Choice("", "each pod's default", not present)]
        choices += [Choice(name, name, name == present) for name in self._target.containers]

        def chosen(ids: frozenset[str] | None) -> None:
            for name in ids or ():
                self._open(msgspec.structs.replace(self._request, container=name))

        self.app.push_screen(ChooseScreen("Container", choices), chosen)

    def action_previous(self) -> None:
        """The log of the container before its last restart, or the present one again."""
        previous = not self._request.previous
        self._open(msgspec.structs.replace(self._request, previous=previous, follow=not previous))

    def read(self, target: LogTarget) -> None:
        """Read another log, whether it is among the targets or not."""
        self._target, self._since = target, ""
        self._open(target.request)

    def action_target(self) -> None:
        """Choose another log."""
        choices = [Choice(target.title, target.title, target is self._target) for target in self._targets]

        def chosen(ids: frozenset[str] | None) -> None:
            for target in self._targets:
                if target.title in (ids or ()):
                    self.read(target)

        self.app.push_screen(ChooseScreen("Logs", choices), chosen)
