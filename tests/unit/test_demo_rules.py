"""The demo's alerts: evaluated at every scrape, rendered as Prometheus renders them."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path

import msgspec
import pytest

from tests.doubles import NOW, FakeClock
from tui.core import resources
from tui.core.catalog import load
from tui.model.alert import Alert, Phase
from tui.model.catalog import AlertRule
from tui.model.errors import SourceError
from tui.sources.demo import DemoSource, Platform
from tui.sources.demo.faults import CRASH, DEATHS_S
from tui.sources.demo.templates import plain, render

CATALOG = load(resources.catalog())

TEXT = (
    "{{ $value }}, {{$value|humanizePercentage}}, {{ $value | humanizeDuration }}, {{ $labels.job }}, {{ $labels.x }}."
)
VALUES = [0.0, 1.0, -1.5, 104.0, 0.8912345678, 0.00001234, 7.0e-9, 59.99, 60.0, 134.6, 7265.0, 93_784.5, -200.0]
VALUES += [99_999.5, 100_000.0, 999_999.0, 1_000_000.0, 1_234_567.0, 1e15, math.nan, math.inf, -math.inf]


def rule(**said: object) -> AlertRule:
    usual = {
        "name": "Some",
        "expr": "queue_depth >= 0",
        "for_s": 600.0,
        "severity": "info",
        "summary": "s",
        "description": "d",
        "runbook": "some.md#part",
    }
    return AlertRule(**{**usual, **said})  # type: ignore[arg-type]  # a test names what it changes


def source(clock: FakeClock, *rules: AlertRule) -> DemoSource:
    return DemoSource(Platform(1, clock), msgspec.structs.replace(CATALOG, alert=rules))


async def test_an_alert_is_told_in_full() -> None:
    clock = FakeClock()
    demo = DemoSource(Platform(1, clock), CATALOG)
    demo.disturb(CRASH, on=True)
    clock.now += 60
    (alert,) = await demo.alerts()
    assert alert == Alert(
        name="WorkerDown",
        phase=Phase.FIRING,
        active_at=alert.active_at,
        value=0,
        labels={"alertname": "WorkerDown", "severity": "critical"},
        annotations={
            "summary": "No worker is running",
            "description": "No ticket is enriched until a worker is back; jobs wait in the queue.",
            "runbook_url": f"{CATALOG.runbook_base}/operations/alert-runbooks.md#workerdown",
        },
    )
    assert 0 <= alert.active_at - NOW - DEATHS_S[-1] < 5


async def test_alerts_do_not_depend_on_who_looks_when() -> None:
    rarely, often = FakeClock(), FakeClock()
    one, other = DemoSource(Platform(1, rarely), CATALOG), DemoSource(Platform(1, often), CATALOG)
    for demo in (one, other):
        demo.disturb(CRASH, on=True)
    rarely.now += 400
    while often.now < rarely.now:
        often.now += 1
        await other.alerts()
    assert await one.alerts() == await other.alerts() != ()


async def test_each_series_is_an_alert_of_its_own() -> None:
    clock = FakeClock()
    text = "{{ $labels.tenant_id }} has {{ $value }}"
    demo = source(clock, rule(expr="sum by (tenant_id) (enhancement_requests_total) > 10000", summary=text))
    assert await demo.alerts() == ()
    clock.now += 20
    pending = await demo.alerts()
    assert [alert.labels["tenant_id"] for alert in pending] == ["acme"]
    assert {alert.phase for alert in pending} == {Phase.PENDING}
    clock.now += 30
    (alert,) = await demo.alerts()
    assert alert.phase is Phase.FIRING
    assert alert.active_at == pending[0].active_at
    assert alert.value is not None
    assert alert.summary == f"acme has {alert.value:.0f}"


async def test_a_condition_that_lapses_starts_over() -> None:
    clock = FakeClock()
    demo = source(clock, rule(expr="queue_depth > 0"))
    phases = set()
    began = set()
    for _ in range(120):
        clock.now += 5
        for alert in await demo.alerts():
            phases.add(alert.phase)
            began.add(alert.active_at)
    assert phases == {Phase.PENDING}
    assert len(began) > 5


@pytest.mark.parametrize(("expr", "why"), [("ln(queue_depth)", "the demo does not"), ("sum(", "bad_data")])
async def test_a_rule_that_cannot_be_evaluated_is_told_and_harms_nothing_else(expr: str, why: str) -> None:
    clock = FakeClock()
    demo = source(clock, rule(expr=expr))
    clock.now += 5
    assert (await demo.instant("up")).samples
    with pytest.raises(SourceError, match="alert rule Some") as told:
        await demo.alerts()
    assert told.value.why.startswith(why)


def test_templates_render_as_prometheus_renders_them(tmp_path: Path) -> None:
    """The same text in promtool's own test of rules, which compares it with what it renders."""
    rules, cases = [], []
    for i, value in enumerate(VALUES):
        said = plain(value)
        rules.append({"alert": f"A{i}", "expr": f"up * 0 + {said}", "annotations": {"text": TEXT}})
        annotations = {"text": render(TEXT, value, {"job": "api"})}
        cases.append(
            {"alertname": f"A{i}", "exp_alerts": [{"exp_labels": {"job": "api"}, "exp_annotations": annotations}]}
        )
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}))
    test = {
        "rule_files": ["rules.yml"],
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": 'up{job="api"}', "values": "1 1"}],
                "alert_rule_test": [{"eval_time": "1m", **case} for case in cases],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(json.dumps(test))
    done = subprocess.run(
        ["promtool", "test", "rules", "test.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_no_known_template_stays() -> None:
    assert render("{{ $externalURL }} {{ printf $value }}", 1, {}) == "{{ $externalURL }} {{ printf $value }}"
