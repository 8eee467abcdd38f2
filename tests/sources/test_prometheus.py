"""Prometheus and VictoriaMetrics, real ones."""

from __future__ import annotations

import asyncio
import math
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from tests.services.fixtures import PASSWORD, USER, Tls
from tui.model.alert import Alert, Phase
from tui.model.errors import SourceError
from tui.model.profile import HttpBackend
from tui.model.samples import Vector
from tui.sources.http import Denied, Unreachable
from tui.sources.prometheus import MAX_POINTS, Prometheus

T = TypeVar("T")
Open = Callable[..., Prometheus]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """Makes sources and closes them after the test."""
    sources: list[Prometheus] = []

    def make(url: str, **settings: object) -> Prometheus:
        sources.append(Prometheus(HttpBackend(url=url, **settings)))  # type: ignore[arg-type]  # each test gives fitting ones
        return sources[-1]

    yield make
    for source in sources:
        await source.aclose()


@pytest.fixture(params=["prometheus", "victoria"])
def both(request: pytest.FixtureRequest, opened: Open) -> Prometheus:
    """Each of the two servers."""
    return opened(request.getfixturevalue(request.param))


async def until(ask: Callable[[], Awaitable[T]], enough: Callable[[T], object]) -> T:
    """Ask a server that is still collecting until its answer will do."""
    async with asyncio.timeout(30):
        while not enough(answer := await ask()):  # noqa: ASYNC110 - the server tells nobody when it is
            await asyncio.sleep(0.1)
    return answer


async def until_scraped(source: Prometheus, expr: str) -> Vector:
    """The answer once there is one."""
    return await until(lambda: source.instant(expr), lambda answer: answer.samples)


async def until_alerted(source: Prometheus) -> dict[str, Alert]:
    """Both alerts by name."""
    alerts = await until(source.alerts, lambda alerts: len(alerts) == 2)
    return {alert.name: alert for alert in alerts}


def page(url: str) -> list[str]:
    """The lines of a page."""
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - ours
        lines: list[str] = answer.read().decode().splitlines()
    return lines


async def test_a_scraped_metric_is_what_the_exporter_says(both: Prometheus, node_exporter: str) -> None:
    answer = await until_scraped(both, "node_memory_MemTotal_bytes")
    lines = await asyncio.to_thread(page, f"http://{node_exporter}/metrics")
    said = next(line.split()[1] for line in lines if line.startswith("node_memory_MemTotal_bytes "))
    sample = answer.single("node_memory_MemTotal_bytes")
    assert sample.value == float(said)
    assert sample.labels["job"] == "node"
    assert sample.at == pytest.approx(time.time(), abs=10)
    assert answer.at == sample.at


async def test_many_series_keep_their_labels(both: Prometheus) -> None:
    await until_scraped(both, "node_cpu_seconds_total")
    answer = await both.instant("count by (mode) (node_cpu_seconds_total)")
    assert {"idle", "user", "system"} <= {sample.labels["mode"] for sample in answer.samples}


async def test_a_scalar_is_one_sample_without_labels(both: Prometheus) -> None:
    answer = await both.instant("6 * 7")
    assert answer.single("6 * 7").value == 42
    assert answer.samples[0].labels == {}


async def test_an_empty_answer_has_the_servers_time(both: Prometheus) -> None:
    answer = await both.instant("no_such_metric")
    assert answer.samples == ()
    assert answer.at == pytest.approx(time.time(), abs=10)


async def test_nan_and_infinities_are_numbers(opened: Open, prometheus: str) -> None:
    source = opened(prometheus)
    nan, up, down = [(await source.instant(f"vector({n}) / 0")).samples[0].value for n in (0, 1, -1)]
    assert nan is not None
    assert math.isnan(nan)
    assert (up, down) == (math.inf, -math.inf)


async def test_a_window_is_on_the_grid_that_was_asked_for(both: Prometheus) -> None:
    start = time.time() - 400.25  # VictoriaMetrics repeats a value instead of answering for the last 30 s
    matrix = await both.window("vector(time())", start=start, step=7.5, points=40)
    (series,) = matrix.series
    assert (series.start, series.step) == (start, 7.5)
    assert len(series.values) == 40
    for index, value in enumerate(series.values):
        assert value == pytest.approx(start + index * 7.5, abs=0.01)


async def test_a_gap_is_none_and_keeps_its_place(both: Prometheus) -> None:
    start = float(int(time.time()) - 100)
    gap = f"vector(time()) < {start + 20} or vector(time()) > {start + 60}"
    (series,) = (await both.window(gap, start=start, step=10, points=10)).series
    assert [value is None for value in series.values] == [
        False,
        False,
        True,
        True,
        True,
        True,
        True,
        False,
        False,
        False,
    ]


async def test_one_point_is_a_window(both: Prometheus) -> None:
    (series,) = (await both.window("vector(3)", start=time.time() - 60, step=15, points=1)).series
    assert series.values == (3,)


async def test_as_many_points_as_the_server_allows(opened: Open, prometheus: str) -> None:
    source = opened(prometheus)
    start = time.time() - MAX_POINTS
    (series,) = (await source.window("vector(1)", start=start, step=1, points=MAX_POINTS)).series
    assert series.values == (1,) * MAX_POINTS
    with pytest.raises(SourceError, match="at most 11,000") as caught:
        await source.window("vector(1)", start=start, step=1, points=MAX_POINTS + 1)
    assert caught.value.up


async def test_a_bad_query_is_answered_in_the_servers_words(both: Prometheus) -> None:
    with pytest.raises(SourceError) as caught:
        await both.instant("sum(")
    assert caught.value.what == "query sum("
    assert "pars" in caught.value.why
    assert caught.value.up, "the server is well"


@pytest.mark.parametrize(("expr", "why"), [("up[5m]", "a range"), ('"word"', "a string")])
async def test_what_is_no_number_is_refused(opened: Open, prometheus: str, expr: str, why: str) -> None:
    with pytest.raises(SourceError, match=why) as caught:
        await opened(prometheus).instant(expr)
    assert caught.value.up


async def test_twenty_queries_at_a_time(both: Prometheus) -> None:
    answers = await asyncio.gather(*(both.instant(f"vector({n})") for n in range(20)))
    assert [answer.samples[0].value for answer in answers] == list(range(20))


async def test_alerts_pending_and_firing(opened: Open, prometheus: str) -> None:
    found = await until_alerted(opened(prometheus))
    firing, pending = found["NodeSeen"], found["NodeSeenForLong"]
    assert (firing.phase, pending.phase) == (Phase.FIRING, Phase.PENDING)
    assert (firing.severity, firing.value) == ("critical", 1)
    assert firing.labels["job"] == "node"
    assert firing.active_at == pytest.approx(time.time(), abs=60)
    assert firing.runbook_url == "https://runbooks.example/node#seen"


async def test_what_an_alert_says_is_harmless(opened: Open, prometheus: str) -> None:
    alert = (await until_alerted(opened(prometheus)))["NodeSeen"]
    assert alert.summary == "␛]52;c;cm0gLXJmIC8=␇[/x]‹U+202E›"
    assert alert.labels["team"] == "a␛[31m"


async def test_a_server_without_rules_has_no_alerts(opened: Open, victoria: str) -> None:
    assert await opened(victoria).alerts() == ()


async def test_the_probe_tells_version_and_access(opened: Open, prometheus: str, victoria: str) -> None:
    health = await opened(prometheus).probe()
    assert health.version.startswith("2.")
    assert health.authenticated == "no authentication"
    assert (await opened(victoria).probe()).authenticated == "no authentication"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n")
    return path


async def test_basic_authentication_below_a_path(opened: Open, prometheus_basic: str, password_file: Path) -> None:
    assert prometheus_basic.endswith("/prom")
    source = opened(prometheus_basic, username=USER, password_file=password_file)
    assert (await source.instant("1")).samples[0].value == 1
    assert (await source.probe()).authenticated == "basic as ops"


async def test_a_slash_at_the_end_of_the_url_does_not_matter(
    opened: Open, prometheus_basic: str, password_file: Path
) -> None:
    source = opened(f"{prometheus_basic}/", username=USER, password_file=password_file)
    assert (await source.instant("1")).samples[0].value == 1


async def test_the_password_may_come_from_a_variable(
    opened: Open, prometheus_basic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROM_PASSWORD", PASSWORD)
    source = opened(prometheus_basic, username=USER, password_env="PROM_PASSWORD")  # noqa: S106 - a variable's name
    assert (await source.instant("1")).samples[0].value == 1


async def test_a_wrong_password_is_denied_and_not_repeated(opened: Open, prometheus_basic: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("tr0ub4dor")
    with pytest.raises(Denied, match=r"not authenticated \(401\)") as caught:
        await opened(prometheus_basic, username=USER, password_file=wrong).instant("1")
    assert "tr0ub4dor" not in str(caught.value)


async def test_no_credentials_says_what_to_set(opened: Open, prometheus_basic: str) -> None:
    with pytest.raises(Denied, match="bearer_token_file, or username and password_file"):
        await opened(prometheus_basic).instant("1")


async def test_a_forgotten_path_prefix_is_a_wrong_path(
    opened: Open, prometheus_basic: str, password_file: Path
) -> None:
    source = opened(prometheus_basic.removesuffix("/prom"), username=USER, password_file=password_file)
    with pytest.raises(SourceError, match="path prefix"):
        await source.instant("1")


async def test_tls_with_a_client_certificate(opened: Open, prometheus_tls: str, tls_files: Tls) -> None:
    source = opened(
        prometheus_tls, ca_file=tls_files.ca, cert_file=tls_files.client_cert, key_file=tls_files.client_key
    )
    assert (await source.instant("1")).samples[0].value == 1
    assert (await source.probe()).authenticated == "client certificate"
    assert len(await asyncio.gather(*(source.instant("1") for _ in range(20)))) == 20


async def test_an_unknown_authority_is_not_trusted(opened: Open, prometheus_tls: str) -> None:
    with pytest.raises(Unreachable, match=r"certificate not trusted[^\n]*\nhint: set ca_file"):
        await opened(prometheus_tls).instant("1")


async def test_a_certificate_for_another_name_is_not_trusted(opened: Open, prometheus_tls: str, tls_files: Tls) -> None:
    with pytest.raises(Unreachable, match=r"certificate not trusted[^\n]*\nhint: use the name"):
        await opened(prometheus_tls.replace("localhost", "127.0.0.1"), ca_file=tls_files.ca).instant("1")


async def test_a_missing_client_certificate_is_named(opened: Open, prometheus_tls: str, tls_files: Tls) -> None:
    with pytest.raises(Denied, match="client certificate") as caught:
        await opened(prometheus_tls, ca_file=tls_files.ca).instant("1")
    assert "cert_file" in caught.value.hint


async def test_http_to_a_tls_port(opened: Open, prometheus_tls: str) -> None:
    with pytest.raises(SourceError, match="HTTPS"):
        await opened(prometheus_tls.replace("https:", "http:")).instant("1")


async def test_tls_to_a_plain_port(opened: Open, prometheus: str) -> None:
    with pytest.raises(Unreachable, match="no TLS on this port"):
        await opened(prometheus.replace("http:", "https:")).instant("1")


@pytest.mark.parametrize("bad", ["missing", "garbage", "mismatch"])
async def test_unusable_certificates_are_named(
    opened: Open, prometheus_tls: str, tls_files: Tls, tmp_path: Path, bad: str
) -> None:
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no PEM")
    settings: dict[str, dict[str, Path]] = {
        "missing": {"ca_file": tmp_path / "nothing.pem"},
        "garbage": {"ca_file": garbage},
        "mismatch": {"cert_file": tls_files.client_cert, "key_file": tls_files.key},
    }
    with pytest.raises(SourceError, match="cannot use"):
        await opened(prometheus_tls, **settings[bad]).instant("1")
