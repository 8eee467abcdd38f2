"""Starting real servers for a test session: on free ports, in temporary folders, ended with it."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

_ELSEWHERE = {
    "prometheus-alertmanager": "alertmanager",
    "prometheus-node-exporter": "node_exporter",
    "victoria-metrics": "victoria-metrics-prod",
}
"""What others than Debian call its programs."""
_START_S = 30.0
_PAUSE_S = 0.02


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def program(name: str, package: str) -> str:
    """The path of an installed server; a missing one fails the test, since skipping it would hide what is untested."""
    found = shutil.which(name) or shutil.which(_ELSEWHERE.get(name, name))
    if found is None:
        pytest.fail(f"{name} is not installed: apt-get install {package}", pytrace=False)
    return found


def wait_until(ready: Callable[[], bool], what: str, *, alive: Callable[[], bool] = lambda: True) -> None:
    """Return as soon as `ready`; fail after 30 seconds, or when what we wait for has ended."""
    deadline = time.monotonic() + _START_S
    while not ready():
        if time.monotonic() > deadline or not alive():
            pytest.fail(f"{what} did not get ready", pytrace=False)
        time.sleep(_PAUSE_S)


@contextlib.contextmanager
def running(arguments: Sequence[str], folder: Path, ready: Callable[[], bool]) -> Iterator[None]:
    """A server process while the context lasts; its output goes to `folder/log`."""
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(arguments, stdout=out, stderr=subprocess.STDOUT, cwd=folder)
        try:
            wait_until(ready, f"{arguments[0]} (log: {log})", alive=lambda: process.poll() is None)
            yield
        finally:
            process.kill()
            process.wait()


def answers(url: str) -> bool:
    """Whether an HTTP server answers with any status below 500."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - ours
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return error.code < 500
    except OSError:
        return False


def listens(port: int) -> bool:
    """Whether somebody accepts connections."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
