"""The board polls concurrently, keeps what it has, and tells who watches."""

from __future__ import annotations

import asyncio
import random

import msgspec
import pytest

from tests.doubles import CATALOG, DOWN, LATENCY, NOW, QUEUE, REFUSED, WORKERS, Answer, FakeClock, Scripted, disturbed
from tui.core.board import Board, Changed
from tui.core.status import lines, report
from tui.model.errors import SourceError
from tui.model.thresholds import State


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def source(clock: FakeClock) -> Scripted:
    return disturbed(clock)


@pytest.fixture
def board(source: Scripted, clock: FakeClock) -> Board:
    return Board(CATALOG, source, source, clock=clock, rng=random.Random(1))


def states(board: Board) -> list[State | None]:
    return [state.state for state in board.tiles.values()]


async def test_one_round_reads_every_tile_and_the_alerts(board: Board) -> None:
    changes: list[Changed] = []
    board.watch(changes.append)
    await board.poll_values()
    assert states(board) == [State.OK, State.WARN, State.OK, State.CRIT]
    assert [alert.name for alert in board.alerts.alerts] == ["HighLatency", "QueueDepthHigh"]
    assert sorted(changes) == sorted([("tile", tile.id) for tile in CATALOG.tile] + [("alerts", "")])


async def test_all_requests_of_a_round_are_under_way_at_once(board: Board, source: Scripted) -> None:
    source.gate = asyncio.Event()
    polling = asyncio.create_task(board.poll_values())
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(source.asked) == len(CATALOG.tile)
    source.gate.set()
    await polling


async def test_an_outage_keeps_values_and_says_why_and_since_when(
    board: Board, source: Scripted, clock: FakeClock
) -> None:
    await board.poll_values()
    clock.now += 15
    source.values = dict.fromkeys(source.values, DOWN)
    source.active = DOWN
    await board.poll_values()
    assert states(board) == [State.ERROR] * 4
    assert board.tiles["queue-depth"].good is not None
    assert board.tiles["queue-depth"].good.value == 73
    assert board.alerts.error is DOWN
    assert len(board.alerts.alerts) == 2
    assert board.trouble == (DOWN, NOW + 15)


async def test_one_bad_expression_is_its_tile_s_trouble_alone(board: Board, source: Scripted) -> None:
    source.values[LATENCY] = REFUSED
    await board.poll_values()
    assert states(board) == [State.OK, State.WARN, State.OK, State.ERROR]
    assert board.trouble is None


async def test_history_and_values_do_not_overwrite_each_other(board: Board, source: Scripted) -> None:
    source.gate = asyncio.Event()
    polling = asyncio.create_task(board.poll_values())
    await asyncio.sleep(0)
    await board.poll_history()
    source.gate.set()
    await polling
    tile = board.tiles["queue-depth"]
    assert tile.history is not None
    assert tile.good is not None


async def test_history_keeps_its_last_points_when_it_cannot_be_had(board: Board, source: Scripted) -> None:
    assert await board.poll_history()
    before = board.trends["queue-depth-hour"].series
    source.histories = dict.fromkeys(source.histories, DOWN)
    assert not await board.poll_history()
    assert board.trends["queue-depth-hour"].series == before
    assert board.trends["queue-depth-hour"].error is DOWN


async def test_refresh_polls_at_once_and_rounds_never_overlap(board: Board, source: Scripted) -> None:
    running = asyncio.create_task(board.run())
    for _ in range(20):
        await asyncio.sleep(0)
    assert source.asked.count(QUEUE) == 1
    source.gate = asyncio.Event()
    board.refresh()
    for _ in range(20):
        await asyncio.sleep(0)
    board.refresh()
    for _ in range(20):
        await asyncio.sleep(0)
    assert source.asked.count(QUEUE) == 2
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_the_timeout_is_shorter_than_the_interval(source: Scripted, clock: FakeClock) -> None:
    quick = msgspec.structs.replace(CATALOG, interval_s=0.01)
    board = Board(quick, source, source, clock=clock, rng=random.Random(1), timeout_s=30)
    source.gate = asyncio.Event()
    await board.poll_values()
    assert states(board) == [State.ERROR] * 4


async def test_ask_answers_in_the_unit(board: Board, source: Scripted) -> None:
    assert await board.ask(LATENCY, "s") == "2.23 mins"
    assert await board.ask("absent", "s") == "no data"
    source.values["broken"] = REFUSED
    with pytest.raises(SourceError):
        await board.ask("broken", "s")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, 2),
        ({LATENCY: 40.0}, 1),
        ({LATENCY: 40.0, QUEUE: 3.0}, 0),
        ({LATENCY: 40.0, QUEUE: None}, 3),
        ({LATENCY: DOWN, QUEUE: 3.0}, 3),
        ({LATENCY: DOWN, WORKERS: 0.0}, 2),
    ],
)
async def test_status_sums_up_in_one_exit_code(
    board: Board, source: Scripted, values: dict[str, Answer], code: int
) -> None:
    source.values |= values
    told = await report(board, profile="staging", now=NOW)
    assert told.exit_code == code


async def test_status_says_what_failed_and_what_to_try(board: Board, source: Scripted) -> None:
    source.values[LATENCY] = DOWN
    told = await report(board, profile="staging", now=NOW)
    text = "\n".join(lines(told))
    assert "▲ WARN     Queue Depth" in text
    assert "connection refused" in text
    assert "hint: is it running?" in text
    assert "alerts: 1 firing, 1 pending" in text
    assert msgspec.json.decode(msgspec.json.encode(told))["tiles"][3]["value"] is None
