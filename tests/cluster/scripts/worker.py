"""A Celery worker to look at: enhances tickets that are not there, fails now and then, ends warmly on SIGTERM.

Standard library only: it is run as a file.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
import uuid
from pathlib import Path

_TENANTS = ("acme", "globex", "initech", "umbra")
_TRACEBACK = """Traceback (most recent call last):
  File "/app/workers/tasks.py", line 118, in enhance_ticket
    completion = provider.complete(prompt, timeout=settings.llm_timeout_seconds)
  File "/app/workers/llm.py", line 64, in complete
    raise ProviderTimeout(f"no answer after {timeout} s")
workers.llm.ProviderTimeout: no answer after 30 s"""


def say(level: str, process: str, text: str) -> None:
    """One log entry in Celery's format."""
    now = time.time()
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
    sys.stdout.write(f"[{stamp},{int(now % 1 * 1000):03d}: {level}/{process}] {text}\n")
    sys.stdout.flush()


def main() -> None:
    """Work until told to stop."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    rng = random.Random(os.environ.get("HOSTNAME", ""))
    concurrency = int(os.environ.get("CELERY_CONCURRENCY", "4"))
    say("INFO", "MainProcess", "Connected to redis://redis:6379/0")
    say("INFO", "MainProcess", f"celery@{os.environ.get('HOSTNAME', 'worker')} ready.")
    Path("ready").touch()
    while not stop.is_set():
        task, trace = uuid.UUID(int=rng.getrandbits(128)), f"{rng.getrandbits(128):032x}"
        process = f"ForkPoolWorker-{rng.randint(1, concurrency)}"
        about = f"tenant_id={rng.choice(_TENANTS)} ticket_id={rng.randint(10_000, 99_999)} trace_id={trace}"
        name = f"workers.tasks.enhance_ticket[{task}]"
        say("INFO", "MainProcess", f"Task {name} received")
        say("INFO", process, f"{name}: context gathered, 12 similar tickets {about}")
        seconds = rng.uniform(0.5, 3)
        stop.wait(seconds)
        if rng.random() < 0.1:
            say("ERROR", process, f"{name}: completion failed provider=openai {about}\n{_TRACEBACK}")
        elif rng.random() < 0.1:
            say("WARNING", process, f"{name}: slow completion seconds={seconds * 20:.1f} {about}")
        else:
            say("INFO", process, f"{name}: ticket updated seconds={seconds:.1f} {about}")
    say("INFO", "MainProcess", "worker: Warm shutdown (MainProcess)")


main()
