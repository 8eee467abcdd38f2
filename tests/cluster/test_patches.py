"""Our strategic merge agrees with the one inside kubectl, which patches files locally; selectors have their grammar."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import patches
from tests.cluster.cluster import KUBECTL
from tests.cluster.errors import ApiError
from tests.cluster.manifests import deployment
from tests.cluster.objects import Object
from tests.cluster.selectors import by_fields, by_labels


def subject() -> Object:
    web = deployment("web", container={"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]})
    spec = web["spec"]["template"]["spec"]
    spec["containers"].append({"name": "side", "image": "side:1", "ports": [{"containerPort": 80, "name": "http"}]})
    spec["volumes"] = [{"name": "data", "emptyDir": {}}, {"name": "conf", "configMap": {"name": "settings"}}]
    web["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}
    web["metadata"]["finalizers"] = ["a/one", "a/two"]
    return web


def in_template(**spec: Any) -> Object:  # noqa: ANN401 - any JSON
    return {"spec": {"template": {"spec": spec}}}


@pytest.mark.parametrize(
    "patch",
    [
        {"spec": {"replicas": 3, "strategy": None}},
        {"metadata": {"labels": {"app": None, "tier": "front"}}},
        in_template(containers=[{"name": "side", "image": "side:2"}]),
        in_template(containers=[{"name": "new", "image": "new:1"}]),
        in_template(containers=[{"$patch": "delete", "name": "main"}]),
        in_template(containers=[{"$patch": "replace"}, {"name": "only", "image": "only:1"}]),
        in_template(containers=[{"name": "main", "env": [{"name": "C", "value": "3"}, {"name": "A", "value": "9"}]}]),
        in_template(containers=[{"name": "main", "env": [{"name": "B", "$patch": "delete"}]}]),
        in_template(
            containers=[
                {
                    "name": "main",
                    "env": [{"name": "C", "value": "3"}],
                    "$setElementOrder/env": [{"name": "C"}, {"name": "A"}, {"name": "B"}],
                }
            ],
            **{"$setElementOrder/containers": [{"name": "side"}, {"name": "main"}]},
        ),
        in_template(containers=[{"name": "main", "command": ["sleep", "1"]}]),
        in_template(
            containers=[{"name": "side", "ports": [{"containerPort": 81}, {"containerPort": 80, "name": "web"}]}]
        ),
        in_template(volumes=[{"name": "data", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}]),
        {
            "spec": {
                "template": {"$patch": "replace", "metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}
            }
        },
        {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
        {"metadata": {"finalizers": ["a/three"]}},
        {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a/one"]}},
    ],
)
def test_strategic_merge_agrees_with_kubectl(patch: Object, tmp_path: Path) -> None:
    path = tmp_path / "subject.json"
    path.write_text(json.dumps(subject()))
    command = [KUBECTL, "patch", "--local", "-f", str(path), "--type=strategic", "-p", json.dumps(patch), "-o", "json"]
    theirs = json.loads(subprocess.run(command, check=True, capture_output=True, env={"HOME": str(tmp_path)}).stdout)
    ours = patches.apply(patches.STRATEGIC_PATCH, subject(), patch)
    assert ours == theirs


def test_a_json_patch_that_does_not_fit_is_invalid() -> None:
    test = [{"op": "test", "path": "/spec/replicas", "value": 7}]
    with pytest.raises(ApiError) as refused:
        patches.apply(patches.JSON_PATCH, subject(), test)
    assert refused.value.code == 422
    with pytest.raises(ApiError) as refused:
        patches.apply("text/plain", subject(), {})
    assert refused.value.code == 415


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("app=web", True),
        ("app==web,tier", True),
        ("app!=web", False),
        ("other!=web", True),
        ("app in (db, web)", True),
        ("app notin (db),!other", True),
        ("tier=", False),
        ("ops.example/x=1", True),
    ],
)
def test_labels_select(selector: str, matches: bool) -> None:
    obj = {"metadata": {"labels": {"app": "web", "tier": "front", "ops.example/x": "1"}}}
    assert by_labels(selector)(obj) is matches


def test_a_selector_that_is_none_is_refused() -> None:
    for text in ("app in web", "=x", "a b"):
        with pytest.raises(ApiError):
            by_labels(text)
    with pytest.raises(ApiError):
        by_fields("status.phase")
