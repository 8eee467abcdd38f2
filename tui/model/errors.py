"""What can go wrong, in words for the person who reads it.

Exception
├── SourceError    a backend did not answer usefully; the last value stays on screen
└── ConfigError    a file or setting is wrong; every mistake is named with its place
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tui.model.text import sanitise, sanitise_line


class SourceError(Exception):
    """A backend did not answer usefully.

    `what` names the backend and the request, `why` the cause, `hint` what to try. All three are made safe to
    print here, since they often name what somebody else has named: a file, a workload.
    `up` tells a backend that refused this one request (a bad query) from one that is down or keeps us out: only the
    latter opens its circuit.
    """

    def __init__(self, what: str, why: str, hint: str, *, up: bool = False) -> None:
        what, why, hint = sanitise(what), sanitise(why), sanitise(hint)
        super().__init__(f"{what}: {why}\nhint: {hint}")
        self.what, self.why, self.hint, self.up = what, why, hint, up


class Problem(msgspec.Struct, frozen=True):
    """One mistake in a file the user wrote: `place` is file and path (`ops.toml: tile[2].unit`).

    All three are made safe to print here: a file can be called anything.
    """

    place: str
    why: str
    hint: str = ""

    def __post_init__(self) -> None:
        """Make the texts safe."""
        msgspec.structs.force_setattr(self, "place", sanitise_line(self.place))
        msgspec.structs.force_setattr(self, "why", sanitise(self.why))
        msgspec.structs.force_setattr(self, "hint", sanitise(self.hint))

    def __str__(self) -> str:
        """One line, with its hint on a second."""
        return f"{self.place}: {self.why}" + (f"\nhint: {self.hint}" if self.hint else "")


class ConfigError(Exception):
    """One or more mistakes in a settings or catalog file, all of them at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
