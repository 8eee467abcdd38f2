"""The workloads of the platform: how they are, their pods and events, and what one may do to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Key
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from tui.core.gate import Gate
from tui.core.rollouts import Rollouts
from tui.core.workload_feed import WorkloadFeed
from tui.model.clock import Clock, age
from tui.model.identity import Identity
from tui.model.workload import Change, Pod, Ref, Snapshot, Workload
from tui.model.workload_state import by_owner, events_of, last_restart, selector_of, worst_first
from tui.screens.workload_change import LABELS, VERBS, ChangeMaker, Rights, change_of, label
from tui.screens.workload_detail import WorkloadDetailScreen
from tui.widgets.banner import Banner
from tui.widgets.key_bar import KeyBar
from tui.widgets.messages import OpenLogs
from tui.widgets.top_bar import TopBar
from tui.widgets.workload_lists import NOTHING, NOWHERE, EventList, PodList, WorkloadList, WorkloadRow
from tui.widgets.workload_note import WorkloadNote
from tui.widgets.workload_rollouts import RolloutList
from tui.widgets.workload_words import Block, event_blocks, following_blocks, pod_now, workload_now

_WIDE = 120
_COUNTDOWN_EVERY_S = 1.0
_AGES_EVERY = 5
"""Countdowns move every second, ages every few."""
_RIGHTS_EVERY = 60
"""Seconds after which the server is asked anew what may be done, wherever the cursor is."""
_ASK_AFTER_S = 0.15
"""The cursor has to rest on a row before the server is asked what may be done to it."""


class WorkloadsScreen(Screen[None]):
    """Deployments and StatefulSets, or compose services, with pods, events and changes.

    Args:
        feed: Watched while the screen is mounted; None where no platform is configured.
        gate: Says what may be done.
        rollouts: Does it and follows it; None where there is no feed.
        identity: For the top line.
        clock: Unix seconds.
    """

    CSS_PATH = "workloads.tcss"
    BINDING_GROUP_TITLE = "Workloads"
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"),
        (_WIDE, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r", "change('restart')", "Restart", id="workloads.restart", tooltip="Restart the workload, pod by pod"
        ),
        Binding(
            "u", "change('undo')", "Undo", id="workloads.undo", tooltip="Put the workload back to an earlier revision"
        ),
        Binding("s", "change('scale')", "Scale", id="workloads.scale", tooltip="Change the number of replicas"),
        Binding(
            "d", "change('delete')", "Delete pod", id="workloads.delete", tooltip="Delete the pod under the cursor"
        ),
        Binding("l", "logs", "Logs", id="workloads.logs", tooltip="Read the logs of the pod, or of the workload"),
        Binding(
            "x",
            "drop",
            "Let go",
            id="workloads.drop",
            show=False,
            tooltip="Take the change under the cursor off the list; what it does on the platform goes on",
        ),
        Binding("right,tab", "pane(1)", "Pane", id="workloads.next", key_display="tab", tooltip="Go to the next pane"),
        Binding(
            "left,shift+tab",
            "pane(-1)",
            "Previous pane",
            id="workloads.previous",
            show=False,
            tooltip="Go to the previous pane",
        ),
        Binding("escape", "home", "Workloads", id="workloads.home", show=False, tooltip="Go back to the workloads"),
        Binding("f5", "again", "Refresh", id="workloads.refresh", show=False, tooltip="Ask the platform anew"),
    ]

    def __init__(
        self, feed: WorkloadFeed | None, gate: Gate, rollouts: Rollouts | None, identity: Identity, clock: Clock
    ) -> None:
        super().__init__()
        self._feed, self._rollouts = feed, rollouts
        self._identity, self._clock = identity, clock
        self._maker = ChangeMaker(feed, gate, rollouts, clock) if feed is not None and rollouts is not None else None
        self._rights = Rights(gate)
        self._obstacles: tuple[str, ...] = ()
        self._owned: dict[Ref, list[Pod]] = {}
        self._first = asyncio.Event()
        self._stops: list[Callable[[], None]] = []
        self._ticks = 0

    # ── What is there ────────────────────────────────────────────────────────────────────────────────────────────────

    def compose(self) -> ComposeResult:
        """Workloads above; below them what was changed from here, pods and events."""
        self.set_class(self.app.size.width < _WIDE, "-narrow")  # now, or the first resize styles everything again
        self.set_class(self.app.size.width >= _WIDE, "-wide")
        yield TopBar(self._identity, self._clock)
        yield Banner()
        yield WorkloadList(self._clock)
        yield WorkloadNote(self._clock)
        yield RolloutList(self._clock)
        with Container(id="below"):
            yield PodList(self._clock)
            yield EventList(self._clock)
        yield KeyBar()

    def on_mount(self) -> None:
        """Watch the platform."""
        self._list.focus()
        if self._feed is None or self._rollouts is None:
            self._list.say((NOWHERE[0], ""), (NOWHERE[1], "muted"))
            return
        self._list.say(("… asking", "muted"))
        self._stops += [self._feed.watch(self._heard), self._rollouts.watch(lambda _following: self._show_rollouts())]
        self._show_rollouts()
        self.set_interval(_COUNTDOWN_EVERY_S, self._tick)

    def on_unmount(self) -> None:
        """Stop watching; what is followed goes on."""
        for stop in self._stops:
            stop()

    def on_screen_resume(self) -> None:
        """What was heard meanwhile is to be seen."""
        if self._feed is not None and self._stops:
            self._draw()
            self._show_rollouts()

    @property
    def _list(self) -> WorkloadList:
        return self.query_one(WorkloadList)

    @property
    def _latest(self) -> Snapshot:
        latest = self._feed.latest if self._feed is not None else None
        return latest if latest is not None else Snapshot(at=self._clock())

    @property
    def _workload(self) -> Workload | None:
        row = self._list.cursor_row
        return row.workload if row is not None else None

    @property
    def _pod(self) -> Pod | None:
        """The one under the cursor, while the cursor is in the list of pods."""
        pods = self.query_one(PodList)
        return pods.cursor_row if pods.has_focus else None

    def _heard(self) -> None:
        if self.is_current or not self._first.is_set():
            self._draw()
        if self._feed is not None and (self._feed.latest is not None or self._feed.trouble is not None):
            self._first.set()

    def _draw(self) -> None:
        feed = self._feed
        assert feed is not None  # noqa: S101 - it is what calls
        latest, trouble = feed.latest, feed.trouble
        self.query_one(Banner).show(trouble)
        if latest is None:
            if trouble is not None:
                self._list.say(("✕ not known: nothing was heard from the platform yet", "unknown"))
            return
        self._date()
        if trouble is not None and not latest.workloads:
            self._list.say(("✕ not known", "unknown"))
        else:
            self._list.say((NOTHING[0], ""), (NOTHING[1], "muted"))
        self._owned = by_owner(latest)
        rows = [WorkloadRow(one, last_restart(one, self._owned[one.ref])) for one in latest.workloads]
        self._list.set_rows(rows)
        self._draw_below()

    @on(WorkloadList.Considered)
    def _draw_below(self) -> None:
        """The pods and events of the workload under the cursor."""
        ref = self._workload.ref if self._workload is not None else None
        shown = worst_first(self._owned.get(ref, ())) if ref is not None else ()
        events = events_of(ref, shown, self._latest.events) if ref is not None else ()
        pods, happened = self.query_one(PodList), self.query_one(EventList)
        name = ref.name if ref is not None else ""
        other = f" · Events {len(events)}: tab" if self.has_class("-narrow") else ""
        pods.retitle(title=f"Pods of {name} · {len(shown)}{other}" if name else "Pods")
        pods.say((f"{name} has no pods." if name else "", "muted"))
        pods.set_rows(shown)
        happened.say(("nothing happened lately", "muted"))
        happened.set_rows(events)
        self._say()
        self._ask()

    def _date(self) -> None:
        """While nothing is heard the last state stays, and the frame says how old it is."""
        stale = self._feed is not None and self._feed.trouble is not None
        self._list.retitle(f"Workloads ✕ as of {age(self._clock() - self._latest.at)} ago" if stale else "Workloads")

    def _show_rollouts(self) -> None:
        if self._rollouts is not None:
            self.query_one(RolloutList).show(self._rollouts.all)

    def _tick(self) -> None:
        """Countdowns and ages; what reads the same is not drawn."""
        if not self.is_current:
            return
        self._ticks += 1
        self.query_one(WorkloadNote).update_lines()
        if self._rollouts is not None and self._rollouts.running:
            self.query_one(RolloutList).update_lines()
        if self._ticks % _AGES_EVERY == 0:
            for table in (self._list, self.query_one(PodList), self.query_one(EventList)):
                table.update_lines()
            self._date()
        if self._ticks % _RIGHTS_EVERY == 0:
            self._ask(anew=True)

    # ── What may be done ─────────────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, *, anew: bool = False) -> None:
        """Ask what may be done to what the cursor is on, unless that was asked already."""
        changes = [change_of(action, self._workload, self._pod) for action in VERBS]
        wanted = [change for change in changes if change is not None]
        if not self._rights.asked(wanted) or anew:
            self._ask_gate(wanted)

    @work(exclusive=True, group="rights", exit_on_error=False)
    async def _ask_gate(self, wanted: Sequence[Change]) -> None:
        await asyncio.sleep(_ASK_AFTER_S)
        if await self._rights.ask(wanted):
            self._say()

    def _say(self) -> None:
        """How it is and what may not be done to it; the keys are drawn anew when others than before do something."""
        denied = {LABELS[action][0]: why for action in VERBS if (why := self._denied(action))}
        self.query_one(WorkloadNote).show(self._workload, denied, self._latest.cut)
        obstacles = tuple(map(self._obstacle, LABELS))
        if obstacles != self._obstacles:
            self._obstacles = obstacles
            self.refresh_bindings()

    def _denied(self, action: str) -> str:
        return self._rights.denied(change_of(action, self._workload, self._pod))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is not permitted, or has no target, is greyed; `on_key` says why."""
        if action in {"change", "logs"}:
            return None if self._obstacle(str(parameters[0]) if parameters else action) else True
        return True

    def _obstacle(self, action: str) -> str:
        if self._feed is None:
            return NOWHERE[0]
        if not self.is_mounted or self._workload is None:
            return "there is no workload under the cursor"
        if action == "delete" and self._pod is None:
            return "go to the pods (tab) and put the cursor on one"
        return self._denied(action) if action in VERBS else ""

    def on_key(self, event: Key) -> None:
        """A greyed key says why it is."""
        active = self.active_bindings.get(event.key)
        if active is not None and active.node is self and not active.enabled:
            action = str(active.binding.id).rpartition(".")[2]
            self.notify(self._obstacle(action), title=f"{label(action)}: not now", markup=False)

    @on(PodList.Considered)
    def _other_pod(self) -> None:
        self._ask()

    def on_descendant_focus(self) -> None:
        """Another pane has other keys."""
        self._say()
        self._ask()

    # ── Changes ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @work(exclusive=True, group="act", exit_on_error=False)
    async def action_change(self, action: str) -> None:
        """Lead through a change: `restart`, `undo`, `scale` or `delete`."""
        workload, pod = self._workload, self._pod
        if workload is not None and self._maker is not None:
            await self._maker.make(self.app, action, workload, pod)

    def action_drop(self) -> None:
        """Take a change off the list."""
        following = self.query_one(RolloutList).cursor_row
        if following is not None and self._rollouts is not None and self.query_one(RolloutList).has_focus:
            self._rollouts.drop(following.number)
            self._show_rollouts()
            if not self._rollouts.all:
                self._list.focus()

    def action_again(self) -> None:
        """Ask anew."""
        if self._feed is not None:
            self._feed.again()
            self._ask(anew=True)

    def action_logs(self) -> None:
        """Read the logs of the pod, or of all pods of the workload."""
        workload, pod = self._workload, self._pod
        if workload is not None:
            self.post_message(OpenLogs(selector_of(workload), pod=pod.name if pod is not None else ""))

    async def open_ref(self, ref: Ref, action: str = "") -> None:
        """Put the cursor on a workload once something is known, and begin an action.

        Args:
            ref: Which workload.
            action: `restart`, `undo`, `scale`, or empty.
        """
        if self._feed is None:
            self.notify("\n".join(NOWHERE), severity="warning", markup=False)
            return
        await self._first.wait()
        self._draw()
        self._list.focus()
        if not self._list.point_at(ref):
            self.notify(f"{ref} is not among the workloads", severity="warning", markup=False)
        elif action:
            self.action_change(action)

    # ── Panes and details ────────────────────────────────────────────────────────────────────────────────────────────

    def action_pane(self, by: int) -> None:
        """Go to the next pane; where it is narrow, pods and events take turns."""
        panes: list[Widget] = [
            self._list,
            self.query_one(RolloutList),
            self.query_one(PodList),
            self.query_one(EventList),
        ]
        if not panes[1].has_class("-shown"):
            del panes[1]
        here = next((at for at, pane in enumerate(panes) if pane.has_focus), 0)
        pane = panes[(here + by) % len(panes)]
        if isinstance(pane, (PodList, EventList)):
            self.set_class(isinstance(pane, EventList), "-events")
        pane.focus()

    def action_home(self) -> None:
        """Back to the workloads."""
        self._list.focus()

    @on(WorkloadList.Chosen)
    def _explain_workload(self) -> None:
        workload = self._workload
        if workload is not None:
            self._explain(str(workload.ref), lambda: workload_now(workload, self._latest, self._clock()))

    @on(PodList.Chosen)
    def _explain_pod(self) -> None:
        pod = self.query_one(PodList).cursor_row
        if pod is not None:
            self._explain(f"pod/{pod.name}", lambda: pod_now(pod, self._latest, self._clock()))

    @on(EventList.Chosen)
    def _explain_event(self) -> None:
        event = self.query_one(EventList).cursor_row
        if event is not None:
            self._explain(event.reason, lambda: event_blocks(event, self._clock()))

    @on(RolloutList.Chosen)
    def _explain_rollout(self) -> None:
        chosen = self.query_one(RolloutList).cursor_row
        rollouts = self._rollouts
        if chosen is not None and rollouts is not None:

            def describe() -> Sequence[Block]:
                now = next((one for one in rollouts.all if one.number == chosen.number), chosen)
                return following_blocks(now, self._clock())

            self._explain(chosen.title, describe)

    def _explain(self, title: str, describe: Callable[[], Sequence[Block]]) -> None:
        self.app.push_screen(WorkloadDetailScreen(title, describe))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that fails is our bug: say so and keep the app."""
        if event.state is WorkerState.ERROR:
            worker = cast("Worker[object]", event.worker)
            self.notify(f"a mistake of ours: {worker.error!r}", title=worker.name, severity="error", markup=False)
