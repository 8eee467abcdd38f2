"""The rights in `k8s/rbac.yaml` are the ones listed here, no more: a right that slips in is seen."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tui.core import resources

OBJECTS: list[dict[str, Any]] = list(yaml.safe_load_all((resources.root() / "k8s" / "rbac.yaml").read_text()))
LOOK = {
    ("", "pods"): {"get", "list", "watch"},
    ("", "pods/log"): {"get"},
    ("", "events"): {"get", "list", "watch"},
    ("apps", "deployments"): {"get", "list", "watch"},
    ("apps", "statefulsets"): {"get", "list", "watch"},
    ("apps", "replicasets"): {"get", "list", "watch"},
    ("apps", "controllerrevisions"): {"get", "list", "watch"},
}
ACT = {
    ("apps", "deployments"): {"patch"},
    ("apps", "statefulsets"): {"patch"},
    ("apps", "deployments/scale"): {"get", "patch"},
    ("apps", "statefulsets/scale"): {"get", "patch"},
    ("", "pods"): {"delete"},
    ("", "pods/exec"): {"create", "get"},
}


def named(kind: str) -> dict[str, dict[str, Any]]:
    """All objects of a kind by name."""
    return {each["metadata"]["name"]: each for each in OBJECTS if each["kind"] == kind}


@pytest.mark.parametrize(("role", "expected"), [("ops-center-read-only", LOOK), ("ops-center", ACT)])
def test_a_role_grants_exactly_this(role: str, expected: dict[tuple[str, str], set[str]]) -> None:
    granted: dict[tuple[str, str], set[str]] = {}
    for rule in named("Role")[role]["rules"]:
        assert set(rule) == {"apiGroups", "resources", "verbs"}
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                granted.setdefault((group, resource), set()).update(rule["verbs"])
    assert granted == expected


def test_who_acts_also_looks_and_nobody_else_acts() -> None:
    bound = {
        name: (binding["roleRef"]["kind"], binding["roleRef"]["name"], [who["name"] for who in binding["subjects"]])
        for name, binding in named("RoleBinding").items()
    }
    assert bound == {
        "ops-center-read-only": ("Role", "ops-center-read-only", ["ops-center-read-only", "ops-center"]),
        "ops-center": ("Role", "ops-center", ["ops-center"]),
    }
    assert {who["kind"] for binding in named("RoleBinding").values() for who in binding["subjects"]} == {
        "ServiceAccount"
    }
    assert set(named("ServiceAccount")) == {"ops-center", "ops-center-read-only"}


def test_nothing_reaches_beyond_the_namespace() -> None:
    assert {each["kind"] for each in OBJECTS} == {"ServiceAccount", "Role", "RoleBinding"}
    assert [each["metadata"]["name"] for each in OBJECTS if "namespace" in each["metadata"]] == []
