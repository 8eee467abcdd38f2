"""`ops-center catalog check` and `ops-center mirror`, as a script sees them: output, messages, exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui.cli import main
from tui.core import catalog, resources


@pytest.fixture(autouse=True)
def _no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own settings file and variables stay out of it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A copy of the shipped catalog, with a page of the right headings for every runbook it names."""
    (tmp_path / "dashboards").mkdir()
    shutil.copy(resources.catalog(), tmp_path / "dashboards" / "operations-center.toml")
    known = catalog.load(resources.catalog())
    targets = [tile.runbook for tile in known.tile] + [action.runbook for action in known.action]
    for target in (*targets, *(alert.runbook for alert in known.alert)):
        path, _, section = target.partition("#")
        page = tmp_path / "runbooks" / path
        page.parent.mkdir(parents=True, exist_ok=True)
        with page.open("a") as text:
            text.write(f"## {section}\n\n")
    for alert in known.alert:
        for path in alert.related:
            (tmp_path / "runbooks" / path).touch()
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_no_mistakes(folder: Path) -> None:
    file = folder / "dashboards" / "operations-center.toml"
    done = run("catalog", "check", file, "--runbooks", folder / "runbooks")
    assert (done.exit_code, done.stdout, done.stderr) == (
        0,
        "operations-center.toml: 4 tiles, 1 trend, 5 actions, 4 alerts: no mistakes\n",
        "",
    )


def test_a_mistake_is_a_line_and_exit_code_1(folder: Path) -> None:
    file = folder / "dashboards" / "operations-center.toml"
    file.write_text(
        file.read_text()
        .replace('unit = "percentunit"', 'unit = "percentunits"')
        .replace("queue_depth > 100", "queue_depth >")
    )
    done = run("catalog", "check", file, "--runbooks", folder / "runbooks")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        'operations-center.toml: tile[2].unit: unknown unit "percentunits"; hint: did you mean "percentunit"?',
        "operations-center.toml: alert[1].expr: does not parse: invalid promql query (column 13)",
    ]
    assert done.stderr == "operations-center.toml: 2 mistakes\n"
    done = run("catalog", "check", "--json", file, "--runbooks", folder / "runbooks")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["ok"], report["file"]) == (1, False, str(file))
    assert report["problems"][0] == {
        "place": "operations-center.toml: tile[2].unit",
        "why": 'unknown unit "percentunits"',
        "hint": 'did you mean "percentunit"?',
    }


def test_a_file_that_is_not_there_is_exit_code_2(folder: Path) -> None:
    assert run("catalog", "check", folder / "none.toml").exit_code == 2


def test_mirror_writes_then_agrees_then_finds_what_drifted(folder: Path) -> None:
    done = run("mirror", folder)
    assert (done.exit_code, done.stdout) == (0, "dashboards/alert-rules.yml\nk8s/alert-rules.yaml\n")
    done = run("mirror", folder)
    assert (done.exit_code, done.stdout) == (0, "")
    assert run("mirror", "--check", folder).exit_code == 0
    rules = folder / "dashboards" / "alert-rules.yml"
    rules.write_text(rules.read_text().replace("for: 5m", "for: 50m"))
    done = run("mirror", "--check", folder)
    assert done.exit_code == 1
    assert "\n-    for: 50m\n+    for: 5m\n" in done.stdout
    assert done.stderr == "not what the catalog says: dashboards/alert-rules.yml\nhint: run ops-center mirror\n"
    assert "for: 50m" in rules.read_text()


def test_mirror_refuses_a_catalog_with_mistakes(folder: Path) -> None:
    file = folder / "dashboards" / "operations-center.toml"
    file.write_text(file.read_text().replace("interval_s = 15", "interval_s = 0"))
    done = run("mirror", folder)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "operations-center.toml: interval_s: expected at least 1 second, got 0\n"


def test_mirror_of_another_catalog(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "mine.toml"
    other.write_text((folder / "dashboards" / "operations-center.toml").read_text().replace("for = 300", "for = 30"))
    target = tmp_path / "target"
    target.mkdir()
    assert run("--catalog", other, "mirror", target).exit_code == 0
    assert "for: 30s" in (target / "dashboards" / "alert-rules.yml").read_text()
