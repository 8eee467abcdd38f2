"""Which source stands behind which Protocol: the one place that knows the backends by name.

A new backend is a module in `tui.sources`, its Protocol, its section in `tui.model.profile`, and a line here.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tui.core.on_demand import OnDemand, PlatformSource
from tui.model.profile import Profile
from tui.model.text import sanitise_line
from tui.sources.prometheus import Prometheus
from tui.sources.protocols import AlertSource, LogSource, MetricSource, Probe, WorkloadSource


class Backends(msgspec.Struct, frozen=True, kw_only=True):
    """What screens and commands ask. Making it costs nothing: a client is imported and connected on its first call.

    `workloads` and `logs` are None when the profile does not say what the platform runs on.
    """

    metrics: MetricSource
    alerts: AlertSource
    prometheus: Prometheus
    workloads: WorkloadSource | None = None
    logs: LogSource | None = None
    platform: OnDemand | None = None

    async def aclose(self) -> None:
        """End what runs and close the connections."""
        await self.prometheus.aclose()
        if self.platform is not None:
            await self.platform.aclose()


def connect(profile: Profile) -> Backends:
    """The backends of a profile."""
    prometheus = Prometheus(profile.prometheus)
    platform = OnDemand(lambda: _platform(profile)) if profile.platform else None
    return Backends(
        metrics=prometheus,
        alerts=prometheus,
        prometheus=prometheus,
        workloads=platform,
        logs=platform,
        platform=platform,
    )


def _platform(profile: Profile) -> PlatformSource:
    if profile.platform == "compose":
        from tui.sources.compose import Compose

        return Compose(profile.compose)
    from tui.sources.kubernetes import Kubernetes

    return Kubernetes(profile.kubernetes)


class NamedProbe(msgspec.Struct, frozen=True, kw_only=True):
    """A backend as doctor lists it.

    `setting` names the setting that says where it is; `client` the module its client is in, empty for none; `probe` is
    None when the profile does not configure it.
    """

    name: str
    setting: str
    where: str
    client: str
    timeout_s: float
    probe: Probe | None


def probes(profile: Profile) -> tuple[NamedProbe, ...]:
    """Every backend there is; of Kubernetes and compose, the one that is configured, or both if neither is."""
    from tui.sources import probes as server
    from tui.sources import runtime_probes as runtime

    def listed(name: str, client: str, make: Callable[[], Probe], where: str = "") -> NamedProbe:
        backend = getattr(profile, name)
        return NamedProbe(
            name=name,
            setting=name if where else f"{name}.url",
            where=sanitise_line(where or backend.url, 200),
            client=client,
            timeout_s=backend.timeout_s,
            probe=make() if name in profile.configured else None,
        )

    found = [
        listed("prometheus", "prometheus_api_client.prometheus_connect", lambda: Prometheus(profile.prometheus)),
        listed("alertmanager", "httpx", lambda: server.AlertmanagerProbe(profile.alertmanager)),
        listed("jaeger", "httpx", lambda: server.JaegerProbe(profile.jaeger)),
        listed("grafana", "httpx", lambda: server.GrafanaProbe(profile.grafana)),
        listed("redis", "redis.asyncio", lambda: server.RedisProbe(profile.redis)),
    ]
    if profile.platform != "compose":
        cluster = profile.kubernetes
        where = _joined("current context", context=cluster.context, namespace=cluster.namespace)
        found.append(
            listed("kubernetes", "tui.sources.kubernetes_config", lambda: runtime.KubernetesProbe(cluster), where)
        )
    if profile.platform != "kubernetes":
        project = profile.compose
        where = _joined("docker's choice of project", project=project.project, file=str(project.file or ""))
        found.append(listed("compose", "", lambda: runtime.ComposeProbe(project), where))
    return tuple(found)


def _joined(nothing: str, **said: str) -> str:
    return ", ".join(f"{name} {value}" for name, value in said.items() if value) or nothing
