"""A platform that lies: backends whose every text tries to command the terminal of who reads it."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ESC = "\x1b"
COMMANDS = (
    f"{ESC}[5;8m\x9b5m\u202e\x00\x07\r",  # the worst comes first: narrow columns cut the rest
    f"{ESC}[77;7H{ESC}[2J{ESC}[6n{ESC}[?47h{ESC}c",
    f"{ESC}]8;;ssh://evil.example/{ESC}\\X{ESC}]8;;{ESC}\\",
    f"{ESC}]52;c;ZXZpbA=={ESC}\\{ESC}]0;evil\x07\x9d52;c;ZXZpbA==\x9c",
    f'{ESC}P$q"p{ESC}\\{ESC}_evil{ESC}\\\x90evil\x9c',
    "\u2066\u200e\u061c\ufeff\u2028\x85\x7f\x08\x0b\x0c",
    "[/x][@click=app.bell][red]$error{0}%s",
)
INLINE = "".join(COMMANDS)
FLAT = INLINE.translate(dict.fromkeys(map(ord, "\r\x0b\x0c\x85\u2028")))
"""The commands without what ends or begins a line; a NUL and what is no line end for Markdown stay."""
MEGABYTE = "M" * 2**20


def hostile(marker: str, *, long: bool = False) -> str:
    """`HOSTILE-<marker>`, then every command, and for `long` a megabyte without a break."""
    return f"HOSTILE-{marker}{INLINE}" + (MEGABYTE if long else "")


def flat(marker: str, *, long: bool = False) -> str:
    """`hostile` without what ends or begins a line."""
    return hostile(marker, long=long).replace(INLINE, FLAT)


_AT = "2026-11-23T10:00:00Z"


def _alert(name: str, *, long: bool = False) -> dict[str, Any]:
    labels = {
        "alertname": hostile(name),
        "severity": hostile("SEVERITY"),
        hostile("LABEL"): hostile("VALUE", long=long),
    }
    return {
        "labels": labels,
        "annotations": {
            "summary": hostile("SUMMARY", long=long),
            "description": f"{hostile('DESCRIPTION')}\n{INLINE}",
            "runbook_url": f"https://example.org/{INLINE}",
            hostile("ANNOTATION"): hostile("NOTE"),
        },
        "state": "firing",
        "activeAt": _AT,
        "value": hostile("NUMBER"),
    }


def _alerts() -> list[dict[str, Any]]:
    """Two hostile names, and a short one that leaves room for its summary."""
    third = _alert("THIRD")
    third["labels"] = {"alertname": "Third", "severity": "info"}
    return [_alert("ALERT-A"), _alert("ALERT-B", long=True), third]


def _meta(name: str, **more: object) -> dict[str, Any]:
    return {
        "name": name,
        "uid": f"uid-{name}",
        "resourceVersion": "7",
        "creationTimestamp": _AT,
        "generation": 1,
        **more,
    }


def _conditions(kind: str, status: str) -> list[dict[str, Any]]:
    said = {"reason": hostile("CONDITION-REASON"), "message": hostile("CONDITION-MESSAGE", long=True)}
    return [
        {"type": kind, "status": status, **said, "lastTransitionTime": _AT},
        {"type": hostile("CONDITION-TYPE"), "status": hostile("STATUS"), **said},
    ]


_RESOURCES = {hostile("RESOURCE"): hostile("QUANTITY"), "memory": hostile("MEMORY")}
_CONTAINERS = [{"name": hostile("CONTAINER"), "image": hostile("IMAGE"), "resources": {"limits": _RESOURCES}}]


def _template() -> dict[str, Any]:
    stamped = {"kubectl.kubernetes.io/restartedAt": hostile("RESTARTED"), "note": hostile("TEMPLATE-NOTE")}
    return {
        "metadata": {"labels": {"app": "celery-worker"}, "annotations": stamped},
        "spec": {"containers": _CONTAINERS},
    }


def _workload(name: str) -> dict[str, Any]:
    return {
        "metadata": _meta(name, labels={"app": hostile("APP")}, annotations={"note": hostile("NOTE", long=True)}),
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "celery-worker"}},
            "template": _template(),
            "strategy": {"type": hostile("STRATEGY")},
            "updateStrategy": {"type": hostile("STRATEGY")},
        },
        "status": {
            "replicas": 2,
            "readyReplicas": 1,
            "updatedReplicas": 1,
            "observedGeneration": 1,
            "updateRevision": hostile("UPDATE"),
            "currentRevision": hostile("CURRENT"),
            "conditions": _conditions("Available", "False"),
        },
    }


def _pod() -> dict[str, Any]:
    ended = {"exitCode": 1, "reason": hostile("ENDED"), "message": hostile("LAST-WORDS"), "finishedAt": _AT}
    return {
        "metadata": _meta(
            hostile("POD"),
            labels={"app": "celery-worker", "pod-template-hash": "h1", hostile("LABEL"): hostile("VALUE")},
            ownerReferences=[{"kind": "ReplicaSet", "name": f"{hostile('DEPLOYMENT')}-h1", "controller": True}],
        ),
        "spec": {"nodeName": hostile("NODE"), "containers": _CONTAINERS},
        "status": {
            "phase": hostile("PHASE"),
            "reason": hostile("POD-REASON"),
            "conditions": _conditions("Ready", "False"),
            "containerStatuses": [
                {
                    "name": hostile("CONTAINER"),
                    "restartCount": 3,
                    "state": {"waiting": {"reason": hostile("WAITING"), "message": hostile("WHY")}},
                    "lastState": {"terminated": ended},
                }
            ],
        },
    }


def _event() -> dict[str, Any]:
    return {
        "metadata": _meta("event"),
        "involvedObject": {"kind": "Pod", "name": hostile("POD")},
        "type": "Warning",
        "reason": hostile("EVENT-REASON"),
        "message": hostile("EVENT-MESSAGE", long=True),
        "count": 4,
        "lastTimestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _replica_set(name: str, number: str) -> dict[str, Any]:
    owner = {"kind": "Deployment", "name": name, "uid": f"uid-{name}", "controller": True}
    notes = {"deployment.kubernetes.io/revision": number, "kubernetes.io/change-cause": hostile(f"CAUSE-{number}")}
    template = _template() | ({"old": hostile("OLD")} if number == "1" else {})
    return {
        "metadata": _meta(f"set-{number}", annotations=notes, ownerReferences=[owner]),
        "spec": {"template": template},
    }


LOG = "\n".join(
    [
        f"[{_AT[:10]} 10:00:00,000: ERROR/Main] {flat('LINE')}",
        json.dumps({"level": "error", "message": flat("JSON"), flat("KEY"): {"inner": flat("INNER")}}),
        f'{{"level": "info", "message": "{flat("RAW-JSON")}"}}',
        f"INFO: progress 10 %\r{ESC}[KINFO: HOSTILE-PROGRESS",
        f"INFO: key={flat('PAIR')} other=2",
        f"INFO: {flat('LONG-LINE', long=True)}",
        "ERROR: Traceback follows",
        "Traceback (most recent call last):",
        f'  File "{flat("FILE")}", line 1, in x',
        f"ValueError: {flat('EXCEPTION')}",
    ]
)
BROKEN = b"INFO: HOSTILE-BYTES \x9b5m \x9d52;c;ZXZpbA==\x9c \xff\xfe \xed\xa0\x80 \xc0\x9b \xf4\x90\x80\x80\n"
"""What is no UTF-8: raw C1 bytes, a surrogate, an overlong ESC-like, something beyond Unicode."""


def stamped(prefix: str = "") -> bytes:
    """The log as a server sends it."""
    lines = [BROKEN, *(f"{line}\n".encode() for line in LOG.split("\n"))]
    return b"".join(f"{prefix}{_AT} ".encode() + line for line in lines)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stop: threading.Event

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""

    def do_GET(self) -> None:
        """Prometheus by its paths, else Kubernetes."""
        parts = urlsplit(self.path)
        asked = parse_qs(parts.query)
        match parts.path.rpartition("/")[2]:
            case "query" | "query_range":
                self._query(asked["query"][0], ranged=parts.path.endswith("range"))
            case "alerts":
                self._say({"status": "success", "data": {"alerts": _alerts()}})
            case "buildinfo":
                self._say({"status": "success", "data": {"version": hostile("VERSION")}})
            case "log":
                self._stream(stamped(), hold="follow" in asked)
            case _ if "watch" in asked:
                self._stream(b"", hold=True)
            case kind:
                self._say(self._listed(kind, parts.path))

    def do_POST(self) -> None:
        """Permission: everything but to scale."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        what = body["spec"]["resourceAttributes"]
        allowed = what["subresource"] != "scale"
        self._say({"status": {"allowed": allowed, "reason": hostile("FORBIDDEN")}})

    def do_PATCH(self) -> None:
        """No change is made."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say({"kind": "Status", "message": hostile("REFUSED", long=True), "reason": hostile("WHY")}, 422)

    def _query(self, expr: str, *, ranged: bool) -> None:
        if ranged:
            self._say({"status": "error", "error": hostile("RANGE-ERROR", long=True)}, 400)
        elif "worker" in expr or "vector" in expr:
            vector = [{"metric": {hostile("LABEL"): hostile("VALUE")}, "value": [time.time(), "3"]}]
            warnings = [hostile("WARNING", long=True)]
            self._say({"status": "success", "warnings": warnings, "data": {"resultType": "vector", "result": vector}})
        elif "queue" in expr:
            self._say({"status": "error", "errorType": hostile("TYPE"), "error": hostile("BAD-QUERY")}, 400)
        elif "success" in expr:
            self._send(f"<html>{hostile('PAGE', long=True)}".encode(), 503, "text/html")
        else:
            self._say({"status": "success", "data": {"resultType": hostile("KIND"), "result": []}})

    def _listed(self, kind: str, path: str) -> dict[str, Any]:
        name = hostile("DEPLOYMENT")
        items: dict[str, list[dict[str, Any]]] = {
            "deployments": [_workload(name)],
            "statefulsets": [_workload(hostile("STATEFUL"))],
            "pods": [_pod()],
            "events": [_event()],
            "replicasets": [_replica_set(name, "2"), _replica_set(name, "1")],
        }
        if kind in items:
            return {"metadata": {"resourceVersion": "7"}, "items": items[kind]}
        if "/deployments/" in path:
            return _workload(name)
        version = hostile("GIT-VERSION")
        return {"gitVersion": version, "version": version, "versionInfo": {"version": version}, "items": []}

    def _say(self, answer: object, status: int = 200) -> None:
        self._send(json.dumps(answer).encode(), status, "application/json")

    def _send(self, body: bytes, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, body: bytes, *, hold: bool) -> None:
        """Send, and say nothing more but do not end."""
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if hold:
            self.stop.wait()
        self.close_connection = True


@contextmanager
def serving() -> Iterator[str]:
    """Prometheus and an API server at one address, which is yielded."""
    stop = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"stop": stop}))
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who is killed while it reads hangs up
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


_RUNBOOK = f"""\
---
title: HOSTILE-FRONT{FLAT}
---
# HOSTILE-TITLE{FLAT}

**Last Updated:** HOSTILE-UPDATED{FLAT}

**Owner:** HOSTILE-OWNER{FLAT}

**Related Alerts:** HOSTILE-RELATED{FLAT}

**Keywords:** HOSTILE-KEYWORD{FLAT}

**When to Use:** HOSTILE-WHEN{FLAT}

## HOSTILE-HEADING{FLAT}

HOSTILE-TEXT{FLAT}

- HOSTILE-ITEM{FLAT}
- [HOSTILE-LINK](https://docs.example/{FLAT.replace("[", "").replace("]", "").replace(" ", "")})
- [HOSTILE-ENTITY](https://docs.example/&#27;]52;c;ZXZpbA&#7;) &#27;[5m &#x9b;5m &#x202e; <b>HOSTILE-HTML{FLAT}</b>
- ![HOSTILE-IMAGE{FLAT}](x.png)

| HOSTILE-COLUMN{FLAT} | b |
|---|---|
| HOSTILE-CELL{FLAT} | `HOSTILE-CODE{FLAT}` |

```bash {{name=x{ESC}[5m expect="{FLAT}"}}
HOSTILE-COMMAND{FLAT}
```

> HOSTILE-QUOTE{FLAT}

HOSTILE-PARAGRAPH {MEGABYTE}
"""


def write_runbooks(folder: Path) -> None:
    """Runbooks whose names and contents are hostile; one is no UTF-8."""
    folder.mkdir()
    (folder / f"aa{ESC}[5m\x9b5m\u202e\x07\r.md").write_text(_RUNBOOK)
    (folder / os.fsdecode(b"ac\xff\xed\xa0\x80\x9b.md")).write_text("# HOSTILE-SURROGATE\n")
    (folder / f"ab{ESC}[5m\x9b5m\u202e\x07 HOSTILE-NAME.md").write_bytes(b"# HOSTILE-LATIN \x9b5m \x1b[5m\n\n" + BROKEN)


def write_journal(path: Path) -> None:
    """A journal that somebody else has written to."""
    path.parent.mkdir(parents=True)
    intent = {"record": "intent", "v": 1, "id": hostile("ID"), "at": time.time() - 60, "who": hostile("WHO")}
    intent |= {"profile": hostile("PROFILE"), "platform": "kubernetes", "verb": hostile("VERB"), "pid": 1}
    intent |= {"target": hostile("TARGET"), "argument": hostile("ARGUMENT"), "notices": hostile("NOTICES")}
    intent |= {"command": hostile("COMMAND")}
    outcome = {"record": "outcome", "v": 1, "id": hostile("ID"), "at": time.time() - 50, "state": "failed"}
    outcome |= {"message": hostile("OUTCOME")}
    note = {"record": "note", "v": 1, "at": time.time() - 40, "who": hostile("NOTER"), "context": hostile("CONTEXT")}
    note |= {"text": f"{hostile('NOTE-TEXT')}\n{INLINE}"}
    path.write_bytes(b"".join(json.dumps(one).encode() + b"\n" for one in (intent, outcome, note)) + BROKEN)
    path.chmod(0o600)


def write_docker(folder: Path) -> None:
    """What the stand-in for docker replays: a hostile project."""
    folder.mkdir()
    identity = "5d1f0c7a9e3b"
    row = {"ID": identity, "Name": hostile("COMPOSE-POD"), "Service": hostile("SERVICE"), "State": "running"}
    row |= {"Health": hostile("HEALTH"), "Project": "agents"}
    (folder / "ps").write_text(json.dumps(row))
    labels = {"com.docker.compose.service": hostile("SERVICE")}
    seen: dict[str, Any] = {
        "Id": identity,
        "Created": _AT,
        "Config": {"Image": hostile("COMPOSE-IMAGE"), "Labels": labels},
    }
    seen |= {"State": {"Status": hostile("STATUS"), "StartedAt": _AT}, "RestartCount": 3}
    (folder / "inspect").write_text(json.dumps([seen]))
    event: dict[str, Any] = {"action": hostile("ACTION"), "service": hostile("SERVICE"), "time": _AT}
    event |= {"attributes": {"name": hostile("COMPOSE-POD"), "exitCode": hostile("EXIT")}}
    (folder / "events").write_text(f"{json.dumps(event)}\n{hostile('NO-EVENT')}\n")
    (folder / "config").write_text(f"{hostile('SERVICE')}\n")
    prefix = f"COMPOSELOG{FLAT.replace('|', '')}"
    (folder / "logs").write_bytes(stamped(f"{prefix}  | ") + stamped("worker-1  | "))


def write_catalog(path: Path, *, valid: bool) -> None:
    """A catalog that is in order but for its texts, or full of mistakes that are hostile."""
    text = COMMANDS[-1] if valid else INLINE  # controls in a catalog are mistakes, and refused
    said = {name: json.dumps(f"HOSTILE-{name}{text}") for name in ("TILE", "ABOUT", "PLATFORM", "ENTRY", "UNIT")}
    tile = f"""
[[tile]]
id = "x"
title = {said["TILE"]}
expr = "worker_active_count"
unit = {'"none"' if valid else said["UNIT"]}
steps = [{{ state = "ok" }}]
runbook = "worker-failures.md"
description = {said["ABOUT"]}
"""
    mistakes = "" if valid else f"{said['ENTRY']} = {said['ENTRY']}\n"
    path.write_text(f'title = {said["PLATFORM"]}\nrunbook_base = "https://example.org/"\n{mistakes}{tile}')
