"""Every mistake in a catalog is found, all at once, each with its place; nothing a file can hold raises."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.core import catalog, resources
from tui.model.errors import ConfigError
from tui.model.text import sanitise

GOOD = """\
title = "Shop"
runbook_base = "https://example.org/runbooks"

[[tile]]
id = "orders"
title = "Orders"
expr = "sum(rate(orders_total[5m]))"
unit = "ops"
steps = [{ state = "crit" }, { at = 1, state = "warn" }, { at = 2.5, state = "ok" }]
runbook = "orders.md"
description = "Orders a second."

[[trend]]
id = "orders-hour"
title = "Orders, last hour"
expr = "orders"
unit = "none"

[[action]]
id = "restart"
key = "r"
title = "Restart"
description = "Start the shop again."
runbook = "orders.md#few-orders"
risk = "change"
warning = "Carts are lost."
kubernetes = "kubectl rollout restart deployment/shop"
explore = { datasource = "prometheus", expr = "orders[5m]" }

[[alert]]
name = "FewOrders"
expr = "orders < 1"
for = 300
severity = "warning"
summary = "Few orders"
description = "{{ $value }} orders."
runbook = "orders.md#few-orders"
related = ["orders.md"]
"""
RUNBOOK = "# Orders\n\n## Few Orders\n\nLook.\n"
SHIPPED = resources.catalog().read_text()


@pytest.fixture(name="runbooks")
def _runbooks(tmp_path: Path) -> Path:
    folder = tmp_path / "runbooks"
    folder.mkdir()
    (folder / "orders.md").write_text(RUNBOOK)
    return folder


def mistakes(text: str, runbooks: Path) -> list[str]:
    """What `check` says of a catalog, one line a mistake, without the file's name."""
    file = runbooks.parent / "shop.toml"
    file.write_text(text)
    _, problems = catalog.check(file, [runbooks])
    assert all(problem.place.startswith("shop.toml") for problem in problems)
    lines = [f"{problem.place}: {problem.why}" + (f" | {problem.hint}" if problem.hint else "") for problem in problems]
    return [line.removeprefix("shop.toml: ") for line in lines]


def test_a_good_catalog_has_none(runbooks: Path) -> None:
    assert mistakes(GOOD, runbooks) == []


ONE_MISTAKE = tomllib.loads((Path(__file__).parent / "mistakes.toml").read_text())["mistake"]


@pytest.mark.parametrize("mistake", ONE_MISTAKE, ids=[mistake["said"][0] for mistake in ONE_MISTAKE])
def test_one_mistake_is_said_once(runbooks: Path, mistake: dict[str, Any]) -> None:
    assert mistake["right"] in GOOD
    assert mistakes(GOOD.replace(mistake["right"], mistake["wrong"], 1), runbooks) == mistake["said"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("tile", 'tile[1].id: "orders" is the id of tile[0] already'),
        ("trend", 'trend[1].id: "orders-hour" is the id of trend[0] already'),
        (
            "action",
            """action[1].id: "restart" is the id of action[0] already
action[1].key: "r" is the key of action[0] already""",
        ),
        ("alert", 'alert[1].name: "FewOrders" is the name of alert[0] already'),
    ],
)
def test_nothing_is_there_twice(runbooks: Path, kind: str, said: str) -> None:
    section = next(f"\n[[{part}" for part in GOOD.split("\n[[")[1:] if part.startswith(kind))
    assert mistakes(GOOD + section, runbooks) == said.split("\n")


def test_an_action_does_something(runbooks: Path) -> None:
    lines = [line for line in GOOD.splitlines() if not line.startswith(("kubernetes", "explore"))]
    assert mistakes("\n".join(lines), runbooks) == [
        "action[0]: does nothing | give it kubernetes, compose, expr, explore or jaeger"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('title = "a"\ntitle = "b"\nx = 1', "line 2, column 12: not TOML: Cannot overwrite a value"),
        ('title = "a"\nunit = [1\nx = 2', "line 3, column 1: not TOML: Unclosed array"),
        ('title = "a', "end of document: not TOML: Unterminated string"),
        ("x = " + "[" * 5000, "nested too deeply"),
        ("x = " + "9" * 5000, "not TOML: Exceeds the limit (4300 digits)"),
        ("tile = []", "tile: no tiles | an operations center shows at least one: add a [[tile]]"),
        ("tile = 3", "tile: expected list, got 3"),
        ("tile = [3]", "tile[0]: expected table, got 3"),
        ("[[tile]]\nsteps = []", 'tile[0].steps: no steps | begin with the base, for example { state = "ok" }'),
    ],
)
def test_what_is_no_catalog_at_all(runbooks: Path, text: str, said: str) -> None:
    assert [line for line in mistakes(text, runbooks) if line.startswith(said)]


def test_one_mistake_hides_no_other(runbooks: Path) -> None:
    text = GOOD.replace('unit = "ops"', 'unit = "opps"').replace("at = 1,", 'at = "x",')
    text = text.replace("sum(rate", "sum((rate").replace('key = "r"', 'key = "q"').replace("for = 300\n", "")
    text = text.replace('title = "Orders"', "titel = 1").replace("orders.md#few-orders", "orders.md#few")
    places = [line.split(": ")[0] for line in mistakes(text, runbooks)]
    assert places == [
        "tile[0].titel",
        "tile[0].title",
        "tile[0].steps[1].at",
        "alert[0].for",
        "tile[0].unit",
        "action[0].key",
        "tile[0].expr",
        "action[0].runbook",
        "alert[0].runbook",
    ]


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    _, problems = catalog.check(tmp_path / "none.toml", [])
    assert [str(problem) for problem in problems] == [
        f"none.toml: cannot be read: No such file or directory\nhint: is {tmp_path / 'none.toml'} the right file?"
    ]
    (tmp_path / "latin.toml").write_bytes('title = "Störung"'.encode("latin-1"))
    _, problems = catalog.check(tmp_path / "latin.toml", [])
    assert [str(problem) for problem in problems] == ["latin.toml: byte 11 is not UTF-8\nhint: save the file as UTF-8"]


def test_the_first_folder_that_has_a_runbook_wins(runbooks: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "orders.md").write_text("# Orders\n\n## Other\n")
    file = tmp_path / "shop.toml"
    file.write_text(GOOD)
    assert catalog.check(file, [runbooks, mine])[1] == []
    assert len(catalog.check(file, [mine, runbooks])[1]) == 2


def test_load_wants_what_a_start_needs_and_no_more(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(GOOD.replace("orders < 1", "orders <").replace('unit = "ops"', 'unit = "s"\ndecimals = 1'))
    loaded = catalog.load(file)  # PromQL is the server's to refuse, and a missing runbook is seen when it is opened
    assert [step.at for step in loaded.tile[0].steps] == [None, 1, 2.5]
    assert loaded.alert[0].for_s == 300
    assert loaded.interval_s == 15
    file.write_text(GOOD.replace('unit = "ops"', 'unit = "opps"').replace("at = 1,", "at = 9,"))
    with pytest.raises(ConfigError) as refused:
        catalog.load(file)
    assert [problem.place for problem in refused.value.problems] == [
        "shop.toml: tile[0].unit",
        "shop.toml: tile[0].steps[2].at",
    ]


def test_load_brings_no_parser_along() -> None:
    code = (
        "import sys; from tui.core import catalog, resources; catalog.load(resources.catalog());"
        "print(*sorted({'promql_parser', 'markdown_it', 'difflib', 'textual', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


# ── The shipped catalog, mutilated ────────────────────────────────────────────────────────────────────────────────────


def survives(content: bytes, folder: Path) -> None:
    """`check` reports and `load` agrees with it, whatever the file holds."""
    file = folder / "mutilated.toml"
    file.write_bytes(content)
    found, problems = catalog.check(file, [folder])
    for problem in problems:
        assert problem.place.startswith("mutilated.toml")
        assert problem.why
        line = f"{problem.place}{problem.why}{problem.hint}"
        assert sanitise(line) == line
        assert "\n" not in line
    if found is None:
        assert problems
        with pytest.raises(ConfigError):
            catalog.load(file)
    else:
        assert catalog.load(file) == found


_ONCE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)  # one folder will do


@_ONCE
@given(st.data())
def test_no_damage_to_the_text_raises(tmp_path: Path, data: st.DataObject) -> None:
    text = SHIPPED
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        piece = st.text(max_size=10) | st.sampled_from(
            ['"', "'''", "[[tile]]", "]", "{", "=", "\n", "1e999", "nan", "\ud800"]
        )
        text = text[:start] + data.draw(piece) + text[end:]
    survives(text.encode(errors="surrogatepass"), tmp_path)


_LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["x[5m]", "sum(", "../x", "/", "#", "s", "ok", "r", "worker-failures.md#", "a" * 300])
)
_ANYTHING = st.recursive(
    _LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def toml(value: object) -> str:
    """`value` as inline TOML; None is left out by what holds it."""
    match value:
        case dict():
            return (
                "{" + ", ".join(f"{json.dumps(key)} = {toml(of)}" for key, of in value.items() if of is not None) + "}"
            )
        case list():
            return "[" + ", ".join(toml(item) for item in value if item is not None) + "]"
        case float():
            return repr(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


@_ONCE
@given(st.data())
def test_no_wrong_value_anywhere_raises(tmp_path: Path, data: st.DataObject) -> None:
    whole: Any = tomllib.loads(SHIPPED)
    for _ in range(data.draw(st.integers(1, 4))):
        node = whole
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if not isinstance(node[key], dict | list) or data.draw(st.booleans()):
                node[key] = data.draw(_ANYTHING)
                break
            node = node[key]
    text = "\n".join(f"{json.dumps(key)} = {toml(value)}" for key, value in whole.items() if value is not None)
    survives(text.encode(errors="surrogatepass"), tmp_path)
