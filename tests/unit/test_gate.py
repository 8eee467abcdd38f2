"""The one way to change anything: what it asks, in which order, what it refuses, and what it writes down."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from tests.doubles import NOW, FakeClock
from tui.core.gate import Gate
from tui.core.journal import Journal
from tui.model.errors import SourceError
from tui.model.identity import Identity
from tui.model.journal import Entry, Intent, Outcome
from tui.model.proposal import Facts, Proposal
from tui.model.workload import Change, Permission, Ref, Workload

STAGING = Identity(title="Platform", profile="staging", platform="kubernetes")
RESTART = Change(verb="restart", target="deployment/celery-worker")
FACTS = Facts(workload=Workload(ref=Ref("Deployment", "celery-worker"), desired=3, available=3))
FORBIDDEN = SourceError("Kubernetes https://k", "403 Forbidden", "ask", up=True)


class Platform:
    """A performer that does what the test says, and remembers what it was asked."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.calls: list[str] = []
        self.allowed: Permission | SourceError = Permission(allowed=True)
        self.answer: Callable[[], Awaitable[str]] | BaseException | str = "restarted"
        self.journal_at_perform: tuple[Entry, ...] = ()

    async def permission(self, change: Change) -> Permission:
        self.calls.append(f"may {change.verb}")
        if isinstance(self.allowed, SourceError):
            raise self.allowed
        return self.allowed

    async def perform(self, change: Change) -> str:
        self.calls.append(f"do {change.verb}")
        self.journal_at_perform = self.journal.read().entries
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer if isinstance(self.answer, str) else await self.answer()

    def equivalent(self, change: Change) -> str:
        return f"kubectl rollout {change.verb} {change.target}"

    @property
    def did(self) -> int:
        return sum(call.startswith("do") for call in self.calls)


class Desk:
    """A gate on a platform and a journal."""

    def __init__(self, path: Path, identity: Identity = STAGING) -> None:
        self.journal = Journal(path)
        self.platform = Platform(self.journal)
        self.clock, self.ticks = FakeClock(), FakeClock(0)
        self.gate = Gate(self.journal, identity, {"restart": self.platform}, clock=self.clock, monotonic=self.ticks)

    @property
    def proposal(self) -> Proposal:
        return self.gate.propose(RESTART, FACTS)

    async def go(self) -> Outcome:
        return await self.gate.carry_out(self.proposal, confirmed=True)

    @property
    def entry(self) -> Entry:
        (entry,) = self.journal.read().entries
        return entry


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "ops-center" / "journal.jsonl")


# ── The order ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_intent_is_on_disk_before_anything_is_done_and_the_outcome_after(desk: Desk) -> None:
    async def slowly() -> str:
        desk.ticks.now += 1.5
        return "restarted\x1b[2J"

    desk.platform.answer = slowly
    outcome = await desk.go()
    assert (outcome.state, outcome.message, outcome.took_s) == ("ok", "restarted␛[2J", 1.5)
    assert desk.platform.calls == ["may restart", "do restart"]
    (before,) = desk.platform.journal_at_perform
    assert before.outcome is None
    assert desk.entry.outcome == outcome
    intent = desk.entry.intent
    assert intent is not None
    assert (intent.profile, intent.platform, intent.verb, intent.target) == (
        "staging",
        "kubernetes",
        "restart",
        "deployment/celery-worker",
    )
    assert intent.command == "kubectl rollout restart deployment/celery-worker"
    assert intent.notices == desk.proposal.notices
    assert intent.at == NOW
    assert intent.who


async def test_read_only_refuses_without_asking_anybody(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "journal.jsonl", msgspec.structs.replace(STAGING, read_only=True))
    permission = await desk.gate.permitted(RESTART)
    outcome = await desk.go()
    assert permission == Permission(allowed=False, why="read-only: the profile staging changes nothing")
    assert outcome.state == "refused"
    assert "read-only: the profile staging" in outcome.message
    assert desk.platform.calls == []
    assert desk.journal.read().entries == ()


async def test_what_the_server_does_not_allow_is_refused_with_its_reason(desk: Desk) -> None:
    desk.platform.allowed = Permission(allowed=False, why="ada may not patch deployments in staging")
    outcome = await desk.go()
    assert outcome.state == "refused"
    assert "ada may not patch deployments in staging" in outcome.message
    assert "hint: " in outcome.message
    assert desk.platform.did == 0
    assert desk.journal.read().entries == ()


async def test_what_is_not_known_to_be_allowed_is_not(desk: Desk) -> None:
    desk.platform.allowed = SourceError("Kubernetes https://k", "connection refused", "is it running?")
    permission = await desk.gate.permitted(RESTART)
    assert not permission.allowed
    assert permission.why == "not known whether it is allowed: Kubernetes https://k: connection refused"
    assert (await desk.go()).state == "refused"
    assert desk.platform.did == 0


async def test_what_is_not_confirmed_is_refused(desk: Desk) -> None:
    outcome = await desk.gate.carry_out(desk.proposal, confirmed=False)
    assert (outcome.state, desk.platform.did) == ("refused", 0)
    assert desk.journal.read().entries == ()


async def test_a_verb_that_nobody_performs_is_refused_with_words(desk: Desk) -> None:
    scale = Change(verb="scale", target="deployment/api", argument="2")
    assert (await desk.gate.permitted(scale)).why == "the profile staging names nothing that can scale deployment/api"
    with pytest.raises(ValueError, match="names nothing that can scale"):
        desk.gate.propose(scale, FACTS)


async def test_an_answer_is_believed_for_half_a_minute_and_a_doubt_for_less(desk: Desk) -> None:
    for seconds, asked in ((0, 1), (29, 1), (2, 2), (29, 2)):
        desk.ticks.now += seconds
        assert (await desk.gate.permitted(RESTART)).allowed
        assert len(desk.platform.calls) == asked
    desk.platform.allowed = FORBIDDEN
    desk.ticks.now += 60
    for seconds, asked in ((0, 3), (4, 3), (2, 4)):
        desk.ticks.now += seconds
        assert not (await desk.gate.permitted(RESTART)).allowed
        assert len(desk.platform.calls) == asked
    other = msgspec.structs.replace(RESTART, target="deployment/api")
    await desk.gate.permitted(other)
    assert len(desk.platform.calls) == 5


# ── The journal cannot be written ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["no folder", "full disk"])
async def test_nothing_is_done_when_the_journal_cannot_be_written(tmp_path: Path, how: str) -> None:
    if how == "no folder":
        (tmp_path / "ops-center").touch()
    else:
        (tmp_path / "ops-center").mkdir()
        (tmp_path / "ops-center" / "journal.jsonl").symlink_to("/dev/full")
    desk = Desk(tmp_path / "ops-center" / "journal.jsonl")
    outcome = await desk.go()
    assert outcome.state == "refused"
    assert "nothing was done, since the journal cannot be written" in outcome.message
    assert str(tmp_path / "ops-center" / "journal.jsonl") in outcome.message
    assert "hint: check the folder's owner, rights and free space" in outcome.message
    assert desk.platform.did == 0


async def test_an_outcome_that_cannot_be_written_is_said_and_the_journal_says_unknown(desk: Desk) -> None:
    async def breaks_the_journal() -> str:
        desk.journal.path.rename(desk.journal.path.with_suffix(".old"))
        desk.journal.path.symlink_to("/dev/full")
        return "restarted"

    desk.platform.answer = breaks_the_journal
    outcome = await desk.go()
    assert outcome.state == "ok"
    assert outcome.message.startswith("restarted\nThe journal has the intent, but not this outcome: ")
    (entry,) = Journal(desk.journal.path.with_suffix(".old")).read().entries
    assert entry.outcome is None


# ── While it is being done ───────────────────────────────────────────────────────────────────────────────────────────


class Held:
    """An answer that waits until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> str:
        self.begun.set()
        await self.go.wait()
        return "restarted"


async def test_the_same_again_while_it_is_being_done_is_refused(desk: Desk) -> None:
    held = desk.platform.answer = Held()
    first = asyncio.create_task(desk.go())
    await held.begun.wait()
    assert list(desk.gate.running) == [RESTART]
    second = await desk.go()
    assert second.state == "refused"
    assert "the same is being done at this moment" in second.message
    held.go.set()
    assert (await first).state == "ok"
    assert list(desk.gate.running) == []
    assert (await desk.go()).state == "ok"
    assert desk.platform.did == 2


async def test_two_at_the_same_instant_are_one(desk: Desk) -> None:
    outcomes = await asyncio.gather(*(desk.go() for _ in range(5)))
    assert sorted(outcome.state for outcome in outcomes) == ["ok", "refused", "refused", "refused", "refused"]
    assert desk.platform.did == 1


async def test_something_else_may_be_done_meanwhile(desk: Desk) -> None:
    held = desk.platform.answer = Held()
    first = asyncio.create_task(desk.go())
    await held.begun.wait()
    desk.platform.answer = "restarted"
    other = msgspec.structs.replace(RESTART, target="deployment/api")
    assert (await desk.gate.carry_out(desk.gate.propose(other, FACTS), confirmed=True)).state == "ok"
    held.go.set()
    await first


async def test_whoever_asked_may_go_away_and_it_is_carried_through(desk: Desk) -> None:
    held = desk.platform.answer = Held()
    asking = asyncio.create_task(desk.go())
    await held.begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    settled = asyncio.create_task(desk.gate.settle())
    held.go.set()
    await settled
    assert desk.entry.outcome is not None
    assert desk.entry.outcome.state == "ok"


def test_the_end_of_the_program_meanwhile_is_journalled_as_unknown(desk: Desk) -> None:
    held: list[Held] = []

    async def program() -> None:
        answer = desk.platform.answer = Held()
        held.append(answer)
        asyncio.create_task(desk.go())  # noqa: RUF006 - forgotten on purpose: the loop ends under it
        await answer.begun.wait()

    asyncio.run(program())
    assert desk.entry.outcome is not None
    assert desk.entry.outcome.state == "unknown"
    assert desk.entry.outcome.message == "the program ended before the answer came"


def test_the_end_of_the_program_before_it_is_begun_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real = desk.journal.append

    def slowly(record: Intent, *, secrets: tuple[str, ...]) -> Intent:
        loop.call_soon_threadsafe(ended.set)  # while the intent is being written
        return real(record, secrets=secrets)

    async def program() -> None:
        asyncio.create_task(desk.go())  # noqa: RUF006 - as above
        await ended.wait()

    monkeypatch.setattr(desk.journal, "append", slowly)
    with asyncio.Runner() as runner:
        loop, ended = runner.get_loop(), asyncio.Event()
        runner.run(program())
    if desk.platform.did == 0:
        assert desk.entry.outcome is not None
        assert desk.entry.outcome.state == "failed"
        assert desk.entry.outcome.message == "the program ended before it was begun"


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (FORBIDDEN, "failed", "403 Forbidden"),
        (SourceError("Kubernetes", "connection refused", "try"), "failed", "connection refused"),
        (TimeoutError(), "unknown", "the server did not answer in time"),
    ],
)
async def test_a_failure_is_an_outcome(desk: Desk, error: Exception, state: str, said: str) -> None:
    desk.platform.answer = error
    outcome = await desk.go()
    assert (outcome.state, desk.entry.outcome) == (state, outcome)
    assert said in outcome.message


@pytest.mark.parametrize("broken", [TimeoutError(), ConnectionResetError(), EOFError()])
@pytest.mark.parametrize("shown", [True, False])
async def test_a_request_that_nobody_answered_is_unknown_and_not_failed(
    desk: Desk, broken: Exception, *, shown: bool
) -> None:
    async def breaks_off() -> str:
        raise broken

    async def ask() -> str:
        try:
            return await breaks_off()
        except type(broken) as error:
            raise SourceError("Kubernetes", "no answer", "look first") from (error if shown else None)

    desk.platform.answer = ask
    assert (await desk.go()).state == "unknown"


async def test_a_mistake_of_ours_is_journalled_and_not_swallowed(desk: Desk) -> None:
    desk.platform.answer = ZeroDivisionError("slip")
    with pytest.raises(ZeroDivisionError):
        await desk.go()
    assert desk.entry.outcome is not None
    assert desk.entry.outcome.state == "unknown"
    assert "slip" in desk.entry.outcome.message
    desk.platform.answer = "restarted"
    assert (await desk.go()).state == "ok"


async def test_after_a_failure_the_server_is_asked_anew(desk: Desk) -> None:
    desk.platform.answer = FORBIDDEN
    await desk.go()
    await desk.gate.permitted(RESTART)
    assert desk.platform.calls == ["may restart", "do restart", "may restart"]


async def test_secrets_given_to_the_call_stay_out_of_the_journal(desk: Desk) -> None:
    value = "q0/xyzzy plugh"
    desk.platform.answer = SourceError("psql", f"cannot log in with {value}", "try")
    proposal = desk.gate.propose(RESTART, msgspec.structs.replace(FACTS, warning=f"uses {value}"))
    await desk.gate.carry_out(proposal, confirmed=True, secrets=[value])
    assert "xyzzy" not in desk.journal.path.read_text()


async def test_the_loop_is_not_held_while_the_disk_is_slow(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    free = threading.Event()
    real = desk.journal.append

    def slowly(record: Intent, *, secrets: tuple[str, ...]) -> Intent:
        assert free.wait(10)
        return real(record, secrets=secrets)

    monkeypatch.setattr(desk.journal, "append", slowly)
    going = asyncio.create_task(desk.go())
    for _ in range(100):
        await asyncio.sleep(0)
    assert not going.done()
    assert desk.platform.did == 0
    free.set()
    assert (await going).state == "ok"


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.unit.test_gate import Desk

async def hang():
    print("begun", flush=True)
    await asyncio.Event().wait()

desk = Desk(Path(sys.argv[1]))
desk.platform.answer = hang
asyncio.run(desk.go())
"""


def test_killed_while_it_is_being_done_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    program = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE)
    assert program.stdout is not None
    assert program.stdout.readline() == b"begun\n"
    program.kill()
    program.communicate()
    (entry,) = Journal(path).read().entries
    assert entry.title == "restart deployment/celery-worker"
    assert entry.said(NOW) == "unknown: the program ended before it was known"
