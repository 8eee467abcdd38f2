"""`ops-center workloads`: how they are, and the same changes as on screen, through the same gate."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn

import click
import msgspec

from tui.cli import options
from tui.model.errors import SourceError
from tui.model.text import clip, sanitise
from tui.model.workload import Change, Ref, Revision, Snapshot

if TYPE_CHECKING:
    from tui.core.gate import Gate
    from tui.core.rollouts import Following
    from tui.model.proposal import Proposal
    from tui.model.thresholds import State
    from tui.sources.protocols import WorkloadSource

_KINDS = {
    "deployment": "Deployment",
    "deployments": "Deployment",
    "deploy": "Deployment",
    "statefulset": "StatefulSet",
    "statefulsets": "StatefulSet",
    "sts": "StatefulSet",
    "service": "Service",
    "svc": "Service",
}
"""As one types them for kubectl."""
_CHANGED, _INTERRUPTED = 1, 130


class Desk(msgspec.Struct, frozen=True):
    """What a command needs of the chosen profile."""

    source: WorkloadSource
    gate: Gate


def _stop(why: str, hint: str, code: int = 1) -> NoReturn:
    click.echo(sanitise(f"{why}\nhint: {hint}"), err=True)
    raise click.exceptions.Exit(code)


def _run(context: click.Context, work: Callable[[Desk], Awaitable[int]]) -> NoReturn:
    """Do `work` on the platform of the profile; one without a platform ends the program."""
    center = options.read_center(context)
    source = center.workloads
    if source is None:
        hint = "set kubernetes.context or compose.project, in the settings file or by --set"
        _stop(f"the profile {center.identity.profile} names neither kubernetes nor compose", hint, 2)
    desk = Desk(source, center.gate(center.journal()))

    async def all_of_it() -> int:
        try:
            return await work(desk)
        finally:
            await center.aclose()

    try:
        code = asyncio.run(all_of_it())
    except SourceError as error:
        _stop(f"{error.what}: {error.why}", error.hint)
    except KeyboardInterrupt:
        click.echo("no longer followed; what was begun goes on", err=True)
        code = _INTERRUPTED
    context.exit(code)


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object with workloads, pods and events.")
@click.pass_context
def workloads(context: click.Context, *, as_json: bool) -> None:
    """List the workloads, or change one: restart, undo, scale, delete-pod.

    A change is asked about, journalled and followed to its end. Exit codes: 0 done, 1 not done or failed, 2 wrong
    usage or settings.
    """
    if context.invoked_subcommand is None:
        _run(context, lambda desk: _list(desk, as_json=as_json))
    elif as_json:
        raise click.UsageError("--json is for the list, which takes no command")


async def _snapshot(desk: Desk) -> Snapshot:
    from tui.core.workload_feed import WorkloadFeed

    return await WorkloadFeed(desk.source, clock=time.time).first()


async def _list(desk: Desk, *, as_json: bool) -> int:
    from tui.model.rollout import progress
    from tui.model.workload_state import health

    snapshot, now = await _snapshot(desk), time.time()
    if as_json:
        found = msgspec.to_builtins(snapshot)
        for one, entry in zip(snapshot.workloads, found["workloads"], strict=True):
            verdict = health(one, now)
            entry |= {"state": verdict.state.value, "word": verdict.word, "progress": progress(one, now).words}
        click.echo(msgspec.json.encode(found).decode())
        return 0
    for line in _table(snapshot, now):
        click.echo(line)
    if not snapshot.workloads:
        click.echo("no workloads here\nhint: is it the right context and namespace? ops-center doctor says", err=True)
    for why, word in ((snapshot.stale, "not current"), (snapshot.cut, "left out")):
        if why:
            click.echo(f"note: {word}: {why}", err=True)
    return 0


def _table(snapshot: Snapshot, now: float) -> list[str]:
    from tui.model.clock import age
    from tui.model.workload_state import by_owner, health, last_restart, short_image

    if not snapshot.workloads:
        return []
    pods = by_owner(snapshot)
    width = max(len(str(one.ref)) for one in snapshot.workloads) + 2
    lines = [f"{'STATE':12}{'WORKLOAD':{width}}  WANT   UPD READY AVAIL  AGE RESTARTED  IMAGE"]
    for one in snapshot.workloads:
        verdict, restarted = health(one, now), last_restart(one, pods[one.ref])
        state = click.style(f"{verdict.state.glyph} {verdict.word}".ljust(12), fg=_colour(verdict.state))
        born = "–" if one.created_at is None else age(now - one.created_at)
        anew = "–" if restarted is None else age(now - restarted)
        images = ", ".join(short_image(container.image) for container in one.containers)
        counts = f"{one.desired:6}{one.updated:6}{one.ready:6}{one.available:6}"
        lines.append(f"{state}{one.ref!s:{width}}{counts}{born:>5}{anew:>10}  {clip(images, 60)}")
    return lines


def _colour(state: State) -> str | None:
    return {"ok": "green", "warn": "yellow", "crit": "red"}.get(state.value)


# ── Changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_yes = click.option("--yes", is_flag=True, help="Do not ask. What is dangerous wants its name typed all the same.")
_target = click.argument("target", metavar="WORKLOAD")


@workloads.command()
@_target
@_yes
@click.pass_context
def restart(context: click.Context, *, target: str, yes: bool) -> None:
    """Restart WORKLOAD (deployment/celery-worker, or its name alone), pod by pod."""
    _run(context, lambda desk: _change(desk, lambda ref: Change(verb="restart", target=ref), target, yes=yes))


@workloads.command()
@_target
@click.option("--to-revision", type=click.IntRange(min=1), metavar="N", help="Which; the one before this if not said.")
@_yes
@click.pass_context
def undo(context: click.Context, *, target: str, to_revision: int | None, yes: bool) -> None:
    """Put WORKLOAD back to an earlier revision."""
    argument = "" if to_revision is None else str(to_revision)
    _run(
        context,
        lambda desk: _change(desk, lambda ref: Change(verb="undo", target=ref, argument=argument), target, yes=yes),
    )


@workloads.command()
@_target
@click.option("--replicas", type=click.IntRange(min=0), required=True, metavar="N", help="How many there are to be.")
@_yes
@click.pass_context
def scale(context: click.Context, *, target: str, replicas: int, yes: bool) -> None:
    """Change how many replicas WORKLOAD has; 0 stops it."""
    argument = str(replicas)
    _run(
        context,
        lambda desk: _change(desk, lambda ref: Change(verb="scale", target=ref, argument=argument), target, yes=yes),
    )


@workloads.command("delete-pod")
@click.argument("pod")
@_yes
@click.pass_context
def delete_pod(context: click.Context, *, pod: str, yes: bool) -> None:
    """Delete one POD; whatever owns it starts another."""
    change = Change(verb="delete-pod", target=f"pod/{pod.removeprefix('pod/')}")
    _run(context, lambda desk: _change(desk, lambda _ref: change, "", yes=yes))


async def _change(desk: Desk, make: Callable[[str], Change], target: str, *, yes: bool) -> int:
    """Look, ask, do, follow."""
    from tui.core.rollouts import facts, objection

    snapshot = await _snapshot(desk)
    change = make(str(_found(target, snapshot)) if target else "")
    if why := objection(change, snapshot, time.time()):
        click.echo(why, err=True)
        return _CHANGED
    permit = await desk.gate.permitted(change)
    if not permit.allowed:
        _stop(f"not permitted: {permit.why}", "ask who grants the rights, or choose a profile that has them")
    revision = await _revision(desk, change) if change.verb == "undo" else None
    if revision is not None:
        change = msgspec.structs.replace(change, argument=str(revision.number))
    proposal = desk.gate.propose(change, facts(change, snapshot, revision))
    if not _confirmed(proposal, yes=yes):
        _stop("not confirmed: nothing was changed", "confirm it on the terminal, or give --yes", 2)
    return await _follow(desk, proposal)


def _found(target: str, snapshot: Snapshot) -> Ref:
    """The workload of a name, with or without its kind."""
    kind, slash, name = target.rpartition("/")
    if slash and kind.lower() not in _KINDS:
        _stop(f"{kind} is no kind of workload", f"one of {', '.join(sorted(set(_KINDS)))}, or the name alone", 2)
    matches = [
        one.ref
        for one in snapshot.workloads
        if one.ref.name == name and (not slash or one.ref.kind == _KINDS[kind.lower()])
    ]
    if len(matches) == 1:
        return matches[0]
    if matches:
        _stop(f"{target} is more than one: {', '.join(map(str, matches))}", "say which, with its kind", 2)
    known = ", ".join(str(one.ref) for one in snapshot.workloads)
    _stop(f"there is no workload {target}", f"there are {known}" if known else "ops-center doctor says where it looks")


async def _revision(desk: Desk, change: Change) -> Revision:
    """The one that was asked for, or the newest that is not the present one."""
    kind, _, name = change.target.partition("/")
    ref = Ref("StatefulSet" if kind == "statefulset" else "Deployment", name)
    others = [one for one in await desk.source.revisions(ref) if not one.current]
    found = next((one for one in others if change.argument in {"", str(one.number)}), None)
    if found is None:
        numbers = ", ".join(str(one.number) for one in others)
        why = f"there is no revision {change.argument}" if change.argument else "there is no other revision"
        _stop(f"{why} to go back to", f"there are {numbers}" if numbers else "nothing else was rolled out yet")
    return found


def _confirmed(proposal: Proposal, *, yes: bool) -> bool:
    """Say exactly what happens, and ask unless that was done by --yes."""
    for heading, text in (("now", proposal.present), ("users", proposal.notices), ("as", proposal.command)):
        if heading == "now":
            click.echo(proposal.what, err=True)
        if text:
            click.echo(f"  {heading}: {text}", err=True)
    on_terminal = sys.stdin.isatty()
    if proposal.type_to_confirm:
        if not on_terminal:
            _stop(
                "nothing was changed: this is dangerous and wants a name typed",
                "do it on a terminal, without a pipe",
                2,
            )
        typed: str = click.prompt(
            f"Type {proposal.type_to_confirm} to confirm", default="", show_default=False, err=True
        )
        return typed == proposal.type_to_confirm
    return yes or (on_terminal and click.confirm(f"{proposal.label}?", default=False, err=True))


async def _follow(desk: Desk, proposal: Proposal) -> int:
    from tui.core.rollouts import Rollouts
    from tui.core.workload_feed import WorkloadFeed

    feed = WorkloadFeed(desk.source, clock=time.time)  # a new one: asking may have taken minutes
    stop = feed.watch(lambda: None)
    await feed.first()
    rollouts = Rollouts(feed, desk.gate, clock=time.time)
    ended: asyncio.Future[Following] = asyncio.get_running_loop().create_future()
    said = ""

    def tell(following: Following) -> None:
        nonlocal said
        if not following.running:
            ended.set_result(following)
        elif following.words != said:
            said = following.words
            click.echo(f"… {following.said(time.time())}", err=True)

    rollouts.watch(tell)
    rollouts.start(proposal)
    last = await ended
    stop()
    if last.state == "done":
        click.echo(f"{proposal.change.target}: {last.words}")
        return 0
    click.echo(
        f"{proposal.title}: {last.state}: {last.words}" + (f"\nhint: {last.hint}" if last.hint else ""), err=True
    )
    for event in last.events[:5]:
        click.echo(f"  {event.type} {event.reason}: {event.message}", err=True)
    return _CHANGED
