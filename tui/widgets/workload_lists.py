"""The workloads of the platform, the pods of one of them, and what happened to it."""

from __future__ import annotations

from textual.message import Message

from tui.model.clock import Clock, age
from tui.model.workload import Happening, Pod, Ref, Workload
from tui.model.workload_state import OOM_KILLED, health, last_end, pod_state, short_image, short_ref
from tui.widgets.lines import Line, Span, fit
from tui.widgets.palette import Tone
from tui.widgets.workload_table import TONES, Table, cell, name_cell

_ROOMY = 100
_POD_ROOMY = 76
_STATE, _COUNT, _AGE = 12, 6, 5
_PHASE, _READY, _RESTARTS, _NODE = 20, 6, 5, 14
_END_ROOMY, _END = 18, 16

NOWHERE = (
    "No platform to look at: the profile names neither kubernetes nor compose.",
    "hint: set kubernetes.context or compose.project in the profile; ops-center doctor says what is missing",
)
NOTHING = ("There are no workloads here.", "hint: is it the right context and namespace? ops-center doctor says which")
"""What is said, and what to try, where no platform is configured, and where one is that has nothing."""


def ago(at: float | None, now: float) -> str:
    """`12m`, or a dash for what is not known."""
    return "–" if at is None else age(now - at)


class WorkloadRow:
    """A workload, and when one of its containers was last started anew."""

    __slots__ = ("restarted", "workload")

    def __init__(self, workload: Workload, restarted: float | None) -> None:
        self.workload, self.restarted = workload, restarted


class WorkloadList(Table[WorkloadRow]):
    """One line a workload: how it is, how many of what it wants it has, how old it is, what it runs."""

    BINDING_GROUP_TITLE = "Lists"

    class Considered(Message):
        """The cursor is on another workload."""

    class Chosen(Message):
        """Show all of the one under the cursor."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("Workloads", id="workloads")
        self._clock = clock

    def point_at(self, ref: Ref) -> bool:
        """Put the cursor on a workload; False when it is not listed."""
        found = next((at for at, row in enumerate(self._rows) if row.workload.ref == ref), None)
        if found is not None:
            self.action_move_to(found)
        return found is not None

    def choose(self, row: WorkloadRow) -> None:  # noqa: ARG002 - it is the one under the cursor
        """Open the detail."""
        self.post_message(self.Chosen())

    def moved(self, row: WorkloadRow) -> None:  # noqa: ARG002 - as above
        """Other pods, other events."""
        self.post_message(self.Considered())

    def row_key(self, row: WorkloadRow) -> object:
        """A workload is its kind and name."""
        return row.workload.ref

    def heads(self, width: int) -> Line:
        """See `row_line`."""
        roomy = width >= _ROOMY
        counts = ("WANT", "UPD", "READY", "AVAIL")
        line = (
            cell("STATE", _STATE),
            cell("WORKLOAD", self._name_width(width)),
            *(cell(head, _COUNT, right=True) for head in counts),
            cell("AGE", _AGE, right=True),
            cell("RESTARTED" if roomy else "RST", 10 if roomy else _AGE, right=True),
            *((cell("IMAGE", 30),) if roomy else ()),
        )
        return fit(line, width)

    def row_line(self, row: WorkloadRow, width: int) -> Line:
        """State, name, counts, age, last restart, and where there is room, the image."""
        workload, now, roomy = row.workload, self._clock(), width >= _ROOMY
        verdict = health(workload, now)
        tone, desired = TONES[verdict.state], workload.desired
        name = str(workload.ref) if roomy else short_ref(workload.ref)
        counts = (desired, workload.updated, workload.ready, workload.available)
        line = (
            cell(f"{verdict.state.glyph} {verdict.word}", _STATE, tone),
            cell(name, self._name_width(width)),
            *(cell(str(count), _COUNT, "" if count >= desired else "warn", right=True) for count in counts),
            cell(ago(workload.created_at, now), _AGE, right=True),
            cell(ago(row.restarted, now), 10 if roomy else _AGE, right=True),
            *(((", ".join(short_image(one.image) for one in workload.containers), "muted"),) if roomy else ()),
        )
        return fit(line, width)

    @staticmethod
    def _name_width(width: int) -> int:
        rest = _STATE + 4 * _COUNT + _AGE
        return 42 if width >= _ROOMY else max(width - rest - _AGE, 12)


class PodList(Table[Pod]):
    """One line a pod; however many there are, only those in view are drawn."""

    BINDING_GROUP_TITLE = "Lists"

    class Considered(Message):
        """The cursor is on another pod."""

    class Chosen(Message):
        """Show all of the one under the cursor."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("Pods", id="pods")
        self._clock = clock

    def choose(self, row: Pod) -> None:  # noqa: ARG002 - it is the one under the cursor
        """Open the detail."""
        self.post_message(self.Chosen())

    def moved(self, row: Pod) -> None:  # noqa: ARG002 - as above
        """Another one would be deleted."""
        self.post_message(self.Considered())

    def row_key(self, row: Pod) -> object:
        """A StatefulSet's new pod has the old one's name, and is in its place."""
        return row.name

    def heads(self, width: int) -> Line:
        """See `row_line`."""
        roomy = width >= _POD_ROOMY
        line = (
            cell("PHASE", _PHASE),
            cell("POD", self._name_width(width)),
            *((cell("READY", _READY, right=True),) if roomy else ()),
            cell("RST", _RESTARTS, right=True),
            cell("LAST END", _END_ROOMY if roomy else _END),
            *((cell("NODE", _NODE),) if roomy else ()),
            cell("AGE", _AGE, right=True),
        )
        return fit(line, width)

    def row_line(self, row: Pod, width: int) -> Line:
        """Phase, name, restarts, how it ended the last time, node, age."""
        now, roomy, state = self._clock(), width >= _POD_ROOMY, pod_state(row)
        ready = f"{sum(one.ready for one in row.containers)}/{len(row.containers)}"
        line = (
            cell(f"{state.glyph} {row.phase or 'not known'}", _PHASE, TONES[state]),
            name_cell(row.name, self._name_width(width)),
            *((cell(ready, _READY, "" if row.ready else "warn", right=True),) if roomy else ()),
            cell(str(row.restarts), _RESTARTS, "warn" if row.restarts else "muted", right=True),
            _end(row, now, _END_ROOMY if roomy else _END),
            *((cell(row.node or "–", _NODE, "muted"),) if roomy else ()),
            cell(ago(row.created_at, now), _AGE, right=True),
        )
        return fit(line, width)

    @staticmethod
    def _name_width(width: int) -> int:
        more = _READY + _END_ROOMY + _NODE if width >= _POD_ROOMY else _END
        return max(width - _PHASE - _RESTARTS - more - _AGE, 10)


def _end(pod: Pod, now: float, width: int) -> Span:
    """`OOMKilled 137 12m`: what memory did stands out, what went well does not."""
    last = last_end(pod)
    if last is None:
        return cell("–", width, "muted")
    code = "" if last.last_exit_code is None else f" {last.last_exit_code}"
    when = "" if last.last_finished_at is None else f" {age(now - last.last_finished_at)}"
    tone: Tone = "crit" if last.last_reason == OOM_KILLED else "warn" if last.last_exit_code else "muted"
    said = f"{last.last_reason or 'ended'}{code}"
    return cell(said + when if len(said + when) < width else said, width, tone)


class EventList(Table[Happening]):
    """What happened to the workload and its pods, the newest first."""

    BINDING_GROUP_TITLE = "Lists"

    class Chosen(Message):
        """Show all of the one under the cursor."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("Events", id="events")
        self._clock = clock

    def choose(self, row: Happening) -> None:  # noqa: ARG002 - it is the one under the cursor
        """Read all of it."""
        self.post_message(self.Chosen())

    def row_key(self, row: Happening) -> object:
        """The server counts up what repeats."""
        return row.about, row.reason, row.message

    def heads(self, width: int) -> Line:
        """See `row_line`."""
        return fit((cell("AGE", _AGE, right=True), cell("REASON", 22), cell("MESSAGE", 20)), width)

    def row_line(self, row: Happening, width: int) -> Line:
        """Age, reason, how often, message; the pod's name is in most messages and in the detail."""
        warning = row.type == "Warning"
        times = f" ×{row.count}" if row.count > 1 else ""
        return fit(
            (
                cell(ago(row.at, self._clock()), _AGE, right=True),
                cell(f"{'▲' if warning else '·'} {row.reason}{times}", 22, "warn" if warning else ""),
                (row.message, "muted"),
            ),
            width,
        )
