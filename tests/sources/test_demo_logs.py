"""The simulated platform's logs tell the same story as its tiles, and the same one each time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.doubles import NOW, FakeClock
from tui.model.log import LogItem, LogLines, LogNotice, LogRequest
from tui.model.log_levels import EntryState, Level, classify
from tui.model.workload import Change
from tui.sources.demo.logs import DemoLogs
from tui.sources.demo.metrics import WORKERS
from tui.sources.demo.platform import Platform
from tui.sources.demo.runtime import DemoRuntime

WORKER = "app=celery-worker"


class Simulation:
    """A platform on a clock that goes on with every reading while it is followed."""

    def __init__(self, seed: int = 1) -> None:
        self.now, self.step = NOW, 0.0
        self.platform = Platform(seed=seed, clock=self._clock)
        self.logs = DemoLogs(self.platform, seed, poll_s=0)

    def _clock(self) -> float:
        self.now += self.step
        return self.now

    async def read(self, selector: str = WORKER, **changes: object) -> list[LogItem]:
        """What there is."""
        request = LogRequest(selector=selector, follow=False, **changes)  # type: ignore[arg-type] # the request's fields
        return [item async for item in self.logs.stream(request)]

    async def follow(self, seconds: float) -> list[LogItem]:
        """What comes within so long."""
        found, self.step, end = [], 0.1, self.now + seconds
        async for item in self.logs.stream(LogRequest(selector=WORKER, tail=0)):
            found.append(item)
            if self.now > end:
                break
        self.step = 0
        return found


def lines(items: list[LogItem]) -> Iterator[tuple[str, float, str]]:
    """Pod, stamp and text."""
    for item in items:
        if isinstance(item, LogLines):
            for text, stamp in zip(item.lines, item.stamps, strict=True):
                yield item.source, stamp, text.decode()


def errors(items: list[LogItem]) -> int:
    """Entries that are errors."""
    state = EntryState()
    data = "\n".join(text for _, _, text in lines(items)).encode()
    return classify(data, state).count(Level.ERROR)


async def test_the_same_seed_and_clock_write_the_same_lines_in_whatever_pieces() -> None:
    once, again, other = Simulation(), Simulation(), Simulation(seed=2)
    whole = list(lines(await once.read(since_s=600.0)))
    assert whole == list(lines(await again.read(since_s=600.0)))
    assert whole != list(lines(await other.read(since_s=600.0)))
    assert list(lines(await again.read(since_s=60.0))) == [one for one in whole if one[1] > NOW - 60]


async def test_lines_are_in_order_from_all_workers_and_tail_counts_each() -> None:
    found = list(lines(await Simulation().read(tail=50)))
    stamps = [stamp for _, stamp, _ in found]
    assert stamps == sorted(stamps)
    assert {pod: sum(one[0] == pod for one in found) for pod in WORKERS} == dict.fromkeys(WORKERS, 50)
    one_pod = list(lines(await Simulation().read(tail=5, pods=(WORKERS[2],))))
    assert {pod for pod, _, _ in one_pod} == {WORKERS[2]}


async def test_a_task_is_received_before_it_ends_and_every_line_names_its_trace() -> None:
    found = list(lines(await Simulation().read(since_s=1200.0)))
    received = {text.split("[")[2][:36]: stamp for _, stamp, text in found if text.endswith("received")}
    ended = {text.split("[")[2][:36]: stamp for _, stamp, text in found if " succeeded in " in text}
    both = received.keys() & ended.keys()
    assert len(both) > 50
    assert all(received[task] < ended[task] for task in both)
    assert all("trace_id=" in text for _, _, text in found if "ticket_update" in text)


async def test_errors_and_tracebacks_rise_with_a_fault() -> None:
    calm = Simulation()
    before = errors(await calm.follow(40))
    calm.platform.disturb("database-down", on=True)
    disturbed = await calm.follow(40)
    assert errors(disturbed) > 10 * max(before, 1)
    assert any("OperationalError" in text for _, _, text in lines(disturbed))


async def test_pods_come_and_go_with_the_worker_crash() -> None:
    simulation = Simulation()
    simulation.platform.disturb("worker-crash", on=True)
    down = await simulation.follow(60)
    notices = [item for item in down if isinstance(item, LogNotice)]
    assert {item.source for item in notices if "OOMKilled" in item.text and item.gone} == set(WORKERS)
    assert any("was restarted" in item.text for item in notices)
    assert any("workers.memory" in text for _, _, text in lines(down))
    simulation.platform.disturb("worker-crash", on=False)
    back = await simulation.follow(40)
    assert any(isinstance(item, LogNotice) and item.text == "appeared" for item in back)
    assert any(text.endswith("ready.") for _, _, text in lines(back))
    assert any("received" in text for _, _, text in lines(back))
    previous = await simulation.read(previous=True)
    assert any(pod in WORKERS for pod, _, _ in lines(previous))


async def test_the_other_pods_and_what_there_is_not() -> None:
    simulation = Simulation()
    api = list(lines(await simulation.read("app=api", since_s=60.0)))
    assert any("POST /webhook/servicedesk?tenant_id=" in text for _, _, text in api)
    postgres = list(lines(await simulation.read("app=postgres", since_s=3600.0)))
    assert any("checkpoint complete" in text for _, _, text in postgres)
    assert [item.text for item in await simulation.read("app=nothing") if isinstance(item, LogNotice)] == [
        "no pod matches"
    ]
    missing = await simulation.read(previous=True)
    assert [item.text for item in missing if isinstance(item, LogNotice)] == ["no previous container"] * len(WORKERS)


async def test_a_day_is_read_in_pieces() -> None:
    items = await Simulation().read()
    stamps = [stamp for _, stamp, _ in lines(items)]
    assert stamps[-1] - stamps[0] > 24 * 3600
    assert all(before <= after for before, after in itertools.pairwise(stamps))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("disturbed", "why"), [(True, "OOMKilled, exit code 137"), (False, "Completed, exit code 0")])
async def test_a_worker_that_is_replaced_is_not_said_to_be_killed(seed: int, disturbed: bool, why: str) -> None:
    clock = FakeClock()
    platform = Platform(seed, clock)
    runtime = DemoRuntime(platform, seed=seed)
    if disturbed:
        platform.disturb("worker-crash", on=True)
    else:
        await runtime.perform(Change(verb="restart", target="deployment/celery-worker"))
    for _ in range(40):
        clock.now += 5
        platform.advance()
    request = LogRequest(selector="app=celery-worker", since_s=200, follow=False)
    said = [item.text async for item in runtime.stream(request) if isinstance(item, LogNotice) and "ended" in item.text]
    assert said
    assert all(text.endswith(why) for text in said)
