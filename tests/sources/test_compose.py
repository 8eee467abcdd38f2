"""A compose project through a docker that notes its arguments and replays what docker compose v2 wrote."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tests.doubles import NOW
from tests.services.fixtures import HOSTILE
from tests.services.process import wait_until
from tests.sources.test_runtime_probes import gone
from tui.model.errors import SourceError
from tui.model.log import LogItem, LogLines, LogNotice, LogRequest
from tui.model.profile import ComposeBackend
from tui.model.workload import Change, Permission, Ref, Snapshot
from tui.sources.compose import Compose
from tui.sources.http import Denied, Unreachable
from tui.sources.pace import Pace

RECORDED = Path(__file__).parent / "docker"
QUICK = Pace(coalesce_s=0.01, poll_s=60, retry_s=0.01, retry_most_s=0.02)
LIMIT_S = 20.0


class Replay:
    """What docker answers, and what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, name: str) -> Path:
        return self.folder / name

    @property
    def asked(self) -> list[str]:
        return (self.folder / "arguments").read_text().splitlines()

    def fails(self, name: str, said: str) -> None:
        self[f"{name}.err"].write_text(said + "\n")
        self[f"{name}.code"].write_text("1")

    def works(self, name: str) -> None:
        self[f"{name}.code"].unlink()
        self[f"{name}.err"].unlink()

    def happen(self, name: str, line: str) -> None:
        with self[name].open("a") as file:
            file.write(line + "\n")


@pytest.fixture
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Replay:
    """The recorded project of a redis and two workers, one of which has been killed for its memory."""
    folder = tmp_path / "replay"
    shutil.copytree(RECORDED, folder)
    (folder / "docker").unlink()
    (folder / "events").touch()
    monkeypatch.setenv("DOCKER_REPLAY", str(folder))
    monkeypatch.setenv("PATH", f"{RECORDED}{os.pathsep}{os.environ['PATH']}")
    return Replay(folder)


def compose(backend: ComposeBackend | None = None) -> Compose:
    return Compose(backend or ComposeBackend(), clock=lambda: NOW, rng=random.Random(1), pace=QUICK)


@contextlib.asynccontextmanager
async def watching(source: Compose) -> AsyncIterator[AsyncIterator[Snapshot]]:
    async with asyncio.timeout(LIMIT_S), contextlib.aclosing(source.watch()) as snapshots:
        yield snapshots


async def test_services_and_containers(replay: Replay) -> None:
    async with watching(compose()) as snapshots:
        snapshot = await anext(snapshots)
    redis, worker = snapshot.workloads
    assert (redis.ref, redis.desired, redis.ready) == (Ref("Service", "redis"), 1, 1)
    assert (worker.ref, worker.desired, worker.ready, worker.available) == (Ref("Service", "worker"), 2, 1, 1)
    assert worker.containers[0].image == "ai-agents/worker:1.8.2"
    assert worker.containers[0].limits == {"memory": "1024Mi", "cpu": "1.5"}
    assert [pod.name for pod in snapshot.pods] == ["agents-redis-1", "agents-worker-1", "agents-worker-2"]
    assert [pod.phase for pod in snapshot.pods] == ["Running", "Running", "OOMKilled"]
    healed, dead = snapshot.pods[1], snapshot.pods[2]
    assert (healed.restarts, healed.containers[0].last_reason) == (3, "OOMKilled")
    assert healed.containers[0].last_exit_code is None
    assert (dead.containers[0].last_exit_code, dead.containers[0].state) == (137, "terminated")
    assert dead.containers[0].last_finished_at == 1_795_442_480.0
    assert snapshot.pods[0].containers[0].last_finished_at is None
    assert snapshot.stale == ""
    assert "compose ps --all --format json" in replay.asked


async def test_the_array_form_of_older_versions_says_the_same(replay: Replay) -> None:
    async with watching(compose()) as snapshots:
        lines = await anext(snapshots)
    replay["ps"].write_text(f"[{','.join(replay['ps'].read_text().splitlines())}]")
    async with watching(compose()) as snapshots:
        array = await anext(snapshots)
    assert array == lines


async def test_the_project_and_file_of_the_profile_are_named_everywhere(replay: Replay) -> None:
    source = compose(ComposeBackend(project="agents", file=Path("/srv/my compose.yaml")))
    async with watching(source) as snapshots:
        await anext(snapshots)
    await source.perform(Change(verb="restart", target="service/worker"))
    mine = [line for line in replay.asked if line.startswith("compose")]
    assert mine
    assert all("--project-name agents --file /srv/my compose.yaml" in line for line in mine)
    said = source.equivalent(Change(verb="scale", target="service/worker", argument="4"))
    assert said == (
        "docker compose --project-name agents --file '/srv/my compose.yaml' up -d --no-recreate --scale worker=4 worker"
    )


async def test_an_event_is_shown_and_makes_it_look_again(replay: Replay) -> None:
    async with watching(compose()) as snapshots:
        await anext(snapshots)
        replay["ps"].write_text(replay["ps"].read_text().replace('"State":"exited"', '"State":"running"'))
        for event in (
            {"action": "exec_create: redis-cli ping", "attributes": {"name": "agents-redis-1"}},
            {"action": "die", "attributes": {"name": "agents-worker-1", "exitCode": "137"}},
        ):
            replay.happen("events", json.dumps(event | {"time": "2026-11-23T14:03:20.5Z", "service": "worker"}))
        snapshot = await anext(snapshots)
        while not snapshot.events:
            snapshot = await anext(snapshots)
    assert snapshot.workloads[1].ready == 2
    (shown,) = snapshot.events
    assert (shown.about, shown.type, shown.reason, shown.message) == (
        "pod/agents-worker-1",
        "Warning",
        "die",
        "exit code 137",
    )
    assert shown.at == NOW - 1.5
    assert snapshot.pods[1].containers[0].last_exit_code == 137


async def test_an_outage_keeps_the_last_snapshot_and_ends(replay: Replay) -> None:
    source = Compose(
        ComposeBackend(), clock=lambda: NOW, rng=random.Random(1), pace=msgspec.structs.replace(QUICK, poll_s=0.01)
    )
    async with watching(source) as snapshots:
        good = await anext(snapshots)
        replay.fails("ps", "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?")
        stale = await anext(snapshots)
        replay.works("ps")
        again = await anext(snapshots)
    assert stale.pods == good.pods
    assert "Cannot connect" in stale.stale
    assert "start docker" in stale.stale
    assert again == good


async def test_a_service_scaled_to_nothing_is_still_there(replay: Replay) -> None:
    async with watching(compose()) as snapshots:
        await anext(snapshots)
        replay["ps"].write_text(replay["ps"].read_text().splitlines()[0] + "\n")
        replay.happen("events", json.dumps({"action": "destroy", "service": "worker"}))
        snapshot = await anext(snapshots)
        while snapshot.workloads[1].desired:
            snapshot = await anext(snapshots)
    assert snapshot.workloads[1].ref.name == "worker"
    assert snapshot.workloads[1].containers[0].image == "ai-agents/worker:1.8.2"


@pytest.mark.parametrize(
    ("change", "command"),
    [
        (Change(verb="restart", target="service/worker"), "compose restart worker"),
        (
            Change(verb="scale", target="service/worker", argument="4"),
            "compose up -d --no-recreate --scale worker=4 worker",
        ),
    ],
)
async def test_changes(replay: Replay, change: Change, command: str) -> None:
    name = command.split()[1]
    replay[f"{name}.err"].write_text(" Container agents-worker-1  Restarting\n Container agents-worker-1  Started\n")
    assert await compose().perform(change) == f"docker compose {change.verb}: 1 step done"
    assert replay.asked == [command]
    assert compose().equivalent(change) == f"docker {command}"


@pytest.mark.parametrize(
    "change",
    [
        Change(verb="undo", target="service/worker", argument="1"),
        Change(verb="delete-pod", target="pod/agents-worker-1"),
        Change(verb="scale", target="service/worker", argument="--build"),
        Change(verb="restart", target="service/--all"),
    ],
)
async def test_what_cannot_be_done_runs_nothing(replay: Replay, change: Change) -> None:
    with pytest.raises(SourceError):
        await compose().perform(change)
    assert not replay["arguments"].exists()


async def test_permission_says_why_not(replay: Replay) -> None:
    source = compose()
    assert "revisions" in (await source.permission(Change(verb="undo", target="service/worker"))).why
    assert "restart the service" in (await source.permission(Change(verb="delete-pod", target="pod/x"))).why
    replay["ps"].write_text("redis\nworker\n")
    restart = Change(verb="restart", target="service/worker")
    assert await source.permission(restart) == Permission(allowed=True)
    assert not (await source.permission(Change(verb="restart", target="service/work"))).allowed
    replay.fails("config", "no configuration file provided: not found")
    scaling = await source.permission(Change(verb="scale", target="service/worker", argument="2"))
    assert (scaling.allowed, "compose.file" in scaling.why) == (False, True)
    assert await source.revisions(Ref("Service", "worker")) == ()


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("permission denied while trying to connect to the Docker daemon socket", Denied),
        ("Cannot connect to the Docker daemon. Is the docker daemon running?", Unreachable),
        ("Error response from daemon: \x1b]52;c;cm0=\x07 [/x]", SourceError),
    ],
)
async def test_a_failing_change(replay: Replay, said: str, kind: type[SourceError]) -> None:
    replay.fails("restart", said)
    with pytest.raises(SourceError) as caught:
        await compose().perform(Change(verb="restart", target="service/worker"))
    assert type(caught.value) is kind
    assert "\x1b" not in str(caught.value)


async def test_foreign_text_is_harmless(replay: Replay) -> None:
    listed = {"ID": "x", "Name": HOSTILE, "Service": HOSTILE, "State": HOSTILE, "Health": HOSTILE, "Project": "p"}
    replay["ps"].write_text(json.dumps(listed))
    config = {"Image": HOSTILE, "Labels": {HOSTILE: HOSTILE}}
    replay["inspect"].write_text(json.dumps([{"Id": "x", "Created": HOSTILE, "Config": config}]))
    event = {
        "action": HOSTILE,
        "service": HOSTILE,
        "time": HOSTILE,
        "attributes": {"name": HOSTILE, "exitCode": HOSTILE},
    }
    replay["events"].write_text(json.dumps(event) + "\nnot json\n")
    replay["logs"].write_text(f"{HOSTILE}\nname{HOSTILE}  | 2026-11-23T14:01:19.000000001Z {HOSTILE}\n")
    async with watching(compose()) as snapshots:
        snapshot = await anext(snapshots)
        while not snapshot.events:
            snapshot = await anext(snapshots)
    items = await collect(compose(), LogRequest(selector="worker", follow=False))
    notices = [item.text for item in items if isinstance(item, LogNotice)]
    written = msgspec.json.encode((snapshot, notices, [item.source for item in items])).decode()
    assert notices
    assert [mark for mark in ("\\u001b", "\\u0007", "\u202e") if mark in written] == []


async def collect(source: Compose, request: LogRequest) -> list[LogItem]:
    async with asyncio.timeout(LIMIT_S):
        return [item async for item in source.stream(request)]


async def test_a_log_by_container_in_order(replay: Replay) -> None:
    found = await collect(compose(), LogRequest(selector="worker", follow=False, since_s=900, tail=100))
    assert replay.asked[-1] == "compose logs --no-color --timestamps --since 2026-11-23T13:48:22Z --tail 100 worker"
    assert [type(item) for item in found] == [LogLines, LogLines, LogNotice, LogLines]
    first, second, notice, last = found
    assert isinstance(first, LogLines)
    assert isinstance(second, LogLines)
    assert isinstance(notice, LogNotice)
    assert (first.source, len(first.lines), first.lines[1]) == ("agents-worker-2", 2, b"")
    assert first.stamps[1] == 1_795_442_479.25
    assert second.lines[0].endswith(b"] a | b")
    assert (notice.source, notice.text) == ("agents-worker-2", "exited with code 137")
    assert last.source == "agents-worker-1"


async def test_a_log_of_one_container_only(replay: Replay) -> None:
    request = LogRequest(selector="worker", pods=("agents-worker-1",), follow=False)
    assert {item.source for item in await collect(compose(), request)} == {"agents-worker-1"}
    assert replay.asked[-1] == "compose logs --no-color --timestamps worker"


@pytest.mark.usefixtures("replay")
async def test_there_is_no_previous_log() -> None:
    with pytest.raises(SourceError, match="one log"):
        await collect(compose(), LogRequest(selector="worker", previous=True))


async def test_following_takes_up_new_containers_and_leaves_no_process(replay: Replay) -> None:
    seen: list[LogItem] = []
    async with asyncio.timeout(LIMIT_S), contextlib.aclosing(compose().stream(LogRequest(selector="worker"))) as items:
        async for item in items:
            seen.append(item)
            if len(seen) == 4:
                replay.happen("logs", "worker-3  | 2026-11-23T14:02:00.000000000Z hello")
            if item.source == "agents-worker-3":
                break
    assert isinstance(seen[-1], LogLines)
    assert seen[-1].lines == (b"hello",)
    children = [int(child) for child in replay["children"].read_text().split()]
    wait_until(lambda: all(map(gone, children)), "the end of what docker started")


async def test_a_log_that_breaks_off_goes_on_without_doubling_lines(replay: Replay) -> None:
    """The connection ends at once; each time all is sent again, and the last time one line more."""
    seen: list[LogItem] = []
    replay["logs"].rename(replay["kept"])
    (replay.folder / "logs.code").write_text("1")
    replay["logs.err"].write_text("unexpected EOF\n")
    source = compose()
    stream = source.stream(LogRequest(selector="worker"))
    with pytest.raises(SourceError, match="unexpected EOF"):
        await anext(stream)
    replay.works("logs")
    replay["kept"].rename(replay["logs"])
    async with asyncio.timeout(LIMIT_S), contextlib.aclosing(source.stream(LogRequest(selector="worker"))) as items:
        async for item in items:
            seen.append(item)
            if len(seen) == 4:
                os.kill(int(replay["children"].read_text().split()[-1]), 15)
            if isinstance(item, LogNotice) and "trying again" in item.text:
                replay.happen("logs", "worker-1  | 2026-11-23T14:02:00.000000000Z more")
            if isinstance(item, LogLines) and item.lines == (b"more",):
                break
    lines = [line for item in seen if isinstance(item, LogLines) for line in item.lines]
    assert len(lines) == 5
    assert any(isinstance(item, LogNotice) and "trying again" in item.text for item in seen)
    assert replay.asked[-1] == "compose logs --no-color --timestamps --follow --since 2026-11-23T14:01:21Z worker"
