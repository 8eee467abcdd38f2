"""The API's access log, as uvicorn writes it. Standard library only: it is run as a file."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from pathlib import Path


def main() -> None:
    """Answer requests that nobody makes."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    rng = random.Random(os.environ.get("HOSTNAME", ""))

    def say(text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    say(f"INFO:     Started server process [{os.getpid()}]")
    say("INFO:     Application startup complete.")
    say("INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)")
    Path("ready").touch()
    while not stop.wait(rng.uniform(0.2, 1.5)):
        client = f"10.244.{rng.randint(0, 3)}.{rng.randint(2, 250)}:{rng.randint(30_000, 60_000)}"
        tenant = rng.choice(("acme", "globex", "initech", "umbra"))
        request, answer = rng.choice(
            (
                ("GET /health", "200 OK"),
                (f"POST /webhook/servicedesk?tenant_id={tenant}", "202 Accepted"),
                (f"POST /webhook/servicedesk?tenant_id={tenant}", "202 Accepted"),
                ("POST /webhook/servicedesk?tenant_id=Acme", "401 Unauthorized"),
            )
        )
        say(f'INFO:     {client} - "{request} HTTP/1.1" {answer}')
    say("INFO:     Shutting down")


main()
