"""From exec to four painted values in the demo, as a ratio to a minimal Textual app started the same way.

The two alternate, so that what else the machine does falls on both; the time on the processor does not see it at all.
Aim: 1.6 or less.
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


def _start(argv: tuple[str, ...], *, demo: bool) -> tuple[float, float]:
    """Seconds until it is painted, and seconds on the processor until then."""
    terminal = Terminal(argv)
    try:
        return terminal.wait_for(four_values if demo else (lambda text: b"ready" in text)), terminal.processor_s()
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
    print(f"start-up, medians of {RUNS} alternating runs, Python {sys.version.split()[0]}")
    for what, index in (("exec to painted", 0), ("on the processor", 1)):
        small = statistics.median(run[index] for run in minimal) * 1000
        ours = statistics.median(run[index] for run in demo) * 1000
        ratio = statistics.median(d[index] / m[index] for d, m in zip(demo, minimal, strict=True))
        print(f"  {what:17} minimal app {small:5.0f} ms   demo {ours:5.0f} ms   ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
