"""From a key press to the first byte of its repaint while every source is polled each second. Aim: p95 under 50 ms.

Measured on the demo, and on a real Prometheus whose client library is imported while keys are pressed.
"""

from __future__ import annotations

import contextlib
import random
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.services.process import answers, free_port, program, running
from tests.terminal import PYTHON, Terminal
from tui.core import resources

PRESSES = 200
_FRAME = re.compile("[╭┏━]".encode())
"""The focus moves: a frame is redrawn. The clock's tick has none."""


def _busy_catalog(folder: Path) -> Path:
    text = resources.catalog().read_text(encoding="utf-8")
    path = folder / "busy.toml"
    path.write_text(re.sub(r"(?m)^interval_s = .*$", "interval_s = 1", text), encoding="utf-8")
    return path


@contextlib.contextmanager
def _prometheus(folder: Path) -> Iterator[str]:
    """A real one that scrapes itself; the platform's metrics are not there, which is asked just as often."""
    url = f"http://127.0.0.1:{free_port()}"
    job = f"{{job_name: self, scrape_interval: 1s, static_configs: [{{targets: ['{url[7:]}']}}]}}"
    (folder / "prometheus.yml").write_text(f"scrape_configs: [{job}]\n")
    command = [
        program("prometheus", "prometheus"),
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        f"--web.listen-address={url[7:]}",
    ]
    with running(command, folder, lambda: answers(f"{url}/-/ready")):
        yield url


def _press(terminal: Terminal, rng: random.Random) -> list[float]:
    taken = []
    for _ in range(PRESSES):
        terminal.read(rng.uniform(0.01, 0.05))
        before = len(terminal.output)
        start = time.perf_counter()
        terminal.type(b"\t")
        while not _FRAME.search(terminal.output, before):
            terminal.read_once(1.0)
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def _report(name: str, argv: tuple[str, ...]) -> None:
    terminal = Terminal(argv)
    try:
        terminal.wait_for(lambda text: "Worker Count" in text.decode(errors="replace"))
        taken = sorted(_press(terminal, random.Random(3)))
    finally:
        terminal.close()
    p95 = taken[int(len(taken) * 0.95)]
    print(f"  {name:22} median {statistics.median(taken):5.1f} ms   p95 {p95:5.1f} ms   worst {taken[-1]:5.1f} ms")


def main() -> None:
    """Print the distribution for both sources."""
    print(f"key press to repaint, {PRESSES} presses while all sources are polled every second (aim: p95 under 50 ms)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        catalog = _busy_catalog(folder)
        command = (PYTHON, "-m", "tui.cli", "--catalog", str(catalog))
        _report("demo", (*command, "demo"))
        with _prometheus(folder) as url:
            _report("real Prometheus", (*command, "--prometheus", url))


if __name__ == "__main__":
    main()
