"""`ops-center runbook`, as a script sees it: output, messages, exit code."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui.cli import main
from tui.core import resources

PAGE = """# Disk Full

**Last Updated:** 2026-11-01
**Keywords:** inode
**When to Use:** a disk is above 90 %.

## Find it

Look for **deleted** files that are still open.

```bash {name=usage}
df -h
```
"""


@pytest.fixture(autouse=True)
def _no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own settings file and variables, and the shipped runbooks, stay out of it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "shipped").mkdir()
    monkeypatch.setattr(resources, "runbooks", lambda: tmp_path / "shipped")


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "books" / "sub").mkdir(parents=True)
    (tmp_path / "books" / "disk-full.md").write_text(PAGE)
    (tmp_path / "books" / "sub" / "memory.md").write_text("# Memory Pressure\n\n## Swap\n\nswapoff\n")
    return tmp_path / "books"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["runbook", *map(str, arguments)])


def test_list_names_every_runbook(folder: Path) -> None:
    result = run("list", "--runbooks", folder)
    assert result.stdout.splitlines() == [
        "disk-full   Disk Full        2026-11-01  a disk is above 90 %.",
        "sub/memory  Memory Pressure  never",
    ]
    assert result.exit_code == 0


def test_list_as_json_has_the_header(folder: Path) -> None:
    first, second = json.loads(run("list", "--runbooks", folder, "--json").stdout)
    assert first == {
        "name": "disk-full",
        "title": "Disk Full",
        "file": str(folder / "disk-full.md"),
        "updated": "2026-11-01",
        "owner": "",
        "alerts": [],
        "keywords": ["inode"],
        "when": "a disk is above 90 %.",
        "error": "",
    }
    assert second["updated"] is None


def test_search_says_where(folder: Path) -> None:
    result = run("search", "--runbooks", folder, "deleted", "files")
    assert result.stdout == "disk-full#find-it  Disk Full\n    Look for deleted files that are still open.\n"
    (hit,) = json.loads(run("search", "--runbooks", folder, "swpa", "--json").stdout)
    assert (hit["name"], hit["field"], hit["excerpt"]["section"]["slug"]) == ("sub/memory", "heading", "swap")


def test_a_search_without_a_hit_is_exit_code_1(folder: Path) -> None:
    result = run("search", "--runbooks", folder, "zeppelin")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no runbook matches zeppelin\nhint: " in result.stderr
    assert run("search", "--runbooks", folder, "zeppelin", "--json").stdout == "[]\n"


@pytest.mark.parametrize("name", ["disk-full", "disk-full.md", "DISK-FULL", "Disk Full", "dissk full"])
def test_show_finds_what_is_meant_and_prints_markdown(folder: Path, name: str) -> None:
    result = run("show", "--runbooks", folder, name)
    assert result.stdout == PAGE
    assert result.exit_code == 0


def test_show_prints_one_section(folder: Path) -> None:
    assert run("show", "--runbooks", folder, "sub/memory#Swap").stdout == "## Swap\n\nswapoff\n"


def test_show_as_json_has_the_steps(folder: Path) -> None:
    page = json.loads(run("show", "--runbooks", folder, "disk-full", "--json").stdout)
    assert [(step["name"], step["code"]) for step in page["steps"]] == [("usage", "df -h")]


def test_show_suggests_on_a_miss(folder: Path) -> None:
    result = run("show", "--runbooks", folder, "memories of pressure")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no runbook memories of pressure\nhint: did you mean sub/memory" in result.stderr
    result = run("show", "--runbooks", folder, "disk-full#gone")
    assert result.exit_code == 2
    assert "hint: it has #disk-full, #find-it" in result.stderr


def test_a_missing_folder_is_said_and_the_others_serve(folder: Path) -> None:
    result = run("list", "--runbooks", folder / "gone", "--runbooks", folder)
    assert len(result.stdout.splitlines()) == 2
    assert f"{folder / 'gone'}: No such file or directory\nhint: " in result.stderr


def test_no_runbook_at_all_is_exit_code_2(tmp_path: Path) -> None:
    result = run("list", "--runbooks", tmp_path / "gone")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "holds no runbook" in result.stderr


def test_lint_says_each_mistake_with_its_place(folder: Path) -> None:
    assert run("lint", folder).exit_code == 0
    (folder / "sub" / "memory.md").write_text("# M\n\n[x](gone.md)\n")
    result = run("lint", folder)
    assert result.exit_code == 1
    assert result.stdout == f"{folder}/sub/memory.md:3: the link gone.md names a file that does not exist\n"
    report = json.loads(run("lint", folder, "--json").stdout)
    assert (report["ok"], len(report["problems"])) == (False, 1)


def test_on_a_terminal_a_page_is_drawn(folder: Path) -> None:
    code = "import os; os.environ['COLUMNS'] = '60'; from tui.cli import main; main()"
    ours, theirs = pty.openpty()
    arguments = [sys.executable, "-c", code, "runbook", "show", "--runbooks", str(folder), "disk-full#find-it"]
    environment = os.environ | {"TERM": "xterm-256color"}
    with subprocess.Popen(arguments, stdout=theirs, stdin=subprocess.DEVNULL, env=environment) as process:
        assert process.wait(30) == 0
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert "\x1b[1" in shown
    assert "**" not in shown
    assert "┌ " in shown
    assert "─" * 60 in shown
    assert "─" * 61 not in shown
