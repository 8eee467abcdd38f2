"""The wheel works in an empty environment, with its runbooks and its catalog inside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.terminal import Terminal, four_values

ROOT = Path(__file__).resolve().parents[2]


def run(argv: Sequence[str | Path], cwd: Path) -> str:
    """Standard output of a command that must succeed, far from the checkout."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "PYTHON", "OPS_"))}
    done = subprocess.run([str(arg) for arg in argv], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `ops-center` command of an environment that holds nothing but the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("wheel")
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.exists() else shutil.which("uv")
    assert uv, "uv is missing; `make test` installs it"
    run([uv, "build", "--wheel", "--out-dir", folder / "dist", ROOT], folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    run([uv, "venv", "--python", sys.executable, folder / "env"], folder)
    run([uv, "pip", "install", "--python", folder / "env" / "bin" / "python", wheel], folder)
    return folder / "env" / "bin" / "ops-center"


def test_help_lists_the_commands(installed: Path, tmp_path: Path) -> None:
    text = run([installed, "--help"], tmp_path)
    assert all(command in text for command in ("catalog", "demo", "doctor", "mirror", "runbook", "status"))


def test_the_runbooks_are_those_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    listed = json.loads(run([installed, "runbook", "list", "--json"], tmp_path))
    shipped = {path.relative_to(ROOT / "runbooks").as_posix() for path in (ROOT / "runbooks").rglob("*.md")}
    assert {f"{entry['name']}.md" for entry in listed} == shipped


def test_the_catalog_is_inside(installed: Path, tmp_path: Path) -> None:
    assert "no mistakes" in run([installed, "catalog", "check"], tmp_path)


def test_the_demo_starts_and_shows_four_values(installed: Path, tmp_path: Path) -> None:
    terminal = Terminal([str(installed), "demo"], cwd=tmp_path)
    try:
        terminal.wait_for(four_values)
    finally:
        terminal.close()
