"""Writers that are killed at random points: the journal stays readable, and holds whatever was acknowledged."""

from __future__ import annotations

import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.doubles import NOW
from tui.core.journal import Journal

ROUNDS = 25
WRITERS = 2

WRITER = """
import sys
from pathlib import Path
from tui.core.journal import Journal
from tui.model.journal import Intent, Outcome

journal, name, number = Journal(Path(sys.argv[1])), sys.argv[2], 0
while True:
    number += 1
    id = f"{name}-{number}"
    journal.append(Intent(id=id, at=float(number), who="ada", profile="p", platform="kubernetes", verb="restart",
                          target="deployment/x", notices="n" * (number * 97 % 4000)))
    print("intent", id, flush=True)
    journal.append(Outcome(id=id, at=float(number), state="ok", message="m" * (number * 89 % 4000)))
    print("outcome", id, flush=True)
"""


def run_and_kill(path: Path, name: str, rng: random.Random) -> list[str]:
    """Two writers of one journal, killed after a random number of acknowledgements and a random while."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), f"{name}{who}"], stdout=subprocess.PIPE)
        for who in range(WRITERS)
    ]
    acknowledged: list[str] = []
    for writer in writers:
        assert writer.stdout is not None
        acknowledged += [writer.stdout.readline().decode() for _ in range(rng.randint(0, 12))]
    select.select([], [], [], rng.uniform(0, 0.02))
    rng.shuffle(writers)
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
    for writer in writers:
        rest, _ = writer.communicate()
        # A line cut short by the kill acknowledges nothing.
        acknowledged += [line.decode() for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]
    return [line.strip() for line in acknowledged]


def test_killed_at_random_points_the_journal_holds_what_was_acknowledged(tmp_path: Path) -> None:
    rng = random.Random(20261123)
    path = tmp_path / "ops-center" / "journal.jsonl"
    journal, acknowledged = Journal(path), []
    for number in range(ROUNDS):
        acknowledged += run_and_kill(path, f"r{number}w", rng)
        reading = journal.read(limit=None)
        assert reading.torn <= (number + 1) * WRITERS
        intents = {entry.intent.id: entry.outcome for entry in reading.entries if entry.intent is not None}
        assert len(intents) == len(reading.entries)
        for line in acknowledged:
            kind, name = line.split()
            assert name in intents
            if kind == "outcome":
                assert intents[name] is not None
    assert len(acknowledged) > ROUNDS * WRITERS


def test_a_writer_killed_while_it_holds_the_lock_does_not_keep_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path).note("before", context="", at=NOW)
    code = (
        "import fcntl, signal, sys\n"
        "held = open(sys.argv[1], 'ab'); fcntl.flock(held, fcntl.LOCK_EX)\n"
        'held.write(b\'{"record":"intent","id\'); held.flush()\n'
        "print('held', flush=True); signal.pause()"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    holder.communicate()
    began = time.monotonic()
    Journal(path).note("after", context="", at=NOW)
    assert time.monotonic() - began < 1
    reading = Journal(path).read()
    assert [entry.title for entry in reading.entries] == ["before", "after"]
    assert reading.torn == 1
