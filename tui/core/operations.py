"""What the panes that change something share: one journal, one gate, one look at the workloads, one list of changes.

Made when the first of them is opened, since the overview needs none of it.
"""

from __future__ import annotations

from tui.core.center import Center
from tui.core.rollouts import Rollouts
from tui.core.workload_feed import WorkloadFeed


class Operations:
    """One platform as it is operated. `feed` and `rollouts` are None where the profile names no platform."""

    def __init__(self, center: Center) -> None:
        self.journal = center.journal()
        self.gate = center.gate(self.journal)
        self.feed: WorkloadFeed | None = None
        self.rollouts: Rollouts | None = None
        if center.workloads is not None:
            self.feed = WorkloadFeed(center.workloads, clock=center.clock)
            self.rollouts = Rollouts(self.feed, self.gate, clock=center.clock)

    async def settle(self) -> None:
        """Wait for what has begun, so that its outcome is in the journal."""
        await self.gate.settle()
