"""The kubectl command that does the same as a change, for the operator to read and to learn."""

from __future__ import annotations

import shlex

from tui.model.workload import Change


def command(change: Change, *, context: str = "", namespace: str = "") -> str:
    """As one would type it; context and namespace only where they are not kubectl's own."""
    place = (("--context", context), ("-n", namespace))
    kubectl = ["kubectl", *(part for name, value in place if value for part in (name, value))]
    match change.verb:
        case "restart":
            return shlex.join([*kubectl, "rollout", "restart", change.target])
        case "undo":
            revision = [f"--to-revision={change.argument}"] if change.argument else []
            return shlex.join([*kubectl, "rollout", "undo", change.target, *revision])
        case "scale":
            return shlex.join([*kubectl, "scale", change.target, f"--replicas={change.argument}"])
        case "delete-pod":
            return shlex.join([*kubectl, "delete", change.target])
