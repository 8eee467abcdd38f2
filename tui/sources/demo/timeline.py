"""One workload of the simulated platform: its pods as spans of time, drawn up whenever something is asked of it.

Everything that will happen is known at once, so what there is at an age does not depend on how often it was looked at.
Asking for something else drops what has not happened yet and draws up the rest anew: as in life, a rollout is overtaken
by the next. Ages are seconds of the simulated platform.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from tui.model.workload import Kind, Ref

READY_S = 7
"""From a pod's creation to its readiness."""
PULL_S = 2
"""For so long of that its container is being created."""
GRACE_S = 3
"""A pod takes this long to end in order."""
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A pod template by the little that differs. `restarted_at` is Unix seconds."""

    number: int
    digest: str
    image: str
    created_at: float
    cause: str = ""
    restarted_at: float | None = None


class Life(msgspec.Struct, kw_only=True):
    """A pod from its creation to its end. `slot` is its place among its workload's pods, which its successor takes."""

    name: str
    slot: int
    digest: str
    created: int
    ready: int
    ending: int | None = None
    restarts_before: int = 0
    """Restarts of the slot's earlier pods."""

    def there(self, age: int) -> bool:
        """Whether it exists, be it that it is ending."""
        return self.created <= age and (self.ending is None or age < self.ending + GRACE_S)

    def active(self, age: int) -> bool:
        """Whether it exists and is not ending."""
        return self.created <= age and (self.ending is None or age < self.ending)


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happens at an age."""

    age: int
    about: str
    reason: str
    message: str


class Timeline:
    """The pods of one workload.

    Args:
        ref: Which.
        container: Its container's name.
        versions: The oldest first; the last is the present one.
        names: Its pods at age 0 of the timeline.
        rng: Draws names.
    """

    def __init__(
        self, ref: Ref, container: str, versions: list[Version], names: tuple[str, ...], rng: random.Random
    ) -> None:
        self.ref, self.container, self.versions, self.desired = ref, container, versions, len(names)
        self.generation, self.changed, self._rng = len(versions), 0, rng
        digest = versions[-1].digest
        self.pods = [
            Life(name=name, slot=slot, digest=digest, created=-86_400, ready=-86_393) for slot, name in enumerate(names)
        ]
        self.notes: list[Note] = []

    @property
    def kind(self) -> Kind:
        """Deployment or StatefulSet."""
        return self.ref.kind

    def digest(self) -> str:
        """A new template's digest, which replica sets are named by."""
        return "".join(self._rng.choices(_ALPHABET, k=10))

    def draw_up(self, age: int, restarts: Callable[[int], int]) -> None:
        """Plan all that follows from `desired` and the newest version, as of `age`.

        Args:
            age: Now.
            restarts: How often a slot's container was restarted so far.
        """
        self.generation += 1
        self.changed = age
        self._forget(age)
        live = [pod for pod in self.pods if pod.active(age)]
        soon, taken = age + 1, {pod.slot for pod in live}
        for pod in live:
            if pod.slot >= self.desired:
                self._end(pod, soon)
        for slot in range(self.desired):
            if slot not in taken:
                self._create(slot, soon, restarts)
        if len(taken) != self.desired:
            self._note(soon, str(self.ref), "ScalingReplicaSet", f"Scaled to {self.desired}")
        at = max((pod.ready for pod in self.pods if pod.created <= soon and pod.ending is None), default=0)
        at = max(soon, at)
        for pod in sorted(live, key=lambda pod: pod.slot, reverse=self.kind == "StatefulSet"):
            if pod.ending is None and pod.digest != self.versions[-1].digest:
                self._end(pod, at)
                at = self._create(pod.slot, at + (GRACE_S if self.kind == "StatefulSet" else 0), restarts).ready

    def replace(self, pod: Life, age: int, restarts: Callable[[int], int]) -> None:
        """End one pod, and let another take its place."""
        self._end(pod, age)
        self._create(pod.slot, age + (GRACE_S if self.kind == "StatefulSet" else 0), restarts)

    def turns(self, age: int) -> list[tuple[int, int, bool]]:
        """When each slot stops and starts to serve, from now on."""
        lives = [pod for pod in self.pods if pod.ending is None or pod.ending > pod.ready]
        found = [(pod.ready, pod.slot, True) for pod in lives if pod.ready > age]
        found += [(pod.ending, pod.slot, False) for pod in self.pods if pod.ending is not None and pod.ending > age]
        return found

    def _forget(self, age: int) -> None:
        """Drop what has not happened yet, and pods that are long gone."""
        self.pods = [pod for pod in self.pods if pod.there(age)]
        for pod in self.pods:
            if pod.ending is not None and pod.ending > age:
                pod.ending = None
        self.notes = [note for note in self.notes if age - 3600 < note.age <= age]

    def _end(self, pod: Life, age: int) -> None:
        pod.ending = age
        self._note(age, f"pod/{pod.name}", "Killing", f"Stopping container {self.container}")

    def _create(self, slot: int, age: int, restarts: Callable[[int], int]) -> Life:
        digest = self.versions[-1].digest
        suffix = "".join(self._rng.choices(_ALPHABET, k=5))
        name = f"{self.ref.name}-{slot}" if self.kind == "StatefulSet" else f"{self.ref.name}-{digest}-{suffix}"
        pod = Life(
            name=name, slot=slot, digest=digest, created=age, ready=age + READY_S, restarts_before=restarts(slot)
        )
        self.pods.append(pod)
        about = f"pod/{name}"
        self._note(age, about, "Scheduled", f"Successfully assigned {name} to node-{1 + slot % 3}")
        self._note(age + PULL_S, about, "Started", f"Started container {self.container}")
        return pod

    def _note(self, age: int, about: str, reason: str, message: str) -> None:
        self.notes.append(Note(age=age, about=about, reason=reason, message=message))
