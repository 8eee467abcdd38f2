"""A backend that is down is asked seldom and heard again at once."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.doubles import DOWN, REFUSED, FakeClock
from tui.core.circuit import Circuit, GuardedMetrics, within
from tui.model.errors import SourceError
from tui.model.samples import Matrix, Vector


class Backend:
    """Fails while `down`; counts what reaches it."""

    def __init__(self) -> None:
        self.failure: SourceError | None = DOWN
        self.asked = 0
        self.hold: asyncio.Event | None = None

    async def __call__(self) -> str:
        self.asked += 1
        if self.hold is not None:
            await self.hold.wait()
        if self.failure is not None:
            raise self.failure
        return "answer"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1000.0)


@pytest.fixture
def circuit(clock: FakeClock) -> Circuit:
    return Circuit(clock, random.Random(7))


async def fail(circuit: Circuit, backend: Backend, times: int) -> None:
    for _ in range(times):
        with pytest.raises(SourceError):
            await circuit.call(backend)


async def test_three_failures_in_a_row_open_it(circuit: Circuit) -> None:
    backend = Backend()
    await fail(circuit, backend, 5)
    assert backend.asked == 3
    assert circuit.retry_at is not None


async def test_while_open_the_cause_is_told(circuit: Circuit) -> None:
    backend = Backend()
    await fail(circuit, backend, 3)
    with pytest.raises(SourceError, match="connection refused"):
        await circuit.call(backend)


async def test_an_answer_between_failures_keeps_it_closed(circuit: Circuit) -> None:
    backend = Backend()
    for _ in range(4):
        await fail(circuit, backend, 2)
        backend.failure = None
        assert await circuit.call(backend) == "answer"
        backend.failure = DOWN
    assert circuit.retry_at is None


async def test_a_refused_query_is_a_sign_of_life(circuit: Circuit) -> None:
    backend = Backend()
    backend.failure = REFUSED
    await fail(circuit, backend, 10)
    assert backend.asked == 10
    assert circuit.retry_at is None


async def test_after_the_delay_one_trial_goes_and_the_others_wait_for_it(circuit: Circuit, clock: FakeClock) -> None:
    backend = Backend()
    await fail(circuit, backend, 3)
    clock.now += 60
    backend.failure, backend.hold = None, asyncio.Event()
    calls = [asyncio.create_task(circuit.call(backend)) for _ in range(5)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert backend.asked == 4
    backend.hold.set()
    assert await asyncio.gather(*calls) == ["answer"] * 5
    assert circuit.retry_at is None


async def test_when_the_trial_fails_the_waiting_fail_without_asking(circuit: Circuit, clock: FakeClock) -> None:
    backend = Backend()
    await fail(circuit, backend, 3)
    clock.now += 60
    backend.hold = asyncio.Event()
    calls = [asyncio.create_task(circuit.call(backend)) for _ in range(5)]
    for _ in range(5):
        await asyncio.sleep(0)
    backend.hold.set()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(outcome, SourceError) for outcome in outcomes)
    assert backend.asked == 4


async def test_a_cancelled_trial_lets_the_next_one_go(circuit: Circuit, clock: FakeClock) -> None:
    backend = Backend()
    await fail(circuit, backend, 3)
    clock.now += 60
    backend.failure, backend.hold = None, asyncio.Event()
    trial = asyncio.create_task(circuit.call(backend))
    await asyncio.sleep(0)
    trial.cancel()
    backend.hold = None
    assert await circuit.call(backend) == "answer"


async def test_delays_double_up_to_a_minute_and_are_jittered(circuit: Circuit, clock: FakeClock) -> None:
    backend = Backend()
    await fail(circuit, backend, 3)
    delays = []
    for _ in range(8):
        assert circuit.retry_at is not None
        delays.append(circuit.retry_at - clock.now)
        clock.now = circuit.retry_at
        await fail(circuit, backend, 1)
    for delay, ceiling in zip(delays, (5, 10, 20, 40, 60, 60, 60, 60), strict=True):
        assert ceiling / 2 <= delay <= ceiling
    assert len(set(delays)) == len(delays)


async def test_the_operator_does_not_wait_for_the_delay(circuit: Circuit) -> None:
    backend = Backend()
    await fail(circuit, backend, 3)
    backend.failure = None
    circuit.retry_now()
    assert await circuit.call(backend) == "answer"


class Hanging:
    """Accepts and never answers."""

    async def instant(self, expr: str) -> Vector:
        await asyncio.Event().wait()
        raise AssertionError(expr)

    async def window(self, expr: str, *, start: float, step: float, points: int) -> Matrix:
        await asyncio.Event().wait()
        raise AssertionError(expr, start, step, points)


async def test_a_source_that_never_answers_is_an_error(circuit: Circuit) -> None:
    metrics = GuardedMetrics(Hanging(), circuit, 0.001)
    with pytest.raises(SourceError, match="no answer within"):
        await metrics.instant("up")
    with pytest.raises(SourceError, match="no answer within"):
        await metrics.window("up", start=0, step=1, points=2)


async def test_within_returns_what_comes_in_time() -> None:
    async def answer() -> int:
        return 4

    assert await within(1, answer()) == 4
