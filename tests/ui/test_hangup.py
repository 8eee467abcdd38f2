"""A connection that drops: the program leaves, and does not spin on a terminal that is gone."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

import pytest

from tests.terminal import DEMO, Terminal, four_values


@pytest.fixture(params=[signal.SIG_DFL, signal.SIG_IGN], ids=["default", "ignored, as under nohup"])
def demo(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """The demo on a terminal, with SIGHUP inherited as it may be."""
    before = signal.signal(signal.SIGHUP, request.param)
    try:
        terminal = Terminal(DEMO)
    finally:
        signal.signal(signal.SIGHUP, before)
    terminal.wait_for(four_values)
    yield terminal
    with contextlib.suppress(ProcessLookupError, ChildProcessError):  # it has ended, as it should
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.ended()


def test_a_lost_terminal_ends_the_program(demo: Terminal) -> None:
    demo.hang_up()
    assert demo.ended() == 0


def test_a_request_to_end_is_followed(demo: Terminal) -> None:
    os.kill(demo.pid, signal.SIGTERM)
    demo.read(1)
    assert demo.ended() == 0
    demo.hang_up()
