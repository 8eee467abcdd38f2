"""PostgreSQL's log without PostgreSQL: pod 0 is the primary, others stream from it. Standard library only."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path


def say(level: str, text: str) -> None:
    """One line in PostgreSQL's default format."""
    now = time.time()
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
    sys.stdout.write(f"{stamp}.{int(now % 1 * 1000):03d} UTC [{os.getpid()}] {level}:  {text}\n")
    sys.stdout.flush()


def main() -> None:
    """Write checkpoints until told to stop."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    say("LOG", "starting PostgreSQL 15.14 on x86_64-pc-linux-gnu, 64-bit")
    say("LOG", 'listening on IPv4 address "0.0.0.0", port 5432')
    if not os.environ.get("HOSTNAME", "").endswith("-0"):
        say("LOG", "started streaming WAL from primary at 0/3000000 on timeline 1")
    say("LOG", "database system is ready to accept connections")
    Path("ready").touch()
    while not stop.wait(15):
        say("LOG", "checkpoint starting: time")
        say("LOG", "checkpoint complete: wrote 41 buffers (0.3%); 0 WAL file(s) added, 0 removed, 0 recycled")
    say("LOG", "received fast shutdown request")
    say("LOG", "database system is shut down")


main()
