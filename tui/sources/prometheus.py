"""Prometheus, or any server that answers its HTTP API, such as VictoriaMetrics.

`prometheus_api_client.PrometheusConnect` asks the queries. It keeps only `data.result` of an answer, retries three
times on its own, rounds a range to whole seconds and knows no alerts. So each call gives it, as its session, an
`_Exchange` over the one pooled session: that keeps the envelope with its warnings, bounds time and size, and makes
errors readable; the exact range goes in by `params`; alerts and build info are asked through the same exchange. Bodies
are decoded with msgspec, which takes a fifth of the time of `json`.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import email.utils
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tui.model.alert import Alert, Phase
from tui.model.errors import SourceError
from tui.model.profile import HttpBackend
from tui.model.samples import Matrix, Sample, Series, Vector
from tui.model.text import sanitise, sanitise_line
from tui.sources.call import Call, in_thread
from tui.sources.http import UNREADABLE, Access
from tui.sources.protocols import Health

if TYPE_CHECKING:
    import requests

    from tui.sources.session import Answer

MAX_POINTS = 11_000
"""Points of one series in one answer, the server's own limit."""

T = TypeVar("T")
_Point = tuple[float, str]
_HTTP_OK = 200
_BAD_QUERY = {400, 422}
_FRESH = {"nocache": "1"}
"""Without this VictoriaMetrics answers as of 30 s ago and on a grid of its own. Prometheus ignores it.

Still, VictoriaMetrics holds the last 30 s of a range at the value before (`-search.latencyOffset`).
"""


class _Envelope(msgspec.Struct, frozen=True):
    status: str
    data: msgspec.Raw = msgspec.Raw()
    error: str = ""
    warnings: tuple[str, ...] = ()


class _Result(msgspec.Struct, frozen=True):
    kind: str = msgspec.field(name="resultType")
    value: msgspec.Raw = msgspec.field(name="result")


class _Single(msgspec.Struct, frozen=True):
    metric: dict[str, str] = {}
    value: _Point | None = None
    """None for a native histogram, which has `histogram` instead."""


class _Many(msgspec.Struct, frozen=True):
    metric: dict[str, str] = {}
    values: tuple[_Point, ...] = ()


class _Active(msgspec.Struct, frozen=True):
    state: Phase
    active_at: datetime = msgspec.field(name="activeAt")
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    value: str = ""


class _Alerts(msgspec.Struct, frozen=True):
    alerts: tuple[_Active, ...]


class _Build(msgspec.Struct, frozen=True):
    version: str = ""


class Prometheus:
    """A MetricSource, an AlertSource and a Probe. Nothing is imported, opened or read before the first call.

    Args:
        backend: Where it is, how to authenticate, and how long a whole call may take.
        clock: Unix seconds; stamps an empty answer of a server that sends no date.
    """

    def __init__(self, backend: HttpBackend, *, clock: Callable[[], float] = time.time) -> None:
        self._access = Access("Prometheus", backend)
        self._clock = clock
        self._opening = threading.Lock()
        self._session: requests.Session | None = None
        self._running: set[Call] = set()

    async def instant(self, expr: str) -> Vector:
        """Evaluate `expr` now.

        A scalar is one sample without labels. `Vector.at` is the server's time; that of an empty answer comes from its
        Date header, in whole seconds.

        Raises:
            SourceError: no answer, an HTTP status other than 200, or a result that is not numbers.
        """

        def ask(exchange: _Exchange) -> Vector:
            result: _Result = exchange.client().custom_query(expr, params=_FRESH)
            samples = _samples(result, exchange)
            at = samples[0].at if samples else exchange.date(self._clock)
            return Vector(samples=samples, at=at, warnings=exchange.warnings)

        return await self._run(f"query {sanitise_line(expr, 200)}", ask)

    async def window(self, expr: str, *, start: float, step: float, points: int) -> Matrix:
        """Evaluate `expr` at `points` instants `step` seconds apart from `start` (Unix seconds) on.

        Each series has exactly `points` values; where the server has none, None.

        Raises:
            SourceError: as `instant`, and for more than 11,000 points.
        """
        doing = f"query {sanitise_line(expr, 200)}"
        if not (0 < points <= MAX_POINTS and step > 0):
            why = f"{points:,} points {step:g} s apart; at most {MAX_POINTS:,} can be asked for"
            raise SourceError(doing, why, "a longer step, or a shorter time", up=True)
        end = start + step * (points - 1)
        grid = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}", **_FRESH}

        def ask(exchange: _Exchange) -> Matrix:
            epoch = datetime.fromtimestamp(0, UTC)  # the client wants some; `params` comes after it and is exact
            result: _Result = exchange.client().custom_query_range(expr, epoch, epoch, "1", params=grid)
            found = msgspec.json.decode(result.value, type=tuple[_Many, ...])
            series = tuple(
                Series(
                    start=start, step=step, labels=_safe(one.metric), values=_gridded(one.values, start, step, points)
                )
                for one in found
            )
            return Matrix(series=series, warnings=exchange.warnings)

        return await self._run(doing, ask)

    async def alerts(self) -> tuple[Alert, ...]:
        """All active alerts, in no particular order.

        Raises:
            SourceError: as `instant`.
        """
        found = await self._run("alerts", lambda exchange: exchange.get("/api/v1/alerts", _Alerts))
        return tuple(_alert(active) for active in found.alerts)

    async def probe(self) -> Health:
        """Ask for the version, which not every compatible server tells, and for what needs the access that tiles need.

        Raises:
            SourceError: as `instant`.
        """
        answer = await self.instant("vector(1)")
        try:
            build = await self._run("version", lambda exchange: exchange.get("/api/v1/status/buildinfo", _Build))
        except SourceError:
            build = _Build()
        note = "; ".join(answer.warnings)
        return Health(version=sanitise_line(build.version, 40), authenticated=self._access.words, note=note)

    async def aclose(self) -> None:
        """End what runs and close the connections."""
        for call in tuple(self._running):
            call.interrupt()
        if self._session is not None:
            self._session.close()

    async def _run(self, doing: str, ask: Callable[[_Exchange], T]) -> T:
        """Run `ask` in a thread, which also does the import and opens the session."""

        def work(call: Call) -> T:
            try:
                return ask(_Exchange(self._opened(), call, self._access, doing))
            except UNREADABLE as error:
                raise self._access.garbled(
                    f"an answer that is not Prometheus': {sanitise_line(str(error), 200)}"
                ) from error

        return await in_thread(
            work,
            name=f"prometheus {doing}",
            timeout_s=self._access.backend.timeout_s,
            late=lambda call: self._access.timed_out(connected=call.connected),
            running=self._running,
        )

    def _opened(self) -> requests.Session:
        from tui.sources import session  # imports requests, 60 ms: not before the first call

        with self._opening:
            if self._session is None:
                self._session = session.open_session(self._access)
            return self._session


class _Exchange:
    """One call, in the place of the session that PrometheusConnect expects."""

    verify, cert = True, None

    def __init__(self, session: requests.Session, call: Call, access: Access, doing: str) -> None:
        self._session, self._call, self._access, self._doing = session, call, access, doing
        self._date = ""
        self.warnings: tuple[str, ...] = ()

    def client(self) -> Any:  # noqa: ANN401 - the client has no types
        """PrometheusConnect over this exchange; its queries return a `_Result`."""
        from prometheus_api_client import PrometheusConnect  # not before the first call

        return PrometheusConnect(url=self._access.url, session=self)

    def mount(self, prefix: str, adapter: object) -> None:
        """The client mounts an adapter that retries; ours is mounted already."""

    def request(self, method: str, url: str, *, params: dict[str, str], **_settings: object) -> _Reply:  # noqa: ARG002
        """What the client asks its session for; headers, certificates and timeouts are the session's to know."""
        return _Reply(self._ask(url, params, _Result))

    def get(self, path: str, kind: type[T]) -> T:
        """Ask what the client has no method for; `kind` is the shape of `data`."""
        return self._ask(f"{self._access.url}{path}", None, kind)

    def date(self, clock: Callable[[], float]) -> float:
        """When the server answered, in Unix seconds."""
        try:
            return email.utils.parsedate_to_datetime(self._date).timestamp()
        except ValueError:
            return clock()

    def not_numbers(self, why: str, hint: str) -> SourceError:
        """The query is answered, with what no tile or graph can show."""
        return SourceError(self._doing, why, hint, up=True)

    def _ask(self, url: str, params: dict[str, str] | None, kind: type[T]) -> T:
        from tui.sources.session import fetch  # loaded by now

        answer = fetch(self._session, self._call, self._access, url, params)
        if answer.status != _HTTP_OK:
            raise self._refusal(answer)
        envelope = _envelope(answer.body)
        if envelope is None:
            raise self._access.garbled(
                f"no answer of Prometheus: {self._access.foreign(_text(answer.body)) or 'empty'}"
            )
        if envelope.status != "success":
            raise self._bad_query(envelope.error)
        self._date = answer.headers.get("Date", "")
        self.warnings = tuple(sanitise_line(warning, 300) for warning in envelope.warnings)
        return msgspec.json.decode(envelope.data, type=kind)

    def _refusal(self, answer: Answer) -> SourceError:
        envelope = _envelope(answer.body)
        if envelope is not None and answer.status in _BAD_QUERY:
            return self._bad_query(envelope.error)
        said = envelope.error if envelope is not None else _text(answer.body)
        return self._access.refused(answer.status, said, answer.headers.get("Location", ""))

    def _bad_query(self, said: str) -> SourceError:
        return SourceError(self._doing, self._access.foreign(said) or "refused", "correct the expression", up=True)


class _Reply:
    """An answer as the client reads it."""

    status_code = _HTTP_OK

    def __init__(self, result: _Result) -> None:
        self._result = result

    def json(self) -> dict[str, dict[str, _Result]]:
        """The client returns `["data"]["result"]` of this: the result with its kind, not yet decoded."""
        return {"data": {"result": self._result}}


def _envelope(body: bytes) -> _Envelope | None:
    """The JSON object around every answer; None when there is none."""
    try:
        return msgspec.json.decode(body, type=_Envelope)
    except UNREADABLE:
        return None


def _text(body: bytes) -> str:
    return body[:20_000].decode(errors="replace")


def _samples(result: _Result, exchange: _Exchange) -> tuple[Sample, ...]:
    match result.kind:
        case "vector":
            found = msgspec.json.decode(result.value, type=tuple[_Single, ...])
        case "scalar":
            found = (_Single(value=msgspec.json.decode(result.value, type=_Point)),)
        case "matrix":
            raise exchange.not_numbers("a range, not one value", "take one, for example max_over_time(…[5m])")
        case other:
            raise exchange.not_numbers(f"a {sanitise_line(other, 20)}, not a number", "correct the expression")
    samples = []
    for one in found:
        if one.value is None:
            raise exchange.not_numbers(
                "a native histogram, not a number", "take one, for example histogram_quantile(…)"
            )
        at, value = one.value
        samples.append(Sample(value=float(value), at=at, labels=_safe(one.metric)))
    return tuple(samples)


def _gridded(found: tuple[_Point, ...], start: float, step: float, points: int) -> tuple[float | None, ...]:
    values: list[float | None] = [None] * points
    for at, value in found:
        index = round((at - start) / step)
        if 0 <= index < points:
            values[index] = float(value)
    return tuple(values)


def _alert(active: _Active) -> Alert:
    labels, annotations = _safe(active.labels), {sanitise_line(k): sanitise(v) for k, v in active.annotations.items()}
    try:
        value = float(active.value)
    except ValueError:
        value = None
    return Alert(
        name=labels.get("alertname", ""),
        phase=active.state,
        active_at=active.active_at.timestamp(),
        value=value,
        labels=labels,
        annotations=annotations,
    )


def _safe(labels: dict[str, str]) -> dict[str, str]:
    return {sanitise_line(name): sanitise_line(value) for name, value in labels.items()}
