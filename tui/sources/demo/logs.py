"""The logs of the simulated platform behind LogSource."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterator
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

from tui.model.log import LogItem, LogLines, LogNotice, LogRequest
from tui.sources.demo.log_lines import (
    Line,
    Span,
    api_lines,
    memory_line,
    postgres_lines,
    ready_lines,
    worker_lines,
)
from tui.sources.demo.metrics import MEMORY_LIMIT, OTHERS, WORKERS
from tui.sources.demo.platform import SCRAPE_S, Platform
from tui.sources.demo.store import Series
from tui.sources.demo.workload import TENANTS

_POLL_S = 0.5
_CLIMBING = 0.55
"""Of the limit: more than a worker uses that works, less than one that is about to be killed."""
_HIGH_MEMORY = 0.85
_SELECTORS = {"app=celery-worker": WORKERS, **{f"app={container}": (pod,) for pod, container in OTHERS}}


class _Happening(NamedTuple):
    """A line of a pod, or something about it (`text` then is no line)."""

    at: float
    pod: str
    text: str
    notice: bool = False
    gone: bool = False


class DemoLogs:
    """A LogSource. What was scraped at one time is written in the five seconds after it, so it can be followed live.

    Args:
        platform: Advanced to the clock when it is asked.
        seed: Another one, other lines.
        poll_s: Between two looks while following.
    """

    def __init__(self, platform: Platform, seed: int, *, poll_s: float = _POLL_S) -> None:
        self._platform, self._seed, self._poll_s = platform, seed, poll_s
        self._series = {series.labels: series for series in platform.store.series}

    async def stream(self, request: LogRequest) -> AsyncIterator[LogItem]:
        """Lines of the pods of a selector, merged by time, then whatever comes."""
        pods = [pod for pod in _SELECTORS.get(request.selector, ()) if not request.pods or pod in request.pods]
        now = self._platform.advance()
        if not pods:
            yield LogNotice(source=request.selector, text="no pod matches", at=now, gone=True)
            return
        if request.previous:
            for item in self._previous(pods, now):
                yield item
            return
        for past in self._past(pods, request, now):
            yield past
            await asyncio.sleep(0)
        written = now
        while request.follow:
            await asyncio.sleep(self._poll_s)
            now = self._platform.advance()
            for item in _items(self._between(pods, written, now)):
                yield item
            written = now

    def _past(self, pods: list[str], request: LogRequest, now: float) -> Iterator[LogItem]:
        times = self._platform.store.times
        oldest = times[0] / 1000 if request.since_s is None else now - request.since_s
        if request.tail is None:
            for slice_at in range(int(oldest), int(now) + 1, _SLICE_S):
                yield from _items(self._between(pods, max(oldest, float(slice_at)), min(slice_at + _SLICE_S, now)))
            return
        found: list[_Happening] = []
        start, wanted = now, request.tail
        while start > oldest and any(_count(found, pod) < wanted for pod in pods):
            before = max(start - _SLICE_S, oldest)
            found = [*self._between(pods, before, start), *found]
            start = before
        kept: list[_Happening] = []
        left = dict.fromkeys(pods, wanted)
        for happening in reversed(found):
            if happening.notice or left[happening.pod] > 0:
                kept.append(happening)
                left[happening.pod] -= 0 if happening.notice else 1
        yield from _items(reversed(kept))

    def _previous(self, pods: list[str], now: float) -> Iterator[LogItem]:
        """The last lines of the containers that were killed."""
        for pod in pods:
            lines = self._between([pod], now - _PREVIOUS_S, now)
            ends = [index for index, happening in enumerate(lines) if happening.gone]
            if ends:
                yield from _items(line for line in lines[: ends[-1]] if not line.notice)
            else:
                yield LogNotice(source=pod, text="no previous container", at=now, gone=True)

    # ── From samples to lines ────────────────────────────────────────────────────────────────────────────────────────

    def _between(self, pods: list[str], start: float, end: float) -> list[_Happening]:
        """What is written after `start` and up to `end` (Unix seconds), in order."""
        times = self._platform.store.times
        found: list[_Happening] = []
        shift = SCRAPE_S  # what is scraped is the past; it is written as if it were just happening
        for row in range(max(bisect_right(times, (start - shift) * 1000), 1), len(times)):
            began, ended = times[row - 1] / 1000 + shift, times[row] / 1000 + shift
            if began >= end:
                break
            found += [one for one in self._row(pods, row, began, ended) if start < one.at <= end]
        return sorted(found, key=attrgetter("at"))

    def _row(self, pods: list[str], row: int, began: float, ended: float) -> Iterator[_Happening]:
        """All that happened between two scrapes."""
        span = self._span(row, began, ended)
        if pods[0] in WORKERS:
            up = [worker for worker in range(len(WORKERS)) if self._is_up(worker, row)]
            for worker, line in worker_lines(span, up, self._seed):
                if WORKERS[worker] in pods:
                    yield from _written(WORKERS[worker], line)
            for pod in pods:
                yield from self._turns(WORKERS.index(pod), row, began)
        elif pods[0].startswith("api"):
            for line in api_lines(span, self._seed):
                yield from _written(pods[0], line)
        elif pods[0].startswith("postgres"):
            for line in postgres_lines(span, self._seed):
                yield from _written(pods[0], line)

    def _turns(self, worker: int, row: int, at: float) -> Iterator[_Happening]:
        """What is to be said when a worker is killed, tries again, or is back."""
        pod = WORKERS[worker]
        used = self._memory(worker).values[row] / MEMORY_LIMIT
        was, is_ = self._is_up(worker, row - 1), self._is_up(worker, row)
        if is_ and used > _HIGH_MEMORY:
            yield from _written(pod, memory_line(at + 1, used))
        if was and not is_:
            # The fault takes the memory of all, and kills one by one.
            near = max(max(self._memory(one).values[row - 1 : row + 1]) for one in range(len(WORKERS)))
            killed = near / MEMORY_LIMIT > _CLIMBING
            why = "OOMKilled, exit code 137" if killed else "Completed, exit code 0"  # a rollout replaces it
            yield _Happening(at + 4, pod, f"container worker ended: {why}", notice=True, gone=True)
        elif is_ and not was:
            yield _Happening(at, pod, "appeared", notice=True)
            for line in ready_lines(at + 0.1, pod):
                yield from _written(pod, line)
        elif self._delta("kube_pod_container_status_restarts_total", row, pod=pod, container="worker"):
            yield _Happening(at, pod, "container worker was restarted", notice=True)
            for line in ready_lines(at + 0.1, pod):
                yield from _written(pod, line)
            yield _Happening(at + 4, pod, "container worker ended: OOMKilled, exit code 137", notice=True, gone=True)

    def _span(self, row: int, began: float, ended: float) -> Span:
        succeeded = [self._requests(row, "success", tenant) for tenant in TENANTS]
        failed = [self._requests(row, "failure", tenant) for tenant in TENANTS]
        spent = sum(self._delta("enhancement_duration_seconds_sum", row, tenant_id=tenant) for tenant in TENANTS)
        finished = sum(succeeded) or 1
        done = [self._finished(at) for at in (row - 1, row)]
        return Span(
            start=began,
            end=ended,
            succeeded=succeeded,
            failed=failed,
            first=int(done[0]),
            begun=range(int(done[0]) + _IN_WORK, int(done[1]) + _IN_WORK),
            mean_s=spent / finished,
            database=self._value("pg_up", row) > 0,
        )

    def _finished(self, row: int) -> float:
        """Tickets that ever ended."""
        return sum(
            self._value("enhancement_requests_total", row, status=status, tenant_id=tenant)
            for status in ("success", "failure")
            for tenant in TENANTS
        )

    def _requests(self, row: int, status: str, tenant: str) -> int:
        return int(self._delta("enhancement_requests_total", row, status=status, tenant_id=tenant))

    def _is_up(self, worker: int, row: int) -> bool:
        """A container that only tries to start has nearly all its memory, and one restart more."""
        restarted = self._delta(
            "kube_pod_container_status_restarts_total", row, pod=WORKERS[worker], container="worker"
        )
        return self._memory(worker).values[row] > 0 and not restarted

    def _memory(self, worker: int) -> Series:
        return self._find("container_memory_usage_bytes", pod=WORKERS[worker], container="worker")

    def _value(self, name: str, row: int, **labels: str) -> float:
        return self._find(name, **labels).values[row]

    def _delta(self, name: str, row: int, **labels: str) -> float:
        values = self._find(name, **labels).values
        return max(values[row] - values[row - 1], 0.0) if row else 0.0

    def _find(self, name: str, **labels: str) -> Series:
        return self._series[tuple(sorted([("__name__", name), *labels.items()]))]


_IN_WORK = 24
"""Tickets that a ticket is received before it ends."""
_SLICE_S = 300
"""Seconds of the past that are written at once."""
_PREVIOUS_S = 1800
"""How far back a previous container is looked for."""


def _count(found: list[_Happening], pod: str) -> int:
    return sum(happening.pod == pod and not happening.notice for happening in found)


def _written(pod: str, line: Line) -> Iterator[_Happening]:
    for text in line.text.split("\n"):
        yield _Happening(line.at, pod, text)


def _items(happenings: Iterator[_Happening] | list[_Happening]) -> Iterator[LogItem]:
    """As a source sends it: consecutive lines of one pod together."""
    for (pod, notice), group in groupby(happenings, key=itemgetter(1, 3)):
        some = list(group)
        if notice:
            for one in some:
                yield LogNotice(source=pod, text=one.text, at=one.at, gone=one.gone)
        else:
            yield LogLines(
                source=pod, lines=tuple(one.text.encode() for one in some), stamps=tuple(one.at for one in some)
            )
