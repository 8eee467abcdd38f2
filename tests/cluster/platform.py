"""The platform's objects, under the names that runbooks and catalog use, with scripts for programs."""

from __future__ import annotations

import base64
from pathlib import Path

from tests.cluster.objects import Object

_SCRIPTS = Path(__file__).parent / "scripts"
_SETTINGS = {
    "LLM_TIMEOUT_SECONDS": "30",
    "SERVICEDESK_TIMEOUT_SECONDS": "30",
    "DB_POOL_SIZE": "5",
    "DB_MAX_OVERFLOW": "10",
    "CELERY_TASK_MAX_RETRIES": "3",
    "LLM_PROVIDER": "openai",
    "CIRCUIT_BREAKER_FAILURES": "5",
    "CIRCUIT_BREAKER_COOLDOWN_SECONDS": "60",
    "CELERY_CONCURRENCY": "4",
}
_SECRETS = {
    "DATABASE_URL": "postgresql://aiagents@postgres/ai_agents",
    "OPENAI_API_KEY": "none",
    "OPENROUTER_API_KEY": "none",
}


def _workload(kind: str, name: str, replicas: int, image: str, *, container: Object, grace: int = 30) -> Object:
    labels = {"app": name}
    script = {"celery-worker": "worker"}.get(name, name)
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "terminationGracePeriodSeconds": grace,
                    "containers": [
                        {
                            "image": image,
                            "command": ["python", str(_SCRIPTS / f"{script}.py")],
                            "readinessProbe": {"exec": {"command": ["test", "-e", "ready"]}, "periodSeconds": 2},
                            **container,
                        }
                    ],
                },
            },
            **({"serviceName": name} if kind == "StatefulSet" else {}),
        },
    }


def _service(name: str, port: int) -> Object:
    spec = {"selector": {"app": name}, "ports": [{"port": port, "targetPort": port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def platform() -> tuple[Object, ...]:
    """Everything, in the order to apply it."""
    configured = {
        "envFrom": [{"configMapRef": {"name": "ai-agents-config"}}, {"secretRef": {"name": "ai-agents-secrets"}}]
    }
    secrets = {name: base64.b64encode(value.encode()).decode() for name, value in _SECRETS.items()}
    memory = {"resources": {"requests": {"memory": "128Mi"}, "limits": {"memory": "512Mi"}}}
    return (
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ai-agents-config"}, "data": _SETTINGS},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "ai-agents-secrets"}, "data": secrets},
        _workload(
            "Deployment",
            "celery-worker",
            4,
            "ai-agents/worker:1.4.2",
            container={"name": "worker", **configured, **memory},
            grace=180,
        ),
        _workload("Deployment", "api", 2, "ai-agents/api:1.4.2", container={"name": "api", **configured, **memory}),
        _workload("Deployment", "redis", 1, "redis:7", container={"name": "redis"}),
        _workload("StatefulSet", "postgres", 2, "postgres:15", container={"name": "postgres"}),
        _service("api", 8000),
        _service("redis", 6379),
        _service("postgres", 5432),
    )
