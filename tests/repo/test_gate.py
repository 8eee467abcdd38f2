"""Nothing changes anything but through the gate."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GATE = ROOT / "tui" / "core" / "gate.py"
GUARDED = {"perform", "permission"}


def uses(source: str) -> list[int]:
    """Lines where a performer's methods are reached, called or handed on, also by name.

    A performer may be made of parts: its own `perform` may call another's.
    """
    found: list[int] = []

    def visit(node: ast.AST, inside: str) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = node.name
        if _reaches(node) - {inside}:
            found.append(getattr(node, "lineno", 0))
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(ast.parse(source), "")
    return found


def _reaches(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Attribute) and node.attr == "perform":
        return {node.attr}
    if not isinstance(node, ast.Call):
        return set()
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in {"getattr", "methodcaller"}:
        return GUARDED & {word.value for word in node.args if isinstance(word, ast.Constant)}
    return GUARDED & {name} if isinstance(node.func, ast.Attribute) else set()


@pytest.mark.parametrize(
    "source",
    [
        "await source.perform(change)",
        "run(source.perform, change)",
        "getattr(source, 'perform')(change)",
        "operator.methodcaller('perform', change)",
        "await self._source.permission(change)",
    ],
)
def test_the_check_sees_what_it_looks_for(source: str) -> None:
    assert uses(f"async def f():\n    {source}") != []
    assert (
        uses(f"class A:\n    async def perform(self, change): return await self._part.perform(change)\n# {source}")
        == []
    )


def test_only_the_gate_performs() -> None:
    modules = sorted((ROOT / "tui").rglob("*.py"))
    found = {str(module.relative_to(ROOT)): uses(module.read_text(encoding="utf-8")) for module in modules}
    assert found.pop(str(GATE.relative_to(ROOT)))
    assert {module: lines for module, lines in found.items() if lines} == {}
