"""Pods by the thousand, without processes."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.cluster.objects import Object, rfc3339, suffix


def fleet(count: int, app: str, namespace: str, rng: random.Random, now: float) -> Iterator[Object]:
    """Pods as a server shows them: most run, a few were killed for their memory and wait for the next try."""
    digest = suffix(app.encode(), 10)
    for index in range(count):
        name = f"{app}-{digest}-{suffix(f'{app}{index}'.encode(), 5)}-{index}"
        crashed = rng.random() < 0.02
        started = rfc3339(now - rng.uniform(60, 86_400))
        ended = {"exitCode": 137, "reason": "OOMKilled", "startedAt": started, "finishedAt": rfc3339(now - 30)}
        waiting = {"reason": "CrashLoopBackOff", "message": f"back-off 5m0s restarting failed container={app}"}
        status = "False" if crashed else "True"
        yield {
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": {"app": app, "pod-template-hash": digest},
            },
            "spec": {
                "nodeName": f"far-{index % 100}",
                "restartPolicy": "Always",
                "terminationGracePeriodSeconds": 30,
                "containers": [
                    {
                        "name": "worker",
                        "image": "ai-agents/worker:1.4.2",
                        "resources": {"limits": {"memory": "512Mi"}, "requests": {"memory": "256Mi"}},
                    }
                ],
            },
            "status": {
                "phase": "Running",
                "podIP": f"10.{index >> 16 & 255}.{index >> 8 & 255}.{index & 255}",
                "startTime": started,
                "conditions": [
                    {"type": kind, "status": status, "lastTransitionTime": started}
                    for kind in ("Ready", "ContainersReady")
                ],
                "containerStatuses": [
                    {
                        "name": "worker",
                        "image": "ai-agents/worker:1.4.2",
                        "imageID": "",
                        "ready": not crashed,
                        "started": not crashed,
                        "restartCount": rng.randint(1, 40) if crashed else 0,
                        "state": {"waiting": waiting} if crashed else {"running": {"startedAt": started}},
                        "lastState": {"terminated": ended} if crashed else {},
                    }
                ],
            },
        }
