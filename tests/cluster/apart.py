"""A cluster in a process of its own, so that what is measured here does not share the interpreter with it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def apart(*, pods: int = 0, time_scale: float = 1.0) -> Iterator[Path]:
    """The kubeconfig of a cluster with the platform's workloads and so many further pods without processes."""
    command = [sys.executable, "-m", "tests.cluster", f"--pods={pods}", f"--time-scale={time_scale}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Path(process.stdout.readline().strip())
        finally:
            process.terminate()
            process.wait()
