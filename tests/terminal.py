"""Start a program in a pseudo-terminal and read what it paints."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

_ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P^_].*?(?:\x07|\x1b\\)|\x1b[()][0-9A-B]|\x1b.", re.DOTALL)
ROOT = Path(__file__).resolve().parents[1]


class Terminal:
    """A child process on a terminal of `columns` × `rows`."""

    def __init__(self, argv: Sequence[str], *, columns: int = 160, rows: int = 45, cwd: Path = ROOT) -> None:
        self.started = time.perf_counter()
        self.output = bytearray()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            env = {k: v for k, v in os.environ.items() if k not in {"PYTHONDONTWRITEBYTECODE", "NO_COLOR"}}
            env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": str(columns), "LINES": str(rows)}
            os.chdir(cwd)
            os.execve(argv[0], list(argv), env)  # noqa: S606 - the benchmark's own programs
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_once(self, timeout_s: float) -> bool:
        """Take what is there, waiting up to `timeout_s` for it; False at the end of the child's output."""
        if select.select([self._fd], [], [], timeout_s)[0]:
            try:
                self.output += os.read(self._fd, 65536)
            except OSError:  # the child has closed its side
                return False
        return True

    def read(self, seconds: float) -> bytes:
        """What arrives within `seconds`."""
        before = len(self.output)
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0 and self.read_once(left):
            pass
        return bytes(self.output[before:])

    def wait_for(self, painted: Callable[[bytes], bool], timeout_s: float = 30) -> float:
        """Seconds from start until `painted` holds for the text without escape sequences."""
        end = time.perf_counter() + timeout_s
        while time.perf_counter() < end and self.read_once(0.05):
            if painted(_ESCAPES.sub(b"", bytes(self.output))):
                return time.perf_counter() - self.started
        text = _ESCAPES.sub(b"", bytes(self.output)).decode(errors="replace")
        raise TimeoutError(f"not painted within {timeout_s} s; the screen holds: {text[-2000:]}")

    def processor_s(self) -> float:
        """Seconds the child has been on a processor so far, over all its threads; 0 where the system does not tell."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._fd, keys)

    def hang_up(self) -> None:
        """Take the terminal away, as a connection that drops does."""
        os.close(self._fd)

    def ended(self, timeout_s: float = 20) -> int | None:
        """The child's exit code once it has ended, negative for a signal; None if it goes on for `timeout_s`."""
        end = time.perf_counter() + timeout_s
        while time.perf_counter() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            select.select([], [], [], 0.02)
        return None

    def close(self) -> None:
        """End the child."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)


PYTHON = sys.executable
DEMO = (PYTHON, "-m", "tui.cli", "demo")


def four_values(text: bytes) -> bool:
    """Whether four tiles have a state."""
    decoded = text.decode(errors="replace")
    return sum(decoded.count(word) for word in ("● OK", "▲ WARN", "■ CRIT")) >= 4
