"""Which logs there are to read, by what an operator calls them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tui.model.identity import Platform
from tui.model.log import LogRequest


class LogTarget(msgspec.Struct, frozen=True, kw_only=True):
    """One log, or the merged logs of some pods.

    `request` is how it is asked for at first; `containers` are those that can be chosen instead; `merged` is False
    where there is one source only, whose lines need not wait for others'.
    """

    title: str
    request: LogRequest
    containers: tuple[str, ...] = ()
    merged: bool = True


_TAIL = 1_000
"""Lines of each pod at first; `since` asks for others."""


def _kubernetes(title: str, app: str, container: str) -> LogTarget:
    return LogTarget(title=title, request=LogRequest(selector=f"app={app}", tail=_TAIL), containers=(container,))


def _compose(title: str, service: str) -> LogTarget:
    return LogTarget(title=title, request=LogRequest(selector=service, tail=_TAIL))


TARGETS: Mapping[Platform, tuple[LogTarget, ...]] = {
    "kubernetes": (
        _kubernetes("Workers", "celery-worker", "worker"),
        _kubernetes("API", "api", "api"),
        _kubernetes("Redis", "redis", "redis"),
        _kubernetes("PostgreSQL", "postgres", "postgres"),
    ),
    "compose": (
        _compose("Workers", "worker"),
        _compose("API", "api"),
        _compose("Redis", "redis"),
        _compose("PostgreSQL", "db"),
    ),
}
"""The platform's, the workers first."""
