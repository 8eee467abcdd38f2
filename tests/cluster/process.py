"""Local processes as containers have them: an environment from the pod, a session of their own, a memory limit."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import re
import signal
import sys
from pathlib import Path

from tests.cluster.objects import Object
from tests.cluster.store import Store

_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PATH = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
"""So that `python` is there, as in the platform's images."""


class ConfigMissingError(Exception):
    """The pod names a secret or config map that is not there; the kubelet tries again later."""


def quantity(text: str) -> int:
    """`64Mi` in bytes; raises ValueError."""
    found = re.fullmatch(r"(\d+)(\w*)", text)
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"not a quantity of bytes: {text!r}")
    return int(found[1]) * _UNITS[found[2]]


def environment(store: Store, pod: Object, container: Object) -> dict[str, str]:
    """All variables of a container; raises ConfigMissingError.

    Nothing of the test's own environment gets in but PATH.
    """
    meta = pod["metadata"]

    def data(plural: str, name: str) -> dict[str, str]:
        found = store.find(plural, meta["namespace"], name)
        if found is None:
            raise ConfigMissingError(f'{plural.removesuffix("s")} "{name}" not found')
        values: dict[str, str] = found.get("data", {})
        return values if plural == "configmaps" else {key: _decoded(value) for key, value in values.items()}

    def value(source: Object) -> str:
        if field := source.get("fieldRef"):
            at: object = pod
            for part in field["fieldPath"].split("."):
                at = at.get(part, "") if isinstance(at, dict) else ""
            return str(at)
        plural, ref = (
            ("secrets", source["secretKeyRef"])
            if "secretKeyRef" in source
            else ("configmaps", source["configMapKeyRef"])
        )
        values = data(plural, ref["name"])
        if ref["key"] not in values:
            raise ConfigMissingError(
                f"couldn't find key {ref['key']} in {plural.removesuffix('s')} {meta['namespace']}/{ref['name']}"
            )
        return values[ref["key"]]

    variables = {"PATH": _PATH, "HOSTNAME": meta["name"], "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8"}
    for source in container.get("envFrom", ()):
        plural, ref = (
            ("secrets", source["secretRef"]) if "secretRef" in source else ("configmaps", source["configMapRef"])
        )
        variables |= data(plural, ref["name"])
    for each in container.get("env", ()):
        variables[each["name"]] = value(each["valueFrom"]) if "valueFrom" in each else each.get("value", "")
    return variables


def _decoded(value: str) -> str:
    return base64.b64decode(value).decode()


def send(pid: int, number: signal.Signals, *, group: bool) -> None:
    """Signal a process, or all of its session's group; one that has ended is no mistake."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if group:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)


def memory(pid: int) -> int:
    """Resident bytes of a process and its descendants, from /proc; 0 when it has ended or there is no /proc."""
    try:
        total = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
        children = [
            child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
        ]
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0
    return total + sum(memory(int(child)) for child in children)


async def output(arguments: list[str], variables: dict[str, str], folder: Path, timeout_s: float) -> tuple[int, str]:
    """Run a probe to its end: exit code and what it said. Raises TimeoutError, and OSError if it cannot be started."""
    process = await asyncio.create_subprocess_exec(
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=variables,
        cwd=folder,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(timeout_s):
            said, _ = await process.communicate()
    finally:
        send(process.pid, signal.SIGKILL, group=True)
        await process.communicate()
    return process.returncode or 0, said.decode(errors="replace")
