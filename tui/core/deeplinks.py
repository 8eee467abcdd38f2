"""Links into Grafana Explore and Jaeger with the query filled in."""

from __future__ import annotations

import json
from urllib.parse import quote

from tui.model.catalog import Action, Explore

_PANE = "ops"
"""Explore wants three characters, not all of them digits."""


def explore_url(grafana: str, explore: Explore, *, lookback: str = "now-1h") -> str:
    """An Explore link in the form current Grafana reads (`schemaVersion=1`).

    The data source is addressed by uid, `prometheus` or `loki`, as `operations/grafana-setup.md` provisions it.

    Source: https://grafana.com/docs/grafana/latest/explore/get-started-with-explore/#generate-explore-urls-from-external-tools
    """
    query = {
        "refId": "A",
        "datasource": {"type": explore.datasource, "uid": explore.datasource},
        "expr": explore.expr,
    }
    pane = {"datasource": explore.datasource, "queries": [query], "range": {"from": lookback, "to": "now"}}
    panes = quote(json.dumps({_PANE: pane}, separators=(",", ":")), safe="")
    return f"{grafana.rstrip('/')}/explore?schemaVersion=1&orgId=1&panes={panes}"


def action_links(action: Action, *, grafana: str, jaeger: str) -> tuple[tuple[str, str], ...]:
    """Label and URL of every link of `action` whose server the profile names (an empty URL is a server it does not)."""
    links: list[tuple[str, str]] = []
    if action.explore is not None and grafana:
        links.append(("Grafana Explore", explore_url(grafana, action.explore)))
    if action.jaeger and jaeger:
        links.append(("Jaeger", jaeger.rstrip("/") + action.jaeger))
    return tuple(links)
