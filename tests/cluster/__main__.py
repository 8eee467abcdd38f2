"""Run a cluster with the platform's workloads until interrupted: `python -m tests.cluster`.

The first line on stdout is the path of the kubeconfig.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from tests.cluster.cluster import Cluster
from tests.cluster.platform import platform


async def _serve(folder: Path, time_scale: float, pods: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Cluster(folder, time_scale=time_scale) as cluster:
        cluster.apply(*platform())
        cluster.populate(pods)
        sys.stdout.write(f"{cluster.kubeconfig}\n")
        sys.stdout.flush()
        if sys.stderr.isatty():
            sys.stderr.write(f"\n  export KUBECONFIG={cluster.kubeconfig}\n  kubectl get all\n\nCtrl-C ends it.\n")
        await stop.wait()


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--time-scale", type=float, default=1.0, help="real seconds per second of the cluster")
    parser.add_argument("--pods", type=int, default=0, help="further pods without processes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        asyncio.run(_serve(Path(folder), options.time_scale, options.pods))


if __name__ == "__main__":
    main()
