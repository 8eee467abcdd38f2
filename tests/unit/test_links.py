"""Where links lead: the ways `runbook_url`s and page links are written in the wild."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.core.library import Entry, Library
from tui.core.links import Target, resolve, safe_url

BASE = "https://github.com/acme/ops/blob/main/runbooks/"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("runbooks")
    (folder / "operations").mkdir()
    (folder / "README.md").write_text("# Index\n")
    (folder / "high-queue-depth.md").write_text("# High Queue Depth\n\n## Scale out\n\n## Scale out\n")
    (folder / "operations" / "README.md").write_text("# Operations\n")
    (folder / "operations" / "alert-runbooks.md").write_text("# Alerts\n\n## QueueDepthHigh\n\n## WorkerDown\n")
    (folder / "operations" / "KubePodCrashLooping.md").write_text(
        "# Crash\n\n**Related Alerts:** KubePodCrashLooping\n\n## Meaning\n"
    )
    library = Library([folder])
    library.scan()
    return library


def entry(library: Library, path: str) -> Entry:
    return next(entry for entry in library.entries if entry.path == path)


def page(target: Target) -> str:
    assert target.kind == "page"
    assert target.entry is not None
    return f"{target.entry.path}#{target.anchor}"


@pytest.mark.parametrize(
    ("url", "found", "said"),
    [
        (BASE + "operations/alert-runbooks.md#queuedepthhigh", "operations/alert-runbooks.md#queuedepthhigh", ""),
        (
            BASE + "operations/alert-runbooks.md#QueueDepthHigh",
            "operations/alert-runbooks.md#queuedepthhigh",
            "found as",
        ),
        (BASE + "operations/alert-runbooks#workerdown\n", "operations/alert-runbooks.md#workerdown", ""),
        (BASE + "operations/alert-runbooks.md#gone", "operations/alert-runbooks.md#", "no section #gone"),
        (BASE + "operations/alert-runbooks.md?plain=1#workerdown", "operations/alert-runbooks.md#workerdown", ""),
        (BASE + "operations/alert-runbooks.md#{{ $labels.alertname }}", "operations/alert-runbooks.md#", "template"),
        ("https://wiki.example.com/ops/high-queue-depth/", "high-queue-depth.md#", ""),
        (
            "https://runbooks.example.dev/operations/kubepodcrashlooping",
            "operations/KubePodCrashLooping.md#",
            "found as",
        ),
        ("https://wiki.example.com/Alert-Runbooks", "operations/alert-runbooks.md#", "by its file name"),
        ("https://ops.example.com/operations/", "operations/README.md#", ""),
        ("operations/alert-runbooks.md#workerdown", "operations/alert-runbooks.md#workerdown", ""),
        ("/runbooks/high-queue-depth.md", "high-queue-depth.md#", ""),
        ("  high-queue-depth.md#scale-out-1 \n", "high-queue-depth.md#scale-out-1", ""),
        ("high-queue-depth.md#user-content-scale-out", "high-queue-depth.md#scale-out", ""),
    ],
)
def test_a_runbook_url_finds_its_section(library: Library, url: str, found: str, said: str) -> None:
    target = resolve(url, library)
    assert page(target) == found
    assert said in target.note
    assert bool(target.note) == bool(said)


@pytest.mark.parametrize("url", ["", " \n", "gone.md", "{{ $labels.runbook }}", BASE + "{{ $labels.x }}.md"])
def test_what_leads_nowhere_says_so(library: Library, url: str) -> None:
    target = resolve(url, library)
    assert target.kind != "page"
    assert target.note


def test_an_alert_without_a_runbook_finds_one_that_names_it(library: Library) -> None:
    for url in ("", "https://elsewhere.example.com/x"):
        target = resolve(url, library, alert="KubePodCrashLooping")
        assert page(target) == "operations/KubePodCrashLooping.md#"
        assert "names KubePodCrashLooping" in target.note
    assert resolve("", library, alert="Unknown").kind == "none"


@pytest.mark.parametrize(
    ("current", "href", "found"),
    [
        ("high-queue-depth.md", "#scale-out-1", "high-queue-depth.md#scale-out-1"),
        ("high-queue-depth.md", "operations/alert-runbooks.md#workerdown", "operations/alert-runbooks.md#workerdown"),
        ("operations/alert-runbooks.md", "../high-queue-depth.md#scale-out", "high-queue-depth.md#scale-out"),
        ("operations/alert-runbooks.md", "README.md", "operations/README.md#"),
        ("operations/alert-runbooks.md", "..", "README.md#"),
        ("operations/alert-runbooks.md", "./kubepodcrashlooping.md", "operations/KubePodCrashLooping.md#"),
        ("operations/alert-runbooks.md", BASE + "high-queue-depth.md#scale-out", "high-queue-depth.md#scale-out"),
    ],
)
def test_a_link_on_a_page_is_followed(library: Library, current: str, href: str, found: str) -> None:
    assert page(resolve(href, library, entry(library, current))) == found


@pytest.mark.parametrize(
    "href",
    [
        "https://wiki.example.com/ops/high-queue-depth",
        "https://github.com/other/project/blob/main/README.md",
        "http://localhost:16686/search?service=celery-worker",
    ],
)
def test_the_web_is_not_mistaken_for_a_runbook(library: Library, href: str) -> None:
    target = resolve(href, library, entry(library, "high-queue-depth.md"))
    assert target.kind == "external"
    assert target.url == href
    assert "not opened" in target.note


@pytest.mark.parametrize(
    "href", ["mailto:a@b.c", "javascript:alert(1)", "file:///etc/passwd", "../../../etc/passwd", "x.json"]
)
def test_other_links_lead_nowhere(library: Library, href: str) -> None:
    assert resolve(href, library, entry(library, "high-queue-depth.md")).kind == "none"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.com/a?b=c&d=%20#e", "https://example.com/a?b=c&d=%20#e"),
        ("https://example.com/a;b", "https://example.com/a%3Bb"),
        ("https://example.com/ü", "https://example.com/%C3%BC"),
        ("https://example.com/\x1b]52;c;\x07", None),
        ("https://example.com/\x9b", None),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("example.com", None),
    ],
)
def test_only_harmless_urls_become_hyperlinks(url: str, safe: str | None) -> None:
    assert safe_url(url) == safe


@settings(max_examples=300, deadline=None)
@given(st.text(), st.booleans())
def test_any_target_resolves_to_something(library: Library, target: str, on_page: bool) -> None:
    found = resolve(target, library, library.entries[0] if on_page else None)
    assert found.kind == "page" or found.note
    assert "\x1b" not in found.note + found.url
