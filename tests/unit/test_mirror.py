"""The mirror says what the catalog says, keeps odd text whole, and shows what drifted."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tui.core import catalog, mirror, resources
from tui.model.catalog import AlertRule, Catalog, Tile
from tui.model.errors import ConfigError
from tui.model.text import sanitise
from tui.model.thresholds import State, Step


@pytest.fixture(name="shipped")
def _shipped() -> Catalog:
    return catalog.load(resources.catalog())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.25, "250ms"),
        (60, "1m"),
        (90, "1m30s"),
        (600, "10m"),
        (5400, "1h30m"),
        (176_461.5, "2d1h1m1s500ms"),
    ],
)
def test_a_duration_as_prometheus_writes_it(seconds: float, text: str) -> None:
    assert mirror.duration(seconds) == text


def test_a_rule_carries_its_runbook_and_the_related_ones(shipped: Catalog) -> None:
    groups = yaml.safe_load(mirror.render(shipped)[mirror.RULES])["groups"]
    assert [group["name"] for group in groups] == ["ai-agents-platform"]
    by_name = {rule["alert"]: rule for rule in groups[0]["rules"]}
    base = "https://github.com/ai-agents-platform/ops-center/blob/main/runbooks"
    assert by_name["HighLatency"] == {
        "alert": "HighLatency",
        "expr": "histogram_quantile(0.95, sum by (le) (rate(enhancement_duration_seconds_bucket[5m]))) > 120",
        "for": "10m",
        "labels": {"severity": "warning"},
        "annotations": {
            "summary": "Enhancement takes longer than two minutes",
            "description": "Tickets are enriched late. The 95th percentile of the last 5 minutes is "
            "{{ $value | humanizeDuration }}.",
            "runbook_url": f"{base}/operations/alert-runbooks.md#highlatency",
            "related_runbooks": f"{base}/api-timeout.md {base}/database-connection-issues.md",
        },
    }
    assert [rule["annotations"]["runbook_url"] for rule in by_name.values()] == [
        f"{base}/operations/alert-runbooks.md#{name.lower()}" for name in by_name
    ]


def test_both_files_hold_the_same_rules_to_the_byte(shipped: Catalog) -> None:
    files = mirror.render(shipped)
    twin = yaml.safe_load(files[mirror.CONFIG_MAP])
    assert (twin["apiVersion"], twin["kind"], twin["metadata"]["name"]) == ("v1", "ConfigMap", "prometheus-alert-rules")
    assert twin["data"] == {"alert-rules.yml": files[mirror.RULES]}


_PLAIN = st.text(min_size=1).map(sanitise) | st.sampled_from(
    ["yes", "1e3", "0x1", "a: b", "- x", "{{ $value }}", "'\"#", "a\nb\n"]
)


@given(name=_PLAIN, expr=_PLAIN, text=_PLAIN, title=_PLAIN)
def test_no_text_is_changed_on_the_way(name: str, expr: str, text: str, title: str) -> None:
    alert = AlertRule(
        name=name, expr=expr, for_s=60, severity="info", summary=text, description=text, runbook=text, related=(text,)
    )
    tile = Tile(id="t", title="t", expr="t", unit="s", steps=(Step(State.OK),), runbook="t", description="t")
    files = mirror.render(Catalog(title=title, runbook_base="https://x/", tile=(tile,), alert=(alert,)))
    embedded = yaml.safe_load(files[mirror.CONFIG_MAP])["data"]["alert-rules.yml"]
    assert embedded == files[mirror.RULES]
    (rule,) = yaml.safe_load(embedded)["groups"][0]["rules"]
    assert (rule["alert"], rule["expr"], rule["annotations"]["summary"]) == (name, expr, text)
    assert rule["annotations"]["runbook_url"] == f"https://x/{text}"


def test_write_touches_only_what_is_out_of_date(shipped: Catalog, tmp_path: Path) -> None:
    assert mirror.write(shipped, tmp_path) == [mirror.RULES, mirror.CONFIG_MAP]
    assert mirror.drift(shipped, tmp_path) == []
    assert mirror.write(shipped, tmp_path) == []
    (tmp_path / mirror.RULES).unlink()
    assert mirror.write(shipped, tmp_path) == [mirror.RULES]


def test_drift_leads_from_what_is_there_to_what_should_be(shipped: Catalog, tmp_path: Path) -> None:
    mirror.write(shipped, tmp_path)
    rules = tmp_path / mirror.RULES
    rules.write_text(rules.read_text().replace("queue_depth > 100", "queue_depth > 200 \x1b[31m"))
    (tmp_path / mirror.CONFIG_MAP).unlink()
    changed, missing = mirror.drift(shipped, tmp_path)
    assert changed.path == mirror.RULES
    assert "\n-    expr: queue_depth > 200 ␛[31m\n+    expr: queue_depth > 100\n" in changed.diff
    assert missing.path == mirror.CONFIG_MAP
    assert missing.diff.startswith("--- /dev/null\n")


def test_a_changed_threshold_is_drift(shipped: Catalog, tmp_path: Path) -> None:
    mirror.write(shipped, tmp_path)
    alerts = tuple(msgspec.structs.replace(alert, for_s=alert.for_s + 60) for alert in shipped.alert)
    changed = msgspec.structs.replace(shipped, alert=alerts)
    assert [one.path for one in mirror.drift(changed, tmp_path)] == [mirror.RULES, mirror.CONFIG_MAP]


def test_a_folder_where_the_file_should_be(shipped: Catalog, tmp_path: Path) -> None:
    (tmp_path / mirror.RULES).mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"alert-rules\.yml: cannot be read: Is a directory"):
        mirror.write(shipped, tmp_path)
    (tmp_path / "k8s").write_text("no folder")
    (tmp_path / mirror.RULES).rmdir()
    with pytest.raises(ConfigError, match=r"alert-rules\.yaml: cannot be (read|written): Not a directory"):
        mirror.write(shipped, tmp_path)
