"""What the simulated platform exports: the names and labels of the real one, and where each stands in a scraped row."""

from __future__ import annotations

from bisect import bisect_left

from tui.sources.demo.store import Store
from tui.sources.demo.workload import TENANTS

BOUNDS = (1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0)
"""Upper bounds of the duration histogram in seconds; +Inf follows."""

WORKERS = (
    "celery-worker-6d5f9c7b84-2xkqp",
    "celery-worker-6d5f9c7b84-8vhtz",
    "celery-worker-6d5f9c7b84-m4w7c",
    "celery-worker-6d5f9c7b84-qj9bn",
)
CONCURRENCY = 4
"""Tickets one worker handles at a time (CELERY_CONCURRENCY)."""

OTHERS = (("api-7f8b6d9c5-k2lxw", "api"), ("redis-5c9f7d6b48-t6rzd", "redis"), ("postgres-0", "postgres"))
"""The other pods, each with its container."""

MEMORY_LIMIT = 1024**3
"""Bytes a worker's container may use."""
POD_MEMORY = tuple(mebibytes * 2**20 for mebibytes in (412, 418, 405, 421, 236, 58, 780))
"""Bytes each pod uses when idle, the workers first."""

PG_STATES = ("active", "idle", "idle in transaction")
PG_MAX_CONNECTIONS = 100
JOBS = ("api", "celery-worker", "redis", "postgres")


class Exported:
    """The store with every series declared, the current row, and the columns by meaning.

    A tuple holds one column for each tenant, worker, pod or state, in the order of the constants above.
    """

    def __init__(self) -> None:
        self.store = Store()
        add = self.store.add
        self.workers = add("worker_active_count")
        self.queue = add("queue_depth")
        self.active = add("celery_tasks_active_total")
        self.success_rate = add("enhancement_success_rate")
        requests = "enhancement_requests_total"
        self.succeeded = tuple(add(requests, status="success", tenant_id=tenant) for tenant in TENANTS)
        self.failed = tuple(add(requests, status="failure", tenant_id=tenant) for tenant in TENANTS)
        histogram = "enhancement_duration_seconds"
        bounds = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
        self.buckets = tuple(
            tuple(add(f"{histogram}_bucket", tenant_id=tenant, le=bound) for bound in bounds) for tenant in TENANTS
        )
        self.sums = tuple(add(f"{histogram}_sum", tenant_id=tenant) for tenant in TENANTS)
        self.counts = tuple(add(f"{histogram}_count", tenant_id=tenant) for tenant in TENANTS)
        pods = (*((worker, "worker") for worker in WORKERS), *OTHERS)
        self.memory = tuple(add("container_memory_usage_bytes", pod=pod, container=name) for pod, name in pods)
        self.cpu = tuple(add("container_cpu_usage_seconds_total", pod=pod, container=name) for pod, name in pods)
        self.restarts = tuple(
            add("kube_pod_container_status_restarts_total", pod=pod, container=name) for pod, name in pods
        )
        self.oom_killed = tuple(
            add("kube_pod_container_status_last_terminated_reason", pod=pod, container="worker", reason="OOMKilled")
            for pod in WORKERS
        )
        self.pg_connections = tuple(add("pg_stat_activity_count", state=state) for state in PG_STATES)
        self.pg_up = add("pg_up")
        self.redis_up = add("redis_up")
        self.pg_max = add("pg_settings_max_connections")
        self.up = tuple(add("up", job=job) for job in JOBS)
        self.now = [0.0] * len(self.store.series)
        self._set_steady()

    def _set_steady(self) -> None:
        now = self.now
        now[self.workers] = len(WORKERS)
        now[self.pg_up] = now[self.redis_up] = 1
        now[self.pg_max] = PG_MAX_CONNECTIONS
        for column in self.up:
            now[column] = 1
        for column, usage in zip(self.memory, POD_MEMORY, strict=True):
            now[column] = usage

    def observe(self, tenant: int, seconds: float, *, success: bool) -> None:
        """Count one finished enhancement of the tenant with index `tenant`, and how long it took."""
        now = self.now
        now[(self.succeeded if success else self.failed)[tenant]] += 1
        now[self.sums[tenant]] += seconds
        now[self.counts[tenant]] += 1
        for column in self.buckets[tenant][bisect_left(BOUNDS, seconds) :]:
            now[column] += 1

    def scrape(self, at: float) -> None:
        """Keep the current row as of `at`, Unix seconds."""
        self.store.scrape(round(at * 1000), self.now)
