"""10,000 pods: what listing and watching them costs us and the official client, and what its import does to the keys.

The server runs in a process of its own, and each client in a fresh one, so that the CPU seconds are the client's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.cluster import Cluster
from tests.terminal import PYTHON, Terminal
from tui.model.profile import KubernetesBackend

PODS = 10_000
CHANGES = 2_000
ROUNDS = 8
_FRAME = re.compile("[╭┏━]".encode())


async def serve(folder: str) -> None:
    """A cluster with all pods; each line on stdin makes CHANGES more of them be born."""
    async with Cluster(Path(folder) / "cluster") as cluster:
        cluster.populate(PODS)
        print(cluster.kubeconfig, flush=True)
        born = 0
        while await asyncio.to_thread(sys.stdin.readline):
            born += 1
            cluster.populate(CHANGES, app=f"burst-{born}")


class Gaps:
    """The longest time the event loop had no turn."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self) -> None:
        """Look once a millisecond."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.perf_counter() - before - 0.001)


async def measure(client: str) -> None:
    """List with one of the clients, and print what it cost as JSON; ours then takes in a burst of changes as well."""
    from tui.sources.kubernetes import Kubernetes

    source = Kubernetes(KubernetesBackend(timeout_s=60))
    await source._api.namespace()  # imported and connected
    if client == "typed":
        from kubernetes.aio import client as official

        api = official.CoreV1Api(official.ApiClient((await source._api._connection()).configuration))
        await api.list_namespaced_pod("default", limit=1)  # loads the models it needs
    gaps = Gaps()
    watcher = asyncio.create_task(gaps.run())
    began, cpu = time.perf_counter(), time.process_time()
    found: dict[str, float] = {}

    def note(name: str) -> None:
        found[name] = time.perf_counter() - began
        found[f"{name} cpu"] = time.process_time() - cpu
        found[f"{name} gap"] = gaps.longest
        found[f"{name} rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    if client == "typed":
        listed = await api.list_namespaced_pod("default")
        assert len(listed.items) >= PODS
        await asyncio.sleep(0.01)  # a turn for the watcher
        note("list")
        await api.api_client.close()
    else:
        async with contextlib.aclosing(source.watch()) as snapshots:
            async for snapshot in snapshots:
                if len(snapshot.pods) == PODS:
                    break
            note("list")
            gaps.longest, began, cpu = 0.0, time.perf_counter(), time.process_time()
            print("more", flush=True)
            async for snapshot in snapshots:
                if len(snapshot.pods) == PODS + CHANGES:
                    break
            note("burst")
    watcher.cancel()
    await source.aclose()
    print(json.dumps(found), flush=True)


@contextlib.contextmanager
def _serving() -> Iterator[tuple[subprocess.Popen[str], str]]:
    with tempfile.TemporaryDirectory() as folder:
        server = _start("serve", folder)
        assert server.stdout is not None
        try:
            yield server, server.stdout.readline().strip()
        finally:
            server.kill()
            server.wait()


def _start(*arguments: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PYTHON, "-m", "tests.bench.pods", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | env,
    )


def _costs(client: str) -> dict[str, float]:
    with _serving() as (server, kubeconfig):
        process = _start("measure", client, KUBECONFIG=kubeconfig)
        assert process.stdout is not None
        assert server.stdin is not None
        for line in process.stdout:
            if line.startswith("{"):
                found: dict[str, float] = json.loads(line)
                process.wait()
                return found
            print("more", file=server.stdin, flush=True)
        raise RuntimeError("the client ended without a word")


def _keys(mode: str) -> list[float]:
    """Milliseconds from a key to its repaint while a thread imports the client, or sleeps instead."""
    taken: list[float] = []
    code = (
        "import threading, time\n"
        "def work():\n"
        "    time.sleep(1.5)\n"
        "    open({mark!r}, 'w').write('begun')\n"
        "    {work}\n"
        "    open({mark!r}, 'w').write('ended')\n"
        "threading.Thread(target=work, daemon=True).start()\n"
        "import sys; sys.argv = ['ops-center', 'demo']\n"
        "from tui.cli import main; main()\n"
    )
    work = "import tui.sources.kubernetes_config" if mode == "import" else "time.sleep(0.6)"
    for seed in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            mark = Path(folder) / "mark"
            mark.touch()
            terminal = Terminal((PYTHON, "-c", code.format(mark=str(mark), work=work)))
            try:
                terminal.wait_for(lambda text: "Worker Count" in text.decode(errors="replace"))
                while mark.read_text() != "begun":
                    terminal.read(0.005)
                taken += _press(terminal, mark, random.Random(seed))
            finally:
                terminal.close()
    return sorted(taken)


def _press(terminal: Terminal, mark: Path, rng: random.Random) -> list[float]:
    taken = []
    while mark.read_text() != "ended":
        terminal.read(rng.uniform(0.005, 0.03))
        before, start = len(terminal.output), time.perf_counter()
        terminal.type(b"\t")
        while not _FRAME.search(terminal.output, before):
            terminal.read_once(1.0)
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def main() -> None:
    """Print the figures."""
    ours, typed = _costs("ours"), _costs("typed")
    print(f"{PODS:,} pods from a local server, {sys.version.split()[0]}")
    print("                               CPU s   wall s   peak MB   longest loop gap ms")
    for title, costs, what in (
        ("official client, typed list", typed, "list"),
        ("ours, list by pages", ours, "list"),
        (f"ours, {CHANGES:,} changes", ours, "burst"),
    ):
        cpu, wall, rss, gap = costs[f"{what} cpu"], costs[what], costs[f"{what} rss"], costs[f"{what} gap"]
        print(f"  {title:28} {cpu:5.2f}   {wall:5.2f}    {rss:6.0f}   {gap * 1000:8.0f}")
    print(f"  ratio of CPU, typed to ours  {typed['list cpu'] / ours['list cpu']:5.0f}   (aim: 5 or more)")
    print("key press to repaint while a thread imports the client")
    for mode in ("nothing", "import"):
        taken = _keys(mode)
        p95 = taken[int(len(taken) * 0.95)]
        print(f"  {mode:8} median {statistics.median(taken):5.1f} ms   p95 {p95:5.1f} ms   worst {taken[-1]:5.1f} ms")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", folder]:
            asyncio.run(serve(folder))
        case ["measure", client]:
            asyncio.run(measure(client))
        case _:
            main()
