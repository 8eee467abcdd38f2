"""The demo's evaluator answers what Prometheus answers: the same samples, the same expressions, the same instants."""

from __future__ import annotations

import json
import math
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping

import pytest

from tui.model.errors import SourceError
from tui.sources.demo import Platform
from tui.sources.demo.faults import CRASH
from tui.sources.demo.promql import compile_query
from tui.sources.demo.store import NAME, Series, Store, label_set

BASE = 1_700_000_100
"""Unix seconds, a whole minute."""
INSTANTS = (BASE + 1800, BASE + 1807, BASE + 2222.125, BASE + 3599)
"""On the grid of the samples and off it, within and after the life of the short series."""

Answer = dict[tuple[tuple[str, str], ...], float]

EXPRESSIONS = [
    # selectors
    "gauge",
    'gauge{kind="a"}',
    'gauge{kind!="a"}',
    'gauge{kind=~"a|b.*"}',
    'gauge{kind!~".+"}',
    '{__name__=~"gauge|short", kind!=""}',
    "gauge offset 7m",
    "gauge offset -3m",
    "short",
    "nothing_of_the_kind",
    # counters, with and without resets, short of data
    "rate(requests_total[5m])",
    "rate(requests_total[1m])",
    "rate(requests_total[30s])",
    "increase(requests_total[17m])",
    "increase(requests_total[3h])",
    "increase(requests_total[10m] offset 4m)",
    "irate(requests_total[5m])",
    "rate(short[10m])",
    "rate(gauge[10m])",
    'increase(container_cpu_usage_seconds_total{container="worker"}[20m])',
    # gauges over time
    "delta(gauge[10m])",
    "idelta(gauge[10m])",
    "deriv(gauge[15m]) * 60",
    "deriv(flat[15m])",
    "avg_over_time(gauge[10m])",
    "min_over_time(gauge[10m])",
    "max_over_time(gauge[10m])",
    "sum_over_time(gauge[10m])",
    "count_over_time(gauge[10m])",
    "last_over_time(gauge[10m])",
    "min_over_time(odd[10m])",
    "max_over_time(odd[10m])",
    "max_over_time(queue_depth[20m:1m])",
    "count_over_time((queue_depth > 5)[30m:30s])",
    "avg_over_time(rate(requests_total[2m])[10m:])",
    "increase(sum by (job) (requests_total)[15m:1m] offset 2m)",
    # histograms
    "histogram_quantile(0.95, sum by (le) (rate(enhancement_duration_seconds_bucket[5m])))",
    "histogram_quantile(0.5, sum by (le, tenant_id) (rate(enhancement_duration_seconds_bucket[15m])))",
    "histogram_quantile(0.99, sum by (le) (increase(enhancement_duration_seconds_bucket[20s])))",
    "histogram_quantile(0, crooked_bucket)",
    "histogram_quantile(0.3, crooked_bucket)",
    "histogram_quantile(1, crooked_bucket)",
    "histogram_quantile(1.5, crooked_bucket)",
    "histogram_quantile(-1, crooked_bucket)",
    "histogram_quantile(0.9, endless_bucket)",
    "histogram_quantile(0.9, empty_bucket)",
    # functions of one value
    "abs(gauge)",
    "ceil(gauge)",
    "floor(gauge)",
    "round(gauge)",
    "round(gauge, 0.25)",
    "clamp(gauge, -1, 5)",
    "clamp(gauge, 5, -1)",
    "clamp_min(odd, 2)",
    "clamp_max(odd, 2)",
    "time()",
    "vector(1) + time()",
    "scalar(up) + 1",
    'scalar(gauge{kind="a"}) * 2',
    "absent(gauge)",
    'absent(nothing{job="x", a=~"b", c="d"})',
    'absent(sum(nothing{job="x"}))',
    "sort(gauge)",
    "sort_desc(odd)",
    "-gauge",
    # aggregation
    "sum(gauge)",
    "sum by (kind) (gauge)",
    "sum without (kind) (gauge)",
    "avg by (job) (requests_total)",
    "min(gauge)",
    "max by (nowhere) (gauge)",
    'count by (__name__) ({job=~"a.*"})',
    "sum(odd)",
    "max(odd)",
    "topk(2, gauge)",
    "bottomk(1, requests_total) by (job)",
    "topk(0, gauge)",
    "topk(3, odd)",
    # operators
    "1 + 2 * 3 ^ 2 % 7 / 0.5 - 1",
    "-2 ^ 2",
    "2 ^ 3 ^ 2",
    "1 > bool 2",
    "gauge / 0",
    "odd % 2",
    "gauge % -3",
    "odd ^ 0.5",
    "0 ^ -odd",
    "100 - gauge",
    "gauge > 1",
    "1 < gauge",
    "gauge != bool 2.5",
    "gauge == gauge",
    "gauge + gauge",
    "requests_total / ignoring (code) group_left limits",
    "limits / ignoring (code) group_right requests_total",
    "requests_total * on (job) group_left (team) owners",
    "owners - on (job) group_right (team) requests_total",
    "requests_total > on (job) group_left limits",
    "limits > bool on (job) owners",
    "limits >= on (job) owners",
    "owners > ignoring (team) limits",
    "gauge and on (kind) short",
    'gauge unless gauge{kind="a"}',
    "gauge or limits",
    "short or on (kind) gauge",
    "queue_depth > 3 or vector(0)",
    'sum(rate(requests_total{code=~"5.."}[5m])) / sum(rate(requests_total[5m])) < 0.9',
    "topk(5, sum by (tenant_id) (rate(enhancement_requests_total[5m])) * 60)",
    "queue_depth / (sum(rate(enhancement_requests_total[5m])) * 60)",
    "sum(queue_depth) / (sum(worker_active_count) * 4)",
]

REFUSED_BY_BOTH = [
    "sum(",
    "gauge[5m]",
    "rate(gauge)",
    "abs(3)",
    "gauge + on (job) requests_total",
    "requests_total / on (job) limits",
    "requests_total * on (job) group_left (code) requests_total",
    'rate({__name__=~"enhancement_duration_seconds_(sum|count)"}[10m])',
    '-{__name__=~"enhancement_duration_seconds_(sum|count)"}',
    'abs({__name__=~"enhancement_duration_seconds_(sum|count)"})',
    '{__name__=~"enhancement_duration_seconds_(sum|count)"} * 2',
    "topk(NaN, gauge)",
    "1 == 1",
    "{}",
]


def odd_samples() -> Store:
    """Samples that try the corners: resets, gaps, irregular scrapes, short lives, values beyond numbers."""
    store = Store()
    grid = [(BASE + 15 * i) * 1000 for i in range(240)]
    uneven = [at + (i * 7919) % 4001 for i, at in enumerate(grid) if i % 11]

    def add(name: str, times: list[int], values: list[float], **labels: str) -> None:
        store.series.append(Series(label_set([(NAME, name), *labels.items()]), times, values))

    for job in ("api", "worker"):
        for code, pace in (("200", 3), ("500", 1)):
            counted = [float((i * pace) % (173 if job == "api" else 10**6)) for i in range(len(uneven))]
            add("requests_total", uneven, counted, job=job, code=code)
        add("limits", grid, [70.0] * len(grid), job=job)
        add("owners", grid, [60.0 if job == "api" else 80.0] * len(grid), job=job, team=f"{job}-team")
    for kind, scale in (("a", 1.0), ("b", -2.5), ("", 0.1)):
        add("gauge", uneven, [scale * ((i * i) % 97 - 30) + 0.5 for i in range(len(uneven))], kind=kind, job="a")
    add("flat", grid, [5.0] * len(grid))
    add("short", grid[100:130], [float(i) for i in range(30)], kind="a")
    for kind, value in (("nan", math.nan), ("inf", math.inf), ("minus", -math.inf), ("three", 3.0), ("zero", 0.0)):
        add("odd", grid, [value if i % 3 else float(i) for i in range(len(grid))], kind=kind)
    for name, counts in {
        "crooked_bucket": {"-1": 2, "0.5": 1, "2": 6, "2.0": 1, "8": 5, "+Inf": 9, "wrong": 3},
        "endless_bucket": {"1": 2, "2": 3},
        "empty_bucket": {"1": 0, "2": 0, "+Inf": 0},
    }.items():
        for bound, count in counts.items():
            add(name, grid, [float(count)] * len(grid), le=bound)
    return store


def with_platform(store: Store) -> Store:
    """The samples of the platform itself too, the hour around a crash that resets counters; `queue_depth` and more."""
    now = float(BASE + 1500)
    platform = Platform(3, lambda: now)
    platform.disturb(CRASH, on=True)
    now += 120
    platform.disturb(CRASH, on=False)
    for _ in range(5):
        now += 400
        platform.advance()
    recent = [i for i, at in enumerate(platform.store.times) if at >= BASE * 1000]
    times = [platform.store.times[i] for i in recent]
    store.series += [Series(one.labels, times, [one.values[i] for i in recent]) for one in platform.store.series]
    return store


def open_metrics(store: Store) -> str:
    """As promtool reads it."""
    lines = []
    for series in store.series:
        labels = dict(series.labels)
        name = labels.pop(NAME)
        pairs = ",".join(f"{label}={json.dumps(value)}" for label, value in labels.items())
        for at, value in zip(series.times, series.values, strict=True):
            number = {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, repr(value).replace("nan", "NaN"))
            lines.append(f"{name}{{{pairs}}} {number} {at // 1000}.{at % 1000:03d}")
    return "\n".join([*lines, "# EOF", ""])


class Prometheus:
    """A real server's HTTP API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **params: str) -> dict[str, object]:
        try:
            with urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(params)}") as reply:  # noqa: S310 - our own server
                answer: dict[str, object] = json.load(reply)
        except urllib.error.HTTPError as error:
            with error:
                answer = json.load(error)
        return answer

    def instant(self, expr: str, at: float) -> Answer:
        answer = self.ask("/api/v1/query", query=expr, time=f"{at:.3f}")
        assert answer["status"] == "success", answer
        data = answer["data"]
        assert isinstance(data, dict)
        if data["resultType"] == "scalar":
            return {(): float(data["result"][1])}
        return {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in data["result"]}


@pytest.fixture(scope="module")
def store() -> Store:
    return with_platform(odd_samples())


@pytest.fixture(scope="module")
def prometheus(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "samples").write_text(open_metrics(store))
    (folder / "prometheus.yml").write_text("global: {}\n")
    blocks = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(folder / "samples"), str(folder / "data")]
    subprocess.run(blocks, check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        log = []
        for line in server.stderr:
            log.append(line)
            if "Server is ready" in line:
                break
        assert log, "prometheus wrote nothing"
        assert "Server is ready" in log[-1], "".join(log)
        yield Prometheus(f"http://127.0.0.1:{port}")
        server.terminate()
        server.stderr.read()


def same(ours: Mapping[tuple[tuple[str, str], ...], float], theirs: Answer) -> bool:
    return ours.keys() == theirs.keys() and all(
        (math.isnan(value) and math.isnan(theirs[labels]))
        or math.isclose(value, theirs[labels], rel_tol=1e-9, abs_tol=1e-12)
        for labels, value in ours.items()
    )


@pytest.mark.parametrize("expr", EXPRESSIONS)
def test_answers_as_prometheus_does(expr: str, store: Store, prometheus: Prometheus) -> None:
    query = compile_query(expr, store)
    for at in INSTANTS:
        ours = query.at(round(at * 1000))
        assert len(dict(ours)) == len(ours)
        assert same(dict(ours), prometheus.instant(expr, at)), (at, ours, prometheus.instant(expr, at))


@pytest.mark.parametrize("expr", ["sort(gauge)", "sort_desc(odd)", "topk(2, gauge)", "bottomk(3, odd)"])
def test_orders_as_prometheus_does(expr: str, store: Store, prometheus: Prometheus) -> None:
    ours = [labels for labels, _ in compile_query(expr, store).at(INSTANTS[0] * 1000)]
    assert ours == list(prometheus.instant(expr, INSTANTS[0]))


def test_the_samples_try_something(prometheus: Prometheus) -> None:
    """Most expressions have an answer somewhere, or the comparison would compare nothing with nothing."""
    empty = [expr for expr in EXPRESSIONS if not any(prometheus.instant(expr, at) for at in INSTANTS)]
    assert empty == ["nothing_of_the_kind", "clamp(gauge, 5, -1)", "absent(gauge)", "topk(0, gauge)"]


@pytest.mark.parametrize("expr", REFUSED_BY_BOTH)
def test_refuses_what_prometheus_refuses(expr: str, store: Store, prometheus: Prometheus) -> None:
    theirs = prometheus.ask("/api/v1/query_range", query=expr, start=str(BASE + 1800), end=str(BASE + 1800), step="15")
    assert theirs["status"] == "error"
    with pytest.raises(SourceError):
        compile_query(expr, store).at((BASE + 1800) * 1000)
