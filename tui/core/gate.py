"""The only way to change anything, for screens, runbook steps and the command line alike.

read-only? → allowed? → confirmed? → journal the intent, fsynced → do → journal the outcome

If the journal cannot be written, nothing is done. What has begun is carried through, even when whoever asked for it
goes away meanwhile: a request that was sent cannot be called back, and its outcome belongs into the journal.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Protocol
from uuid import uuid4

import msgspec

from tui.core.journal import Journal, os_user
from tui.core.verbs import VERBS, name_of, present
from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.identity import Identity
from tui.model.journal import Intent, Outcome, OutcomeState, Record
from tui.model.proposal import Facts, Proposal
from tui.model.text import sanitise
from tui.model.workload import Change, Permission

_PERMISSION_S = 30.0
"""How long the server's answer is believed; the server is asked again by the change itself."""
_DOUBT_S = 5.0
"""How long it is believed that the server does not answer."""


_BROKEN_OFF = (TimeoutError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError, EOFError)


class Performer(Protocol):
    """Does one or several kinds of change; see `tui.sources.protocols.WorkloadSource`.

    A `perform` whose request was sent and not answered raises its SourceError while it handles a TimeoutError or a
    broken connection (`_BROKEN_OFF`): it is then unknown, and not failed.
    """

    async def permission(self, change: Change) -> Permission:
        """Ask the server whether it would let us; nothing is changed."""
        ...

    async def perform(self, change: Change) -> str:
        """Do it, and say in one line what the server answered."""
        ...

    def equivalent(self, change: Change) -> str:
        """The command that would do the same."""
        ...


class _Answer(msgspec.Struct, frozen=True):
    permission: Permission
    until: float


class Gate:
    """Asks, confirms, journals and does.

    Args:
        journal: Written before and after.
        identity: Whose platform; read-only or not.
        performers: By `Change.verb`; a verb without one is refused.
        clock: Unix seconds.
        monotonic: Seconds, for what an action took and for how long an answer is believed.
    """

    def __init__(
        self,
        journal: Journal,
        identity: Identity,
        performers: Mapping[str, Performer],
        *,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal, self._identity, self._performers = journal, identity, performers
        self._clock, self._monotonic = clock, monotonic
        self._answers: dict[tuple[str, str], _Answer] = {}
        self._running: dict[Change, asyncio.Task[Outcome]] = {}
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    @property
    def running(self) -> tuple[Change, ...]:
        """What is being done now."""
        return tuple(self._running)

    def propose(self, change: Change, facts: Facts) -> Proposal:
        """Put a change into words; nothing is asked of anybody.

        Args:
            change: What to do.
            facts: What is so at present, as far as it is known.

        Raises:
            ValueError: the verb cannot take such an argument, or nothing here can do it; a screen does not offer it.
        """
        performer, verb = self._performers.get(change.verb), VERBS[change.verb]
        if performer is None:
            raise ValueError(self._nobody(change))
        risk = verb.risk(change, facts)
        return Proposal(
            change=change,
            label=verb.label,
            title=f"{verb.label} {change.target}",
            what=verb.what(change, facts),
            present=present(facts),
            notices=" ".join(filter(None, (verb.notices(change, facts), facts.warning))),
            command=performer.equivalent(change),
            risk=risk,
            type_to_confirm=name_of(change.target) if risk == "danger" else "",
        )

    async def permitted(self, change: Change) -> Permission:
        """Whether `change` could be carried out, and if not, why not. Changes nothing and raises nothing.

        The server's answer is kept for half a minute by verb and target.
        """
        if self._identity.read_only:
            return Permission(allowed=False, why=f"read-only: the profile {self._identity.profile} changes nothing")
        performer = self._performers.get(change.verb)
        if performer is None:
            return Permission(allowed=False, why=self._nobody(change))
        key = (change.verb, change.target)
        answer = self._answers.get(key)
        if answer is not None and self._monotonic() < answer.until:
            return answer.permission
        try:
            permission, believed = await performer.permission(change), _PERMISSION_S
        except (SourceError, TimeoutError) as error:
            why = f"{error.what}: {error.why}" if isinstance(error, SourceError) else "the server did not answer"
            permission, believed = Permission(allowed=False, why=f"not known whether it is allowed: {why}"), _DOUBT_S
        self._answers[key] = _Answer(permission, self._monotonic() + believed)
        return permission

    async def carry_out(self, proposal: Proposal, *, confirmed: bool, secrets: Iterable[str] = ()) -> Outcome:
        """Do what was proposed, once.

        Cancelling the caller does not stop what has begun; ending the event loop does, and is journalled as unknown.

        Args:
            proposal: Of this gate's `propose`.
            confirmed: Whether the operator has said yes to exactly this proposal.
            secrets: Values that must not get into the journal.

        Returns:
            How it went. `refused` was not begun, and its message says why and what to try.
        """
        change = proposal.change
        if change in self._running:
            return self._refused(f"{proposal.title}: the same is being done at this moment", "wait for its end")
        task = asyncio.create_task(self._pass(proposal, confirmed=confirmed, secrets=tuple(secrets)))
        self._running[change] = task
        task.add_done_callback(lambda _task: self._running.pop(change))
        return await asyncio.shield(task)

    async def settle(self) -> None:
        """Wait for what is being done; each source ends within its timeout. For the end of the program."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _nobody(self, change: Change) -> str:
        where = f"the profile {self._identity.profile}"
        return f"{where} names nothing that can {VERBS[change.verb].label.lower()} {change.target}"

    def _refused(self, why: str, hint: str) -> Outcome:
        return Outcome(id="", at=self._clock(), state="refused", message=f"{why}\nhint: {hint}")

    async def _pass(self, proposal: Proposal, *, confirmed: bool, secrets: tuple[str, ...]) -> Outcome:
        permission = await self.permitted(proposal.change)
        if not permission.allowed:
            hint = "choose a profile that is not read-only" if self._identity.read_only else "ask who grants the rights"
            return self._refused(f"{proposal.title}: not allowed: {permission.why}", hint)
        if not confirmed:
            return self._refused(f"{proposal.title}: not confirmed", "confirm it")
        intent = self._intent(proposal)
        try:
            await self._begin(intent, secrets)
        except SourceError as error:
            why = f"nothing was done, since the journal cannot be written: {error.what}: {error.why}"
            return self._refused(f"{proposal.title}: {why}", error.hint)
        return await self._do(intent, proposal.change, secrets)

    def _intent(self, proposal: Proposal) -> Intent:
        change, identity = proposal.change, self._identity
        return Intent(
            id=uuid4().hex[:12],
            at=self._clock(),
            who=os_user(),
            profile=identity.profile,
            platform=identity.platform or "",
            verb=change.verb,
            target=change.target,
            argument=change.argument,
            risk=proposal.risk,
            notices=proposal.notices,
            command=proposal.command,
            pid=os.getpid(),
        )

    async def _begin(self, intent: Intent, secrets: tuple[str, ...]) -> None:
        """Journal the intent. Cancelled meanwhile, nothing will be done, and the journal says so."""
        writing = self._write(intent, secrets)
        try:
            await _on_disk(writing)
        except asyncio.CancelledError:
            if writing.exception() is None:
                self._write(self._ended(intent, "failed", "the program ended before it was begun"), secrets).exception()
            raise

    async def _do(self, intent: Intent, change: Change, secrets: tuple[str, ...]) -> Outcome:
        state: OutcomeState = "ok"
        began = self._monotonic()
        try:
            message = await self._performers[change.verb].perform(change)
        except (SourceError, TimeoutError) as error:
            state = "unknown" if _unanswered(error) else "failed"
            message = str(error) or "the server did not answer in time"
            self._answers.pop((change.verb, change.target), None)  # the rights may be others than they were
        except BaseException as error:
            cancelled = isinstance(error, asyncio.CancelledError)
            message = "the program ended before the answer came" if cancelled else f"a mistake of ours: {error!r}"
            outcome = self._ended(intent, "unknown", message, self._monotonic() - began)
            self._write(outcome, secrets).exception()  # waited for: the loop may be about to end
            raise
        outcome = self._ended(intent, state, message, self._monotonic() - began)
        try:
            await _on_disk(self._write(outcome, secrets))
        except SourceError as error:
            late = f"{outcome.message}\nThe journal has the intent, but not this outcome: {error}"
            return msgspec.structs.replace(outcome, message=late)
        return outcome

    def _write(self, record: Record, secrets: tuple[str, ...]) -> Future[Record]:
        """Off the loop, one after the other; whoever is cancelled can still wait for it."""
        return self._writer.submit(self._journal.append, record, secrets=secrets)

    def _ended(self, intent: Intent, state: OutcomeState, message: str, took_s: float = 0.0) -> Outcome:
        text = sanitise(message)
        return Outcome(id=intent.id, at=self._clock(), state=state, message=text, took_s=round(took_s, 3))


async def _on_disk(writing: Future[Record]) -> None:
    """Wait for a record; cancelled, wait for it all the same, since the loop may be about to end."""
    try:
        await asyncio.shield(asyncio.wrap_future(writing))
    except asyncio.CancelledError:
        wait([writing])
        raise


def _unanswered(error: BaseException | None) -> bool:
    """Whether a request may have been sent, and was not answered."""
    while error is not None:
        if isinstance(error, _BROKEN_OFF):
            return True
        error = error.__cause__ or error.__context__
    return False
