"""From exec to four painted values in the demo, as a ratio to a minimal Textual app started the same way.

The two alternate, so that what else the machine does falls on both. Aim: 1.6 or less.
"""

from __future__ import annotations

import statistics
import sys

from tests.terminal import DEMO, PYTHON, Terminal, four_values

RUNS = 11
MINIMAL = """
from textual.app import App
from textual.widgets import Static
class Minimal(App):
    def compose(self):
        yield Static("ready")
Minimal().run()
"""


def _start(argv: tuple[str, ...], *, demo: bool) -> float:
    terminal = Terminal(argv)
    try:
        return terminal.wait_for(four_values if demo else (lambda text: b"ready" in text))
    finally:
        terminal.close()


def main() -> None:
    """Print both medians and their ratio."""
    minimal_argv = (PYTHON, "-c", MINIMAL)
    _start(minimal_argv, demo=False), _start(DEMO, demo=True)  # fill the file cache
    minimal, demo = [], []
    for _ in range(RUNS):
        minimal.append(_start(minimal_argv, demo=False))
        demo.append(_start(DEMO, demo=True))
    ratio = statistics.median(d / m for d, m in zip(demo, minimal, strict=True))
    print(f"start-up, {RUNS} alternating runs, {sys.version.split()[0]}")
    print(f"  minimal Textual app   {statistics.median(minimal) * 1000:6.0f} ms")
    print(f"  demo, four values     {statistics.median(demo) * 1000:6.0f} ms")
    print(f"  ratio                 {ratio:6.2f}   (aim: 1.6 or less)")


if __name__ == "__main__":
    main()
