"""A circuit per backend: one that is down is asked seldom, by one request at a time, and heard again at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tui.model.alert import Alert
from tui.model.clock import Clock
from tui.model.errors import SourceError
from tui.model.samples import Matrix, Vector
from tui.sources.protocols import AlertSource, MetricSource

T = TypeVar("T")

_THRESHOLD = 3
_FIRST_DELAY_S = 5.0
_LONGEST_DELAY_S = 60.0


class Circuit:
    """Passes requests until three in a row have failed; then refuses with the last cause until a delay has passed.

    After the delay one request goes through as a trial and the others wait for its outcome: success closes the circuit
    and lets them go on, failure doubles the delay (5 s to 60 s, each time shortened by up to half at random, so that
    many operators do not ask a recovering server in step). An answer such as "bad query" (`SourceError.up`) is a sign
    of life and closes it.

    Args:
        clock: Seconds; only differences matter.
        rng: Draws the jitter.
    """

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock, self._rng = clock, rng
        self._failures = 0
        self._delay = _FIRST_DELAY_S
        self._cause: SourceError | None = None
        self._trial: asyncio.Future[None] | None = None
        self.retry_at: float | None = None
        """When the next trial may go, by `clock`; None while closed."""

    def retry_now(self) -> None:
        """Let the next request through as a trial, since the operator asked."""
        if self.retry_at is not None:
            self.retry_at = self._clock()

    async def call(self, request: Callable[[], Awaitable[T]]) -> T:
        """Make `request` if the circuit lets it.

        Raises:
            SourceError: of the request, or of the last failed one while the circuit is open.
        """
        while self.retry_at is not None and self._cause is not None:
            if self._trial is None:
                if self._clock() < self.retry_at:
                    raise self._cause
                return await self._try(request)
            await asyncio.shield(self._trial)
        return await self._ask(request)

    async def _try(self, request: Callable[[], Awaitable[T]]) -> T:
        self._trial = asyncio.get_running_loop().create_future()
        try:
            return await self._ask(request)
        finally:
            self._trial.set_result(None)
            self._trial = None

    async def _ask(self, request: Callable[[], Awaitable[T]]) -> T:
        try:
            answer = await request()
        except SourceError as error:
            if error.up:
                self._close()
            else:
                self._failed(error)
            raise
        self._close()
        return answer

    def _close(self) -> None:
        self._failures, self._delay, self._cause, self.retry_at = 0, _FIRST_DELAY_S, None, None

    def _failed(self, error: SourceError) -> None:
        self._failures += 1
        self._cause = error
        already_open = self.retry_at is not None and self._clock() < self.retry_at
        if self._failures < _THRESHOLD or already_open:
            return
        self.retry_at = self._clock() + self._delay * self._rng.uniform(0.5, 1.0)
        self._delay = min(self._delay * 2, _LONGEST_DELAY_S)


class GuardedMetrics:
    """A MetricSource behind a circuit and a timeout of its own."""

    def __init__(self, source: MetricSource, circuit: Circuit, timeout_s: float) -> None:
        self._source, self._circuit, self._timeout_s = source, circuit, timeout_s

    async def instant(self, expr: str) -> Vector:
        """See MetricSource."""
        return await self._circuit.call(lambda: within(self._timeout_s, self._source.instant(expr)))

    async def window(self, expr: str, *, start: float, step: float, points: int) -> Matrix:
        """See MetricSource."""
        return await self._circuit.call(
            lambda: within(self._timeout_s, self._source.window(expr, start=start, step=step, points=points))
        )


class GuardedAlerts:
    """An AlertSource behind a circuit and a timeout of its own."""

    def __init__(self, source: AlertSource, circuit: Circuit, timeout_s: float) -> None:
        self._source, self._circuit, self._timeout_s = source, circuit, timeout_s

    async def alerts(self) -> tuple[Alert, ...]:
        """See AlertSource."""
        return await self._circuit.call(lambda: within(self._timeout_s, self._source.alerts()))


async def within(seconds: float, answer: Awaitable[T]) -> T:
    """`answer`, or a SourceError when it takes longer; a source has its own timeout, this one holds if that fails."""
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError:
        raise SourceError(
            "metrics backend",
            f"no answer within {seconds:g} s",
            "is it overloaded? `ops-center doctor` measures how long it takes",
        ) from None
