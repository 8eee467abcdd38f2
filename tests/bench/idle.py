"""Bytes sent to the terminal while nothing changes: 30 s of polls whose values stay the same. Aim: under 200 a second.

What is left is the clock in the top line and the ages of the tiles.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.terminal import PYTHON, Terminal, four_values

SECONDS = 30
TILE = """
[[tile]]
id = "{id}"
title = "{id}"
expr = "vector({value})"
unit = "none"
steps = [{{ state = "ok" }}]
runbook = "worker-failures.md"
description = "Never changes."
"""
TREND = """
[[trend]]
id = "flat"
title = "Flat"
expr = "vector(4)"
unit = "none"
"""


def still_catalog(folder: Path) -> Path:
    """A catalog of four tiles whose values never change."""
    tiles = "".join(TILE.format(id=name, value=value) for value, name in enumerate(("one", "two", "three", "four"), 1))
    path = folder / "still.toml"
    path.write_text(f'title = "Still"\nrunbook_base = "https://example.org/runbooks"\ninterval_s = 5\n{tiles}{TREND}')
    return path


def main() -> None:
    """Print the rate at two sizes."""
    with tempfile.TemporaryDirectory() as folder:
        catalog = still_catalog(Path(folder))
        print(f"idle wire, {SECONDS} s of polls with unchanged values")
        for columns, rows in ((160, 45), (80, 24)):
            terminal = Terminal(
                (PYTHON, "-m", "tui.cli", "--catalog", str(catalog), "demo"), columns=columns, rows=rows
            )
            try:
                terminal.wait_for(four_values)
                terminal.read(5)  # what arrives after the first paint
                sent = len(terminal.read(SECONDS))
            finally:
                terminal.close()
            print(f"  {columns}x{rows:<4} {sent / SECONDS:6.0f} bytes a second   (aim: under 200)")


if __name__ == "__main__":
    main()
