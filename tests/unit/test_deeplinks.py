"""Links with the query filled in."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

from tests.doubles import CATALOG
from tui.core.deeplinks import action_links, explore_url
from tui.model.catalog import Explore

BY_ID = {action.id: action for action in CATALOG.action}


def test_the_error_query_is_filled_in_in_the_form_explore_reads() -> None:
    action = BY_ID["recent-errors"]
    assert action.explore is not None
    url = urlsplit(explore_url("https://grafana.example/g/", action.explore))
    query = parse_qs(url.query)
    assert url.path == "/g/explore"
    assert query["schemaVersion"] == ["1"]
    ((key, pane),) = json.loads(query["panes"][0]).items()
    assert len(key) == 3
    assert not key.isdigit()
    assert pane["queries"][0]["expr"] == '{app="celery-worker"} |= "ERROR"'
    assert pane["queries"][0]["datasource"] == {"type": "loki", "uid": "loki"}
    assert pane["range"] == {"from": "now-1h", "to": "now"}


def test_nothing_in_a_query_breaks_out_of_the_link() -> None:
    url = explore_url("http://localhost:3000", Explore(datasource="loki", expr='{a="b;c d\x1b&x=1#y"}'))
    assert not set(url) & {" ", ";", "\x1b", "#", '"'}


def test_a_server_the_profile_does_not_name_has_no_link() -> None:
    links = dict(action_links(BY_ID["traces"], grafana="", jaeger="http://localhost:16686/"))
    assert list(links) == ["Jaeger"]
    assert links["Jaeger"].startswith("http://localhost:16686/search?service=celery-worker&")
    assert action_links(BY_ID["worker-logs"], grafana="", jaeger="") == ()
