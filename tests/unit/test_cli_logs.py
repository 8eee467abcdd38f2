"""`ops-center logs`: on a screen in a real terminal, also with the log piped in, and as text."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.terminal import Terminal
from tui.cli.logs import logs

LOG = b"""[2026-11-23 03:12:09,123: INFO/MainProcess] one trace_id=0123456789abcdef0123456789abcdef
[2026-11-23 03:12:10,000: ERROR/ForkPoolWorker-1] two
Traceback (most recent call last):
  File "x"
KeyError: 'x'
\x1b[31m2026-11-23 03:12:11 WARNING three\x1b[0m \x1b]52;c;aGk=\x07 \xff
"""
COMMAND = "from tui.cli.logs import logs; logs()"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A small log."""
    path = tmp_path / "worker.log"
    path.write_bytes(LOG)
    return path


def run(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command, without a terminal."""
    command = [sys.executable, "-c", COMMAND, *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


def test_without_a_terminal_lines_are_printed_as_received(log: Path) -> None:
    done = run(log)
    assert (done.returncode, done.stdout, done.stderr) == (0, LOG, b"")


def test_entries_are_filtered_as_a_whole(log: Path) -> None:
    assert run(log, "--level", "error").stdout == b"".join(LOG.splitlines(keepends=True)[1:5])
    assert run(log, "--include", "keyerror").stdout.startswith(b"[2026-11-23 03:12:10,000: ERROR")
    assert b"two" not in run(log, "--exclude", "KeyError").stdout
    assert run(log, "--tail", "1").stdout == LOG.splitlines(keepends=True)[-1]


def test_json_is_one_object_an_entry(log: Path) -> None:
    entries = [json.loads(text) for text in run(log, "--json").stdout.splitlines()]
    assert [entry["level"] for entry in entries] == ["info", "error", "warn"]
    assert entries[0]["trace_id"] == "0123456789abcdef0123456789abcdef"
    assert entries[0]["at"] == pytest.approx(1_795_403_529.123)
    assert entries[1]["text"].endswith("\nKeyError: 'x'")
    assert entries[2]["text"] == "2026-11-23 03:12:11 WARNING three ␛]52;c;aGk=␇ \ufffd"
    assert entries[2]["source"] == "worker.log"


def test_what_is_piped_in_is_printed_and_its_end_said() -> None:
    done = run("-", stdin=LOG)
    assert done.stdout == LOG
    assert done.stderr == b"stdin: the sender has ended\n"


def test_a_reader_that_leaves_early_is_no_error(log: Path) -> None:
    log.write_bytes(LOG * 50_000)
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(log)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait() == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("missing.log",), "log file missing.log: No such file or directory\nhint: check its name"),
        (("x", "--selector", "app=api"), "hint: leave one of them out"),
        (("x", "--include", "("), "hint: \\ before ("),
        (("x", "--since", "soon"), "hint: 90s, 15m, 6h or 1d"),
    ],
)
def test_mistakes_end_in_a_hint_and_exit_code_2(arguments: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(logs, arguments)
    assert done.exit_code == 2
    assert said in done.stderr


def test_without_a_platform_it_says_what_it_can_read(tmp_path: Path) -> None:
    done = CliRunner().invoke(logs, ["--plain"], env={"XDG_CONFIG_HOME": str(tmp_path)})
    assert done.exit_code == 2
    assert "hint: `ops-center logs FILE` reads a file" in done.stderr


def holds(*words: str) -> Callable[[bytes], bool]:
    """Whether a screen shows all of these."""
    return lambda text: all(word in text.decode(errors="replace") for word in words)


def test_a_file_on_a_screen_sends_nothing_of_its_own_to_the_terminal(log: Path) -> None:
    terminal = Terminal((sys.executable, "-c", COMMAND, str(log)), columns=100, rows=24)
    try:
        terminal.wait_for(holds("following", "6 lines", "three"))
        terminal.type(b"e")
        terminal.wait_for(holds("errors only", "1 of 6 lines"))
        with log.open("ab") as file:
            file.write(b"[2026-11-23 03:12:12,000: ERROR/MainProcess] grown\n")
        terminal.wait_for(holds("2 of 7 lines", "grown"))
    finally:
        terminal.close()
    assert b"\x1b]52" not in terminal.output


def test_a_pipe_on_a_screen_leaves_the_keyboard_to_the_operator(log: Path) -> None:
    feed = f"cat '{log}'; sleep 1; printf 'later line\\n'; sleep 60"
    script = f"( {feed} ) | '{sys.executable}' -c '{COMMAND}' -"
    terminal = Terminal(("/bin/sh", "-c", script), columns=100, rows=24)
    try:
        terminal.wait_for(holds("following", "three"))
        terminal.type(b"e")
        terminal.wait_for(holds("errors only"))
        terminal.type(b"e")
        terminal.wait_for(holds("later line", "7 lines"))
        before = len(terminal.output)
        terminal.type(b"q")
        while b"\x1b[?1049l" not in terminal.output[before:]:
            assert terminal.read_once(5)
    finally:
        terminal.close()
