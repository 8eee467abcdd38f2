"""Which source stands behind which Protocol: the one place that knows the backends by name.

A new backend is a module in `tui.sources`, its Protocol, its section in `tui.model.profile`, and a line here.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tui.model.profile import Profile
from tui.model.text import sanitise_line
from tui.sources.prometheus import Prometheus
from tui.sources.protocols import AlertSource, MetricSource, Probe


class Backends(msgspec.Struct, frozen=True, kw_only=True):
    """What screens and commands ask. Making it costs nothing: a client is imported and connected on its first call."""

    metrics: MetricSource
    alerts: AlertSource
    prometheus: Prometheus

    async def aclose(self) -> None:
        """End what runs and close the connections."""
        await self.prometheus.aclose()


def connect(profile: Profile) -> Backends:
    """The backends of a profile."""
    prometheus = Prometheus(profile.prometheus)
    return Backends(metrics=prometheus, alerts=prometheus, prometheus=prometheus)


class NamedProbe(msgspec.Struct, frozen=True, kw_only=True):
    """A backend as doctor lists it. `setting` says where its address is from; `probe` is None when nobody set it up."""

    name: str
    setting: str
    where: str
    timeout_s: float
    probe: Probe | None


def probes(profile: Profile) -> tuple[NamedProbe, ...]:
    """Every backend there is, those that are not configured without probe."""
    from tui.sources import probes as http
    from tui.sources import runtime_probes as runtime

    makers: dict[str, Callable[[], Probe]] = {
        "prometheus": lambda: Prometheus(profile.prometheus),
        "alertmanager": lambda: http.AlertmanagerProbe(profile.alertmanager),
        "jaeger": lambda: http.JaegerProbe(profile.jaeger),
        "grafana": lambda: http.GrafanaProbe(profile.grafana),
        "redis": lambda: http.RedisProbe(profile.redis),
        "kubernetes": lambda: runtime.KubernetesProbe(profile.kubernetes),
        "compose": lambda: runtime.ComposeProbe(profile.compose),
    }
    places = {
        "kubernetes": _joined(context=profile.kubernetes.context, namespace=profile.kubernetes.namespace),
        "compose": _joined(project=profile.compose.project, file=str(profile.compose.file or "")),
    }
    found = []
    for name, make in makers.items():
        backend = getattr(profile, name)
        found.append(
            NamedProbe(
                name=name,
                setting=name if name in places else f"{name}.url",
                where=sanitise_line(places.get(name) or backend.url, 200),
                timeout_s=backend.timeout_s,
                probe=make() if name in profile.configured else None,
            )
        )
    return tuple(found)


def _joined(**said: str) -> str:
    return ", ".join(f"{name} {value}" for name, value in said.items() if value) or "its own default"
