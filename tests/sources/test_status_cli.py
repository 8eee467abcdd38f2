"""`ops-center status` against a real Prometheus that scrapes a real exporter."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.services.process import wait_until
from tui.cli import main

TILE = """
[[tile]]
id = "{id}"
title = "{id}"
expr = '{expr}'
unit = "none"
steps = [{{ state = "ok" }}, {{ at = 10, state = "warn" }}, {{ at = 100, state = "crit" }}]
runbook = "worker-failures.md"
description = "A number."
"""


@pytest.fixture
def scraped(prometheus: str) -> str:
    """A Prometheus that has scraped and evaluated its rules."""

    def fires() -> bool:
        with urllib.request.urlopen(f"{prometheus}/api/v1/alerts", timeout=5) as answer:  # noqa: S310 - our own server
            return b"firing" in answer.read()

    wait_until(fires, "the alert of the test rules")
    return prometheus


def catalog(folder: Path, *exprs: str) -> Path:
    """A catalog of one tile an expression."""
    path = folder / "catalog.toml"
    tiles = "".join(TILE.format(id=f"tile-{index}", expr=expr) for index, expr in enumerate(exprs))
    path.write_text(f'title = "Test"\nrunbook_base = "https://example.org/runbooks"\n{tiles}')
    return path


def status(url: str, catalog: Path, *flags: str) -> Result:
    empty = catalog.parent / "empty.toml"
    empty.write_text("")
    return CliRunner().invoke(
        main, ["--config", str(empty), "--prometheus", url, "--catalog", str(catalog), "status", *flags]
    )


@pytest.mark.parametrize(
    ("exprs", "code"),
    [
        (["vector(1)", "sum(up) * 0"], 0),
        (["vector(1)", "vector(10)"], 1),
        (["vector(10)", "vector(100)"], 2),
        (["vector(1)", "no_such_metric"], 3),
        (["vector(1)", "0 * vector(1) / 0"], 3),
        (["vector(100)", "no_such_metric"], 2),
        (["vector(1)", '{__name__=~"up|scrape_duration_seconds"}'], 3),
    ],
    ids=["ok", "warn", "crit", "no data", "nan", "crit over unknown", "several series"],
)
def test_the_exit_code_is_the_worst_of_all_tiles(scraped: str, tmp_path: Path, exprs: list[str], code: int) -> None:
    result = status(scraped, catalog(tmp_path, *exprs))
    assert result.exit_code == code, result.output


def test_json_is_one_object_a_reading(scraped: str, tmp_path: Path) -> None:
    result = status(scraped, catalog(tmp_path, "vector(42)", "no_such_metric"), "--json")
    (line,) = result.stdout.splitlines()
    told = json.loads(line)
    assert told["state"] == "NO DATA"
    assert told["exit_code"] == 3
    assert [(tile["state"], tile["value"], tile["text"]) for tile in told["tiles"]] == [
        ("WARN", 42.0, "42"),
        ("NO DATA", None, ""),
    ]
    assert told["alerts_firing"] >= 1


def test_a_server_that_is_down_is_unknown_and_says_what_to_try(tmp_path: Path) -> None:
    result = status("http://127.0.0.1:1", catalog(tmp_path, "vector(1)"))
    assert result.exit_code == 3
    assert "connection refused" in result.stdout
    assert "hint: " in result.stdout
    assert "alerts: not known" in result.stdout


def test_victoria_metrics_answers_as_well(victoria: str, tmp_path: Path) -> None:
    result = status(victoria, catalog(tmp_path, "vector(1)", 'sum(up{job="node"})'))
    assert "● OK" in result.stdout


def test_a_bad_catalog_is_two_and_named_with_its_place(prometheus: str, tmp_path: Path) -> None:
    path = catalog(tmp_path, "vector(1)")
    path.write_text(path.read_text().replace('unit = "none"', 'unit = "nonee"'))
    result = status(prometheus, path)
    assert result.exit_code == 2
    assert 'catalog.toml: tile[0].unit: unknown unit "nonee"' in result.stderr
    assert result.stdout == ""


def test_a_bad_setting_is_two(tmp_path: Path) -> None:
    result = status("localhost:9090", catalog(tmp_path, "vector(1)"))
    assert result.exit_code == 2
    assert "prometheus.url" in result.stderr
