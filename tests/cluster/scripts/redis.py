"""Redis' log without Redis. Standard library only: it is run as a file."""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path


def say(mark: str, text: str) -> None:
    """One line in Redis' format."""
    now = time.time()
    stamp = time.strftime("%d %b %Y %H:%M:%S", time.gmtime(now))
    sys.stdout.write(f"1:M {stamp}.{int(now % 1 * 1000):03d} {mark} {text}\n")
    sys.stdout.flush()


def main() -> None:
    """Save what is not there every ten seconds."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    say("*", "Running mode=standalone, port=6379.")
    say("*", "Ready to accept connections tcp")
    Path("ready").touch()
    while not stop.wait(10):
        say("*", "100 changes in 10 seconds. Saving...")
        say("*", "Background saving terminated with success")
    say("#", "User requested shutdown...")
    say("#", "Redis is now ready to exit, bye bye...")


main()
