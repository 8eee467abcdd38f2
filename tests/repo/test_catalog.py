"""The shipped catalog has no mistakes, and no quick action can take a key the overview has."""

from __future__ import annotations

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import key_to_character

from tui.app import OpsCenter
from tui.core import catalog, resources
from tui.screens.overview import OverviewScreen
from tui.widgets.panels import ActionList, AlertList, RunbookList
from tui.widgets.tile import TileView


def test_the_shipped_catalog_has_no_mistakes() -> None:
    assert [str(problem) for problem in catalog.check(resources.catalog(), [resources.runbooks()])[1]] == []


@pytest.mark.parametrize("node", [OpsCenter, OverviewScreen, TileView, AlertList, ActionList, RunbookList])
def test_every_character_bound_on_the_overview_is_reserved(node: type[DOMNode]) -> None:
    keys = [key for binding in Binding.make_bindings(node.BINDINGS) for key in binding.key.split(",")]
    characters = {"/" if key == "slash" else key_to_character(key) for key in keys} - {None}
    assert characters <= catalog.RESERVED_KEYS
