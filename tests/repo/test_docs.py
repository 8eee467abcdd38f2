"""Every command, option and setting is documented, and the project's links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tui.cli import main
from tui.core.settings import listing

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


def commands(group: click.Group, path: str = "ops-center") -> Iterator[tuple[str, click.Command]]:
    """Every command below a group by how it is called."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


COMMANDS = dict(commands(main))


@pytest.mark.parametrize("call", COMMANDS)
def test_the_readme_names_every_command(call: str) -> None:
    assert call in README


@pytest.mark.parametrize("name", [setting.name for setting in listing()])
def test_the_readme_names_every_setting(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("call", ["ops-center", *COMMANDS])
def test_every_command_and_option_says_what_it_is_for(call: str) -> None:
    command = main if call == "ops-center" else COMMANDS[call]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_the_readme_names_every_option_of_the_program() -> None:
    options = [parameter for parameter in main.params if isinstance(parameter, click.Option)]
    said = {option.opts[0] for option in options} - {"--help", "--version"}
    assert said <= set(re.findall(r"--[a-z-]+", README))


def test_the_picture_in_the_readme_is_what_the_tests_see() -> None:
    snapshot = ROOT / "tests/ui/__snapshots__/test_snapshots/test_overview[disturbed-ops-dark-wide].raw"
    assert (ROOT / "tests/ui/overview.svg").read_bytes() == snapshot.read_bytes(), "run `make snapshots`"


@pytest.mark.parametrize("page", PAGES)
def test_links_of_the_documentation_lead_to_files(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)", text) if not target.startswith("http")]
    missing = [target for target in targets if not (ROOT / target).exists()]
    assert not missing
