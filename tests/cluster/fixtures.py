"""The cluster as fixtures: one of its own for each test, since it starts in a tenth of a second."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    """An empty cluster whose waits are twenty times shorter than nominal."""
    async with Cluster(tmp_path / "cluster", time_scale=0.05) as running:
        yield running
