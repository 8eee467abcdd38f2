"""What starting the program loads. The layers themselves are import-linter's (`make check`)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tui.cli import _COMMANDS

CLIENTS = {"httpx", "requests", "redis", "kubernetes", "prometheus_api_client"}
HEAVY = {"markdown_it", "rapidfuzz", "pygments", "yaml"}


def loaded(statement: str) -> set[str]:
    """Top-level modules in a fresh interpreter after `statement`."""
    code = f"{statement}; import sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["tui.cli", *(f"tui.cli.{name}" for name in _COMMANDS)])
def test_the_command_line_loads_neither_textual_nor_a_client(module: str) -> None:
    found = loaded(f"import {module}")
    assert "tui" in found
    assert not found & (CLIENTS | HEAVY | {"textual", "rich", "promql_parser"})


@pytest.mark.parametrize(
    "statement", ["import tui.app", "from tui.core import center; center.demo(seed=1); import tui.app"]
)
def test_the_first_paint_waits_for_no_client_and_no_markdown(statement: str) -> None:
    assert not loaded(statement) & (CLIENTS | HEAVY)


def test_a_center_on_real_servers_is_put_together_without_their_clients() -> None:
    statement = (
        "import random, time; from tui.core import center; from tui.model.profile import Profile; "
        "center.build(Profile(name='p'), clock=time.time, rng=random.Random(1))"
    )
    assert not loaded(statement) & (CLIENTS | HEAVY)


@pytest.mark.parametrize("platform", ["kubernetes", "compose"])
def test_naming_a_platform_does_not_import_it(platform: str) -> None:
    statement = (
        "import random, sys, time; from tui.core import center; from tui.model.profile import Profile; "
        f"profile = Profile(name='p', configured=frozenset({{'{platform}'}})); "
        "center.build(profile, clock=time.time, rng=random.Random(1)); "
        "assert not {'tui.sources.kubernetes', 'tui.sources.compose'} & set(sys.modules)"
    )
    assert not loaded(statement) & (CLIENTS | HEAVY | {"aiohttp"})
