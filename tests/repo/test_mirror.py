"""The committed mirror is what the catalog says, and Prometheus fires its alerts when they are due, not before."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tui.core import catalog, mirror, resources
from tui.model.catalog import AlertRule

ALERTS = {alert.name: alert for alert in catalog.load(resources.catalog()).alert}
RULES = resources.root() / mirror.RULES
BASE = "https://github.com/ai-agents-platform/ops-center/blob/main/runbooks"


def promtool(*arguments: str | Path) -> str:
    """Run the real promtool; without it these tests fail, as they should."""
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_nothing_drifted() -> None:
    assert [one.diff for one in mirror.drift(catalog.load(resources.catalog()), resources.root())] == []


def test_prometheus_accepts_the_rules() -> None:
    assert "SUCCESS: 4 rules found" in promtool("check", "rules", RULES)


def test_the_config_map_holds_rules_prometheus_accepts(tmp_path: Path) -> None:
    twin = yaml.safe_load((resources.root() / mirror.CONFIG_MAP).read_text())
    (tmp_path / "twin.yml").write_text(twin["data"]["alert-rules.yml"])
    assert "SUCCESS: 4 rules found" in promtool("check", "rules", tmp_path / "twin.yml")
    assert (tmp_path / "twin.yml").read_bytes() == RULES.read_bytes()


def requests(success: str, failure: str) -> dict[str, str]:
    """Both counters of the enhancements, for two tenants that share the load."""
    return {
        f'enhancement_requests_total{{status="{status}",tenant_id="{tenant}"}}': values
        for status, values in (("success", success), ("failure", failure))
        for tenant in ("acme", "globex")
    }


def latencies(at_most_120: str, at_most_180: str) -> dict[str, str]:
    """The duration histogram, reduced to the buckets around the threshold."""
    name = 'enhancement_duration_seconds_bucket{le="%s"}'
    return {name % "120": at_most_120, name % "180": at_most_180, name % "+Inf": at_most_180}


# What Prometheus is fed every 15 s, the second at which the alert first fires, and the value its text then names. A
# rate needs two samples, so it begins at 15 s.
DUE = [
    ("EnhancementSuccessRateLow", requests("0+89x100", "0+11x100"), 615, "89%"),
    ("EnhancementSuccessRateLow", requests("0+0x100", "0+1x100"), 615, "0%"),
    ("QueueDepthHigh", {"queue_depth": "101x100"}, 300, "101"),
    ("WorkerDown", {"worker_active_count": "0x100"}, 60, ""),
    ("WorkerDown", {"worker_active_count": "2 1 0x100"}, 90, ""),
    ("HighLatency", latencies("0+1x100", "0+20x100"), 615, "2m 56s"),
]
NOT_DUE = [
    ("EnhancementSuccessRateLow", requests("0+91x100", "0+9x100")),
    ("EnhancementSuccessRateLow", requests("5+0x100", "5+0x100")),  # no traffic is no failure
    ("QueueDepthHigh", {"queue_depth": "100x100"}),
    ("QueueDepthHigh", {"queue_depth": "500x18 100 500x18 100 500x18 100x60"}),  # never five minutes on end
    ("WorkerDown", {"worker_active_count": "1x100"}),
    ("WorkerDown", {"worker_active_count": "0 0 0 1 0 0 0 1 0 0 0 1x80"}),
    ("HighLatency", latencies("0+20x100", "0+20x100")),
    ("HighLatency", latencies("7+0x100", "7+0x100")),
]


def rehearse(folder: Path, series: dict[str, str], checks: list[dict[str, Any]]) -> None:
    """Let Prometheus' own rule engine evaluate the committed rules every 15 s over `series`."""
    test = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "alert_rule_test": checks,
            }
        ],
    }
    (folder / "test.yml").write_text(yaml.safe_dump(test))
    promtool("test", "rules", folder / "test.yml")


def described(alert: AlertRule, said: str) -> str:
    """The description with its template filled in."""
    before, _, rest = alert.description.partition("{{")
    return before + said + rest.partition("}}")[2]


def quiet(name: str, at: str) -> dict[str, Any]:
    return {"eval_time": at, "alertname": name, "exp_alerts": []}


@pytest.mark.parametrize(("name", "series", "due", "said"), DUE)
def test_fires_when_it_is_due_and_not_before(
    tmp_path: Path, name: str, series: dict[str, str], due: int, said: str
) -> None:
    alert = ALERTS[name]
    annotations = {
        "summary": alert.summary,
        "description": described(alert, said),
        "runbook_url": f"{BASE}/{alert.runbook}",
        "related_runbooks": " ".join(f"{BASE}/{path}" for path in alert.related),
    }
    firing = {"exp_labels": {"severity": alert.severity}, "exp_annotations": annotations}
    rehearse(
        tmp_path,
        series,
        [quiet(name, f"{due - 15}s"), {"eval_time": f"{due}s", "alertname": name, "exp_alerts": [firing]}],
    )


@pytest.mark.parametrize(("name", "series"), NOT_DUE)
def test_does_not_fire_below(tmp_path: Path, name: str, series: dict[str, str]) -> None:
    rehearse(tmp_path, series, [quiet(name, f"{minute}m") for minute in range(26)])
