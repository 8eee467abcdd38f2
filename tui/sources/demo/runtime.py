"""What runs the simulated platform: its workloads and their logs, as one source."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tui.model.log import LogItem, LogRequest
from tui.sources.demo.logs import DemoLogs
from tui.sources.demo.platform import Platform
from tui.sources.demo.workloads import DemoWorkloads


class DemoRuntime(DemoWorkloads):
    """A WorkloadSource and a LogSource."""

    def __init__(self, platform: Platform, *, seed: int) -> None:
        super().__init__(platform, seed=seed)
        self._logs = DemoLogs(platform, seed)

    def stream(self, request: LogRequest) -> AsyncIterator[LogItem]:
        """See `LogSource`."""
        return self._logs.stream(request)

    async def aclose(self) -> None:
        """Nothing is open."""
