"""What the simulated pods write: Celery's lines in the workers, uvicorn's in the API, tracebacks when it goes wrong.

Drawn from what the platform exported between two scrapes, so that logs and tiles tell the same story. The same seed
and the same samples are the same lines, however often and in whatever pieces they are asked for.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from tui.sources.demo.workload import TENANTS

_MOST_FAILURES = 30
"""Failed attempts between two scrapes that are written out; a hammering worker fails faster than anyone reads."""
_STALLED_S = 55.0
"""Mean duration from which on calls to the LLM must have timed out."""


class Line(NamedTuple):
    """When (Unix seconds), and what, as one or several lines."""

    at: float
    text: str


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """What happened between `start` and `end` (Unix seconds).

    `succeeded` and `failed` are by tenant; `first` and `begun` number the tickets: those from `first` on finished, and
    those in `begun` were taken. `mean_s` is how long they took.
    """

    start: float
    end: float
    succeeded: Sequence[int]
    failed: Sequence[int]
    first: int
    begun: range
    mean_s: float
    database: bool


def worker_lines(span: Span, workers: Sequence[int], seed: int) -> Iterator[tuple[int, Line]]:
    """Lines of the workers that are up, by index of the worker; in no order."""
    if not workers:
        return
    rng = random.Random(f"{seed} {span.start}")  # noqa: S311 - a simulation has to be repeatable
    for number in span.begun:
        task, _, worker = _ticket(number, workers, seed)
        at = rng.uniform(span.start, span.end)
        yield worker, _celery(at, "INFO", "MainProcess", f"Task workers.tasks.enhance_ticket[{task}] received")
    number = span.first
    for tenant, count in enumerate(span.succeeded):
        for _ in range(count):
            yield from _success(rng, span, tenant, _ticket(number, workers, seed))
            number += 1
    for tenant, count in enumerate(span.failed):
        for _ in range(min(count, _MOST_FAILURES)):
            yield from _failure(rng, span, tenant, _ticket(number, workers, seed))
            number += 1


def ready_lines(at: float, pod: str) -> Iterator[Line]:
    """What a worker writes when it starts."""
    yield Line(at, f" -------------- celery@{pod} v5.7.0 (dawn)")
    yield _celery(at + 0.2, "INFO", "MainProcess", "Connected to redis://redis:6379/0")
    yield _celery(at + 0.4, "INFO", "MainProcess", f"celery@{pod} ready.")


def memory_line(at: float, used: float) -> Line:
    """What a worker writes shortly before it is killed."""
    return _celery(at, "WARNING", "MainProcess", f"workers.memory: resident set at {used:.0%} of the container's limit")


def api_lines(span: Span, seed: int) -> Iterator[Line]:
    """Webhooks and health checks."""
    rng = random.Random(f"{seed} api {span.start}")  # noqa: S311 - see above
    for number in span.begun:
        at = rng.uniform(span.start, span.end)
        tenant = TENANTS[number % len(TENANTS)]
        peer = f"10.0.3.{rng.randrange(2, 250)}:{rng.randrange(30_000, 60_000)}"
        yield Line(at, f'INFO:     {peer} - "POST /webhook/servicedesk?tenant_id={tenant} HTTP/1.1" 202 Accepted')
    yield Line(span.end - 0.1, 'INFO:     10.0.0.1:43210 - "GET /health HTTP/1.1" 200 OK')


def postgres_lines(span: Span, seed: int) -> Iterator[Line]:
    """Checkpoints, or what a database says that shuts down."""
    rng = random.Random(f"{seed} postgres {span.start}")  # noqa: S311 - see above
    at = rng.uniform(span.start, span.end)
    if not span.database:
        yield _postgres(at, "FATAL", "the database system is shutting down")
    elif rng.random() < (span.end - span.start) / 300:
        written = rng.randrange(20, 400)
        yield _postgres(at, "LOG", f"checkpoint complete: wrote {written} buffers ({written / 164:.1f}%)")


class _Ticket(NamedTuple):
    task: str
    ids: str
    worker: int


def _ticket(number: int, workers: Sequence[int], seed: int) -> _Ticket:
    """The ticket with a running number: the same task from when it is received to when it ends."""
    rng = random.Random(seed * 1_000_003 + number)  # noqa: S311 - see above
    raw = f"{rng.getrandbits(128):032x}"
    task = "-".join((raw[:8], raw[8:12], f"4{raw[13:16]}", f"a{raw[17:20]}", raw[20:]))
    ids = f"ticket_id={rng.randrange(10_000, 99_999)} trace_id={rng.getrandbits(128):032x}"
    return _Ticket(task, ids, workers[rng.randrange(len(workers))])


def _success(rng: random.Random, span: Span, tenant: int, ticket: _Ticket) -> Iterator[tuple[int, Line]]:
    at, child = rng.uniform(span.start, span.end), f"ForkPoolWorker-{rng.randrange(1, 5)}"
    took = max(span.mean_s * rng.uniform(0.6, 1.4), 1.0)
    who = f"workers.tasks.enhance_ticket[{ticket.task}]"
    ids = f"tenant_id={TENANTS[tenant]} {ticket.ids}"
    if span.mean_s > _STALLED_S:
        text = f"{who}: llm.openai.completion timed out after 30.0 s, attempt {rng.randrange(1, 4)} of 4 {ids}"
        yield ticket.worker, _celery(at - 0.004, "WARNING", child, text)
    context = rng.uniform(0.3, 1.2)
    yield ticket.worker, _celery(at - 0.003, "DEBUG", child, f"{who}: context_gathering {context:.2f} s {ids}")
    llm = max(took - context - 1, 0.5)
    yield ticket.worker, _celery(at - 0.002, "INFO", child, f"{who}: llm.openai.completion 200 in {llm:.1f} s {ids}")
    yield ticket.worker, _celery(at - 0.001, "INFO", child, f"{who}: ticket_update 200 {ids}")
    done = f"Task {who} succeeded in {took:.3f}s: None"
    yield ticket.worker, _celery(at, "INFO", child, done)


def _failure(rng: random.Random, span: Span, tenant: int, ticket: _Ticket) -> Iterator[tuple[int, Line]]:
    at, child = rng.uniform(span.start, span.end), f"ForkPoolWorker-{rng.randrange(1, 5)}"
    ids = f"tenant_id={TENANTS[tenant]} {ticket.ids}"
    kind = "database" if not span.database else rng.choice(("vendor", "gone"))
    call, code, error = _ERRORS[kind]
    trace = [
        "Traceback (most recent call last):",
        '  File "/app/workers/tasks.py", line 88, in enhance_ticket',
        f"    {call}",
        f'  File "{code}',
        "    raise exc",
        error,
    ]
    text = f"workers.tasks.enhance_ticket[{ticket.task}]: {error} {ids}"
    yield ticket.worker, _celery(at, "ERROR", child, "\n".join([text, *trace]))


_ERRORS = {
    "database": (
        "context = gather(session, tenant_id, ticket_id)",
        '/usr/local/lib/python3.11/site-packages/sqlalchemy/engine/base.py", line 145, in __init__',
        'sqlalchemy.exc.OperationalError: connection to server at "postgres", port 5432 failed: Connection refused',
    ),
    "vendor": (
        "answer = openai.complete(prompt)",
        '/usr/local/lib/python3.11/site-packages/httpx/_models.py", line 829, in raise_for_status',
        "httpx.HTTPStatusError: '429 Too Many Requests' for url 'https://api.openai.com/v1/chat/completions'",
    ),
    "gone": (
        "servicedesk.update_ticket(ticket_id, answer)",
        '/usr/local/lib/python3.11/site-packages/httpx/_models.py", line 829, in raise_for_status',
        "httpx.HTTPStatusError: '404 Not Found' for url 'https://sdpondemand.manageengine.com/api/v3/requests'",
    ),
}
"""The call, where it failed, and the exception."""


def _celery(at: float, level: str, process: str, text: str) -> Line:
    time = dt.datetime.fromtimestamp(at, dt.UTC)
    return Line(at, f"[{time:%Y-%m-%d %H:%M:%S},{time.microsecond // 1000:03}: {level}/{process}] {text}")


def _postgres(at: float, level: str, text: str) -> Line:
    time = dt.datetime.fromtimestamp(at, dt.UTC)
    return Line(at, f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 1000:03} UTC [64] {level}:  {text}")
