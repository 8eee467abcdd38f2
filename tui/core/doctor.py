"""What works and what does not: every backend of a profile, asked once, at the same time."""

from __future__ import annotations

import asyncio
import importlib
import stat
import time
from collections.abc import Callable, Sequence

import msgspec

from tui.core.settings import Settings
from tui.core.wiring import NamedProbe
from tui.model.errors import SourceError
from tui.model.text import sanitise_line
from tui.sources.http import Denied, Unreachable

_GRACE_S = 1.0
"""Beyond a probe's own timeout: it may say better than we why it is late."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One backend.

    `where` is its address, `origin` where that was said: the settings file's name, a variable, "flag" or "default".
    `reachable` and `ok` are None for what is not configured; `reachable` is true also for a server that lets us in no
    further. `why` and `hint` are empty when all is well; `note` is what else there is to say.
    """

    name: str
    where: str
    origin: str
    configured: bool
    ok: bool | None = None
    reachable: bool | None = None
    authenticated: str = ""
    version: str = ""
    elapsed_ms: float | None = None
    why: str = ""
    hint: str = ""
    note: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All backends of one profile. `ok` is whether all that is configured works; `config` is the file that was read."""

    profile: str
    config: str | None
    ok: bool
    notes: tuple[str, ...]
    backends: tuple[Finding, ...]


async def examine(
    settings: Settings, probes: Sequence[NamedProbe], *, clock: Callable[[], float] = time.perf_counter
) -> Report:
    """Ask every configured backend, all at once, each within its timeout.

    Args:
        settings: Where the profile comes from.
        probes: As `tui.core.wiring.probes` makes them.
        clock: Seconds; only differences matter.
    """
    for client in sorted({probe.client for probe in probes if probe.probe is not None and probe.client}):
        importlib.import_module(client)  # first, so that the times are the backends', not Python's
    findings = await asyncio.gather(*(_examine(probe, settings.origin(probe.setting), clock) for probe in probes))
    return Report(
        profile=settings.profile.name,
        config=sanitise_line(str(settings.config), 4_096) if settings.config else None,
        ok=all(finding.ok is not False for finding in findings),
        notes=(*settings.notes, *exposed(settings)),
        backends=tuple(findings),
    )


async def _examine(named: NamedProbe, origin: str, clock: Callable[[], float]) -> Finding:
    finding = Finding(name=named.name, where=named.where, origin=origin, configured=named.probe is not None)
    if named.probe is None:
        return finding
    began = clock()
    try:
        async with asyncio.timeout(named.timeout_s + _GRACE_S):
            health = await named.probe.probe()
    except SourceError as error:
        changes: dict[str, object] = {
            "ok": False,
            "reachable": not isinstance(error, Unreachable),
            "authenticated": "denied" if isinstance(error, Denied) else "",
            "why": error.why,
            "hint": error.hint,
        }
    except TimeoutError:
        why = f"no answer within {named.timeout_s:g} s"
        changes = {"ok": False, "reachable": False, "why": why, "hint": "try again; raise timeout_s if it is far away"}
    else:
        changes = {
            "ok": True,
            "reachable": True,
            "version": health.version,
            "authenticated": health.authenticated,
            "note": health.note,
        }
    return msgspec.structs.replace(finding, elapsed_ms=round((clock() - began) * 1000, 1), **changes)


def exposed(settings: Settings) -> tuple[str, ...]:
    """Secret files that everybody on this machine can read."""
    notes = []
    for section in ("prometheus", "alertmanager", "jaeger", "grafana", "redis"):
        backend = getattr(settings.profile, section)
        for field in ("password_file", "bearer_token_file", "key_file"):
            path = getattr(backend, field, None)
            try:
                mode = path.stat().st_mode if path is not None else 0
            except OSError:  # the probe says so
                continue
            if mode & stat.S_IROTH:
                name = sanitise_line(str(path), 200)
                notes.append(f"{section}.{field}: {name} is readable by everybody; chmod 600 it")
    return tuple(notes)
