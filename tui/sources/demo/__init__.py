"""`ops-center demo`: a simulated platform that needs nothing outside, and can be disturbed.

workload   how many tickets come, how long one takes
metrics    what is exported, under the real platform's names
history    the day before
platform   the model, advanced to the clock when asked; faults, what can go wrong with it
store      the samples
promql     the evaluator: functions, binary, aggregate
rules      alerts; templates, their annotations
source     all of it behind the Protocols
workloads  deployments and pods behind WorkloadSource; timeline, the plan of their rollouts
"""

from __future__ import annotations

from tui.sources.demo.platform import Platform
from tui.sources.demo.source import DemoSource

__all__ = ["DemoSource", "Platform"]
