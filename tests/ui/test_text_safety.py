"""Hostile text from every source, through the real program, to the bytes that reach the terminal."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal import ROOT
from tests.ui import hostile
from tests.ui.hostile import ESC, FLAT
from tests.ui.wire_check import Session, leaks, words

LINKS = ("https://status.", "http://localhost:", "https://docs.example/", "https://example.org/")
"""Where the runbooks here may link to: the shipped ones' addresses and the hostile one's own."""

DOCKER = ROOT / "tests" / "sources" / "docker"
FLAT_ARGUMENT = FLAT.replace("\x00", "")
FILE_NAME = f"{ESC}[5m\x9b5m\u202e\x07\r{ESC}]52;c;ZXZpbA==\x07"
QUIT = "\x11"
Open = Callable[..., Session]


LINES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("status",), ("WARNING", "BAD-QUERY", "PAGE", "KIND")),
    (("status", "--json"), ("WARNING", "BAD-QUERY", "PAGE", "KIND")),
    (("workloads",), ("DEPLOYMENT", "STATEFUL")),
    (("workloads", "--json"), ("DEPLOYMENT", "POD", "EVENT-MESSAGE", "CONDITION-MESSAGE")),
    (("workloads", "restart", "nope", "--yes"), ("DEPLOYMENT",)),
    (("workloads", "scale", "statefulset/nope", "--replicas", "3"), ("STATEFUL",)),
    (("runbook", "list"), ("TITLE", "LATIN")),
    (("runbook", "list", "--json"), ("TITLE", "LATIN")),
    (("runbook", "search", "HOSTILE"), ("TITLE",)),
    (("runbook", "lint"), ()),
    (("logs", "--plain", "--no-follow"), ("LINE", "JSON", "RAW-JSON", "LONG-LINE", "BYTES", "EXCEPTION")),
    (("logs", "--json", "--no-follow"), ("LINE", "JSON", "RAW-JSON", "LONG-LINE", "BYTES", "EXCEPTION")),
    (("journal", "show"), ("WHO", "VERB", "TARGET", "OUTCOME", "NOTE-TEXT")),
    (("journal", "show", "--json"), ("WHO", "VERB", "TARGET", "OUTCOME", "NOTE-TEXT")),
    (("journal", "export"), ("WHO", "VERB", "TARGET", "OUTCOME", "NOTE-TEXT")),
    (("doctor",), ("VERSI",)),
    (("doctor", "--json"), ("VERSION", "GIT-VERSION")),
)
"""Commands, and what of the hostile texts each has to show."""

TYPED: tuple[tuple[str, ...], ...] = (
    ("runbook", "show", "{}"),
    ("runbook", "search", "qqqq {}"),
    ("logs", "--plain", "{}"),
    ("logs", "--include", "({}"),
    ("logs", "--since", "{}"),
    ("journal", "show", "--since", "{}"),
    ("workloads", "restart", "{}"),
    ("catalog", "check", "{}"),
    ("--config", "{}", "status"),
    ("--profile", "{}", "status"),
    ("--catalog", "{}", "status"),
    ("--set", "{}", "status"),
    ("--set", "{}=1", "status"),
    ("{}",),
    ("--{}",),
)
"""Commands with a place for something nasty, typed or pasted or completed by the shell."""


@pytest.fixture(name="home", autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose journal and runbooks are hostile."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    hostile.write_journal(tmp_path / "home" / "ops-center" / "journal.jsonl")
    hostile.write_runbooks(tmp_path / "runbooks")
    return tmp_path


@pytest.fixture(name="open_")
def _open() -> Iterator[Open]:
    """Starts the program in terminals that are closed in the end."""
    sessions: list[Session] = []

    def start(*arguments: str, pipe: str = "") -> Session:
        sessions.append(Session(*arguments, pipe=pipe))
        return sessions[-1]

    yield start
    for session in sessions:
        session.close()


@pytest.fixture(name="flags")
def _flags(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, ...]]:
    """The program's flags for a profile on the lying backends."""
    with hostile.serving() as url:
        kubeconfig = home / "kubeconfig"
        kubeconfig.write_text(
            f'{{"clusters": [{{"name": "c", "cluster": {{"server": "{url}"}}}}], "users": [],'
            ' "contexts": [{"name": "local", "context": {"cluster": "c", "user": ""}}], "current-context": "local"}'
        )
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
        (home / "empty.toml").write_text("")
        backends = [f"{name}.url={url}" for name in ("alertmanager", "jaeger", "grafana")]
        settings = [part for setting in backends for part in ("--set", setting)]
        yield (
            *("--config", str(home / "empty.toml"), "--prometheus", url, "--runbooks", str(home / "runbooks")),
            *("--set", "kubernetes.context=local", *settings),
        )


def marked(*names: str) -> list[str]:
    return [f"HOSTILE-{name}" for name in names]


def assert_safe(sent: bytes) -> None:
    found = leaks(sent, links=LINKS)
    assert not found, f"{len(found)} leaks, the first: " + "\n".join(found[:5])


def assert_lines(session: Session, command: tuple[str, ...], *markers: str) -> None:
    """The command has ended, has shown the markers, and nothing that a terminal obeys."""
    sent = session.finish()
    missing = [marker for marker in marked(*markers) if marker not in words(sent)]
    assert not missing, f"{command}: {words(sent)[-3000:]}"
    found = leaks(sent, screen=False)
    assert not found, f"{command}: {len(found)} leaks, the first: " + "\n".join(found[:5])


@pytest.mark.parametrize("command", [*hostile.COMMANDS[:-1], "\x00", "\x07", "\r", "\t", "\x9b", "\u202e", f"{ESC}[5m"])
def test_the_check_finds_every_command(command: str) -> None:
    assert leaks(f"before{command}after".encode())
    assert leaks(hostile.BROKEN)
    assert not leaks(b"\x1b[38;2;5;6;8;1mtext\x1b[0m\r\n\x1b[45;160Hend")


def test_overview(open_: Open, flags: tuple[str, ...]) -> None:
    session = open_(*flags)
    session.shows(*marked("ALERT-A", "ALERT-B", "SEV", "SUMMARY", "BAD-QUERY", "PAGE", "KIND", "RANGE-ERROR"))
    session.press("i")
    session.shows(*marked("WARNING"))
    session.press(f"{ESC}")
    session.shows(*marked("ALERT-A"))
    session.press("\t\t\t\t\r")
    session.shows("https://example.org/")
    session.press("?")
    assert_safe(session.finish(QUIT))


def test_runbooks(open_: Open, flags: tuple[str, ...]) -> None:
    session = open_(*flags)
    session.press("2")
    session.shows(*marked("TITLE", "WHEN", "LATIN", "NAME"))
    session.press("\r")
    session.shows(*marked("OWNER", "UPDATED", "KEYWORD", "RELATED", "HEADING", "TEXT"))
    session.pages(*marked("ITEM", "LINK", "ENTITY", "CELL", "COMMAND", "QUOTE"))
    session.press("\t\t\t\r")
    session.press("/HOSTILE")
    session.shows("HOSTILE")
    assert_safe(session.finish(QUIT))


def test_logs(open_: Open, flags: tuple[str, ...]) -> None:
    session = open_(*flags)
    session.press("3")
    session.shows(*marked("LINE", "JSON", "RAW-JSON", "PROGRESS", "PAIR", "LONG-LINE", "BYTES", "EXCEPTION"))
    session.press("g\x1b[B\x1b[B\r")
    session.shows(*marked("JSON", "INNER", "KEY"))
    session.press("\x1b")
    session.press("n")
    assert_safe(session.finish(QUIT))


def test_workloads(open_: Open, flags: tuple[str, ...]) -> None:
    session = open_(*flags)
    session.press("4")
    session.shows(*marked("DEPLOYMENT", "STATEFUL", "POD", "WAITING", "EVENT-MESS", "FORBIDDEN"))
    session.press("\r")
    session.shows(*marked("STRATEGY", "CONTAINER", "IMAGE", "RESOURCE", "QUANTITY"))
    session.pages(*marked("CONDITION-TYPE", "CONDITION-REASON", "CONDITION-MESSAGE"))
    session.press("\x1b")
    session.shows(*marked("DEPLOYMENT"))
    session.press("u")
    session.shows(*marked("CAUSE-1"))
    session.press("\x1b")
    session.shows(*marked("DEPLOYMENT"))
    session.press("r")
    session.shows("Restart deployment/HOSTILE-DEPLOYMENT")
    session.press("\t\r")
    session.shows(*marked("REFUSED"))
    assert_safe(session.finish(QUIT))


def test_journal(open_: Open, flags: tuple[str, ...]) -> None:
    session = open_(*flags)
    session.press("9")
    session.shows(*marked("NOTER", "WHO", "CONTEXT", "NOTE-TEXT"))
    session.press("\x1b[B\r")
    session.shows(*marked("VERB", "TARGET", "ARGUMENT", "OUTCOME"))
    assert_safe(session.finish(QUIT))


def test_a_catalog_whose_texts_look_like_markup(open_: Open, flags: tuple[str, ...], home: Path) -> None:
    hostile.write_catalog(home / "catalog.toml", valid=True)
    session = open_(*flags, "--catalog", str(home / "catalog.toml"))
    session.shows(*marked("PLATFORM", "TILE"))
    session.press("i")
    session.shows(*marked("ABOUT"))
    assert_safe(session.finish(QUIT))


def test_compose(open_: Open, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile.write_docker(home / "docker")
    monkeypatch.setenv("DOCKER_REPLAY", str(home / "docker"))
    monkeypatch.setenv("PATH", f"{DOCKER}{os.pathsep}{os.environ['PATH']}")
    (home / "empty.toml").write_text("")
    flags = ("--config", str(home / "empty.toml"), "--set", "compose.project=agents")
    session = open_(*flags)
    session.press("4")
    session.shows(*marked("SERVICE", "COMPOSE-POD"), "Hostile-h")
    session.press("\r")
    session.shows(*marked("SERVICE", "COMPOSE-IMAGE"))
    session.press("\x1b")
    session.press("3")
    session.shows(*marked("LINE", "EXCEPTION"), "COMPOSELO")
    assert_safe(session.finish(QUIT))
    (home / "docker" / "ps.err").write_text(hostile.flat("DOCKER-FAILS"))
    (home / "docker" / "ps.code").write_text("1")
    assert_lines(open_(*flags, "workloads"), ("workloads",), "DOCKER-FAILS")


def test_a_file_and_what_is_piped_in(open_: Open, home: Path) -> None:
    log = home / f"a{FILE_NAME}.log"
    log.write_bytes(hostile.LOG.encode() + b"\n" + hostile.BROKEN)
    markers = marked("LINE", "JSON", "RAW-JSON", "PROGRESS", "PAIR", "LONG-LINE", "BYTES")
    for session in (open_("logs", str(log)), open_(pipe=f'cat {shlex.quote(str(log))} | "$0" "$@" logs -')):
        session.shows(*markers)
        session.press("g\x1b[B\r")
        session.shows(*marked("INNER"))
        assert_safe(session.finish(QUIT))
    session = open_("logs", f"HOSTILE-NOWHERE{FLAT_ARGUMENT}")
    session.shows(*marked("NOWHERE"))
    assert_safe(session.finish(QUIT))


def test_lines(open_: Open, flags: tuple[str, ...]) -> None:
    sessions = [(open_(*flags, *command), command, markers) for command, markers in LINES]
    for session, command, markers in sessions:
        assert_lines(session, command, *markers)


def test_what_was_typed_or_pasted(open_: Open, flags: tuple[str, ...]) -> None:
    word = f"HOSTILE-WORD{FLAT_ARGUMENT}"
    sessions = [(open_(*flags, *(part.format(word) for part in command)), command) for command in TYPED]
    for session, command in sessions:
        assert_lines(session, command, "WORD")


def test_mistakes_in_files_that_are_called_anything(open_: Open, home: Path) -> None:
    catalog, empty, config = (str(home / f"{name}{FILE_NAME}.toml") for name in ("catalog", "empty", "config"))
    hostile.write_catalog(Path(catalog), valid=False)
    Path(empty).write_text("")
    key = json.dumps(hostile.hostile("KEY"))
    Path(config).write_text(
        f"{key} = 1\n[profile.{key}]\n{key} = {key}\nread_only = {key}\n[profile.b.prometheus]\nurl = {key}\n"
        f"timeout_s = {key}\n{key} = {{ {key} = {key} }}\n"
    )
    cases: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
        (("--config", config, "status"), ("KEY",)),
        (("--config", empty, "--catalog", catalog, "status"), ("ENTRY",)),
        (("--config", empty, "doctor"), ()),
        (("--config", empty, "doctor", "--json"), ()),
        (("catalog", "check", catalog), ("ENTRY",)),
        (("catalog", "check", "--json", catalog), ("ENTRY",)),
    ]
    sessions = [(open_(*command), command, markers) for command, markers in cases]
    for session, command, markers in sessions:
        assert_lines(session, command, *markers)
