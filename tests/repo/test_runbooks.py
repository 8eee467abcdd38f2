"""The shipped runbooks keep every rule of `ops-center runbook lint`, and are the ones that must exist."""

from __future__ import annotations

import pytest

from tui.core import resources
from tui.core.library import Library
from tui.core.lint import is_scenario, lint_entry
from tui.model.runbook import parse

SCENARIOS = {
    "high-queue-depth.md": "High Queue Depth",
    "worker-failures.md": "Worker Failures",
    "database-connection-issues.md": "Database Connection Issues",
    "api-timeout.md": "API Timeout",
    "tenant-onboarding.md": "Tenant Onboarding",
}
DOCUMENTS = {
    "README.md",
    "review-template.md",
    "operations/README.md",
    "operations/alert-runbooks.md",
    "operations/alertmanager-setup.md",
    "operations/distributed-tracing-setup.md",
    "operations/grafana-setup.md",
    "operations/prometheus-setup.md",
}


@pytest.fixture(scope="module")
def library() -> Library:
    library = Library([resources.runbooks()])
    library.scan(texts=False)
    return library


def test_the_runbooks_are_there(library: Library) -> None:
    paths = {entry.path for entry in library.entries}
    assert paths >= SCENARIOS.keys() | DOCUMENTS
    assert library.problems == ()


@pytest.mark.parametrize(
    "path", sorted(path.relative_to(resources.runbooks()).as_posix() for path in resources.runbooks().rglob("*.md"))
)
def test_a_runbook_has_no_mistakes(library: Library, path: str) -> None:
    entry = next(entry for entry in library.entries if entry.path == path)
    assert [str(problem) for problem in lint_entry(entry, library)] == []


@pytest.mark.parametrize("path", sorted(SCENARIOS))
def test_a_scenario_runbook_is_one(path: str) -> None:
    page = parse((resources.runbooks() / path).read_text(encoding="utf-8"), path)
    assert page.title == SCENARIOS[path]
    assert is_scenario(page)
    assert page.steps
    links = [link.href for link in page.links]
    assert links[0].partition("#")[0] == "operations/distributed-tracing-setup.md"


@pytest.mark.parametrize("path", sorted(SCENARIOS))
def test_every_step_on_the_platform_has_both_variants(path: str) -> None:
    page = parse((resources.runbooks() / path).read_text(encoding="utf-8"), path)
    for step in page.steps:
        tools = [tool for tool in ("kubectl ", "docker compose ") if tool in step.code]
        assert not tools or step.on is not None, f"{path}:{step.line}: {step.name} uses {tools} on any platform"
        assert "kubectl " not in step.code or step.on == "kubernetes", f"{path}:{step.line}"
        assert "docker compose " not in step.code or step.on == "compose", f"{path}:{step.line}"


@pytest.mark.parametrize("alert", ["EnhancementSuccessRateLow", "QueueDepthHigh", "WorkerDown", "HighLatency"])
def test_every_alert_has_its_section(library: Library, alert: str) -> None:
    path = "operations/alert-runbooks.md"
    page = parse((resources.runbooks() / path).read_text(encoding="utf-8"), path)
    section = page.section(alert.lower())
    assert section is not None
    assert section.title == alert
    assert any(alert in entry.header.alerts for entry in library.entries if entry.path in SCENARIOS)
