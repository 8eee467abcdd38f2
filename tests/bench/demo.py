"""What the simulated platform costs the start of the demo, in CPU time, beside importing Textual in the same run.

Cold but compiled: importing the package, a day of history, and the four tiles with their sparklines.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

RUNS = 7
COLD = """
import sys, time
import msgspec, promql_parser, asyncio
from tui.core import resources
from tui.core.catalog import load
catalog = load(resources.catalog())
begin = time.process_time()
from tui.sources.demo import DemoSource, Platform
imported = time.process_time()
async def ask():
    source = DemoSource(Platform(1, lambda: 1795442602.0), catalog)
    for tile in catalog.tile:
        await source.instant(tile.expr)
    for tile in catalog.tile:
        await source.window(tile.expr, start=1795439002.0, step=60, points=60)
asyncio.run(ask())
answered = time.process_time()
import textual.app
print(imported - begin, answered - imported, time.process_time() - answered)
"""


def main() -> None:
    """Print the medians and the ratio."""
    command = [sys.executable, "-c", COLD]
    runs = []
    for _ in range(RUNS):
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        runs.append([float(part) * 1000 for part in done.stdout.split()])
    imports, answers, textual = (statistics.median(column) for column in zip(*runs, strict=True))
    print(f"the simulated platform, CPU time of {RUNS} cold runs")
    print(f"  import                       {imports:6.1f} ms")
    print(f"  a day, four tiles, four sparklines {answers:6.1f} ms")
    print(f"  import textual.app           {textual:6.1f} ms")
    print(f"  ratio                        {(imports + answers) / textual:6.2f}")


if __name__ == "__main__":
    main()
