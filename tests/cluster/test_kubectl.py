"""The real kubectl does with the cluster what it does with a real one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from pathlib import Path

import msgspec
import pytest

from tests.cluster.access import User
from tests.cluster.cluster import Cluster
from tests.cluster.manifests import deployment, pod, script, stateful_set
from tests.cluster.objects import Object, is_ready

POLITE = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("goodbye")))
print("up")
time.sleep(60)
"""
CRASHING = "print('about to fail'); raise SystemExit(7)"


def rows(out: str) -> list[list[str]]:
    """The cells of a table, without its header."""
    return [re.split(r"\s{2,}", line.strip()) for line in out.splitlines()[1:]]


def all_ready(cluster: Cluster, app: str, count: int) -> bool:
    pods = cluster.pods(app)
    return len(pods) == count and all(is_ready(each) for each in pods)


async def read_until(process: asyncio.subprocess.Process, wanted: str) -> str:
    """What a running command says until it has said `wanted`."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(20):
        while wanted not in said:
            line = await process.stdout.readline()
            assert line, f"ended without {wanted!r}: {said}"
            said += line.decode()
    return said


async def end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.communicate()


async def test_get_prints_the_servers_columns(cluster: Cluster) -> None:
    cluster.apply(deployment("web", replicas=2), stateful_set("db", replicas=1))
    await cluster.kubectl("rollout", "status", "deploy/web")
    out = (await cluster.kubectl("get", "pods", "-l", "app=web")).out
    assert out.split()[:5] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert [row[1:4] for row in rows(out)] == [["1/1", "Running", "0"]] * 2
    wide = (await cluster.kubectl("get", "deploy", "-o", "wide")).out
    assert rows(wide)[0][-3:] == ["main", "web:1", "app=web"]
    assert "statefulset.apps/db" in (await cluster.kubectl("get", "all")).out
    whole = json.loads((await cluster.kubectl("get", "deploy/web", "-o", "json")).out)
    assert whole["status"]["readyReplicas"] == 2
    assert "No resources found" in (await cluster.kubectl("get", "configmaps")).err


async def test_get_selects_by_labels_and_fields(cluster: Cluster) -> None:
    cluster.populate(3, app="web")
    cluster.populate(2, app="db")

    async def names(*arguments: str) -> int:
        return len((await cluster.kubectl("get", "pods", "-o", "name", *arguments)).out.split())

    assert await names("-l", "app in (web, cache)") == 3
    assert await names("-l", "app!=web") == 2
    assert await names("-l", "!app") == 0
    assert await names("--field-selector", "status.phase=Running,spec.nodeName=far-0") == 2
    assert await names("--sort-by=.metadata.name") == 5


async def test_get_pages_through_long_lists(cluster: Cluster) -> None:
    cluster.populate(1200)
    assert len(rows((await cluster.kubectl("get", "pods")).out)) == 1200


async def test_get_watches(cluster: Cluster) -> None:
    cluster.apply(deployment("web"))
    await cluster.kubectl("rollout", "status", "deploy/web")
    watch = await cluster.start_kubectl("get", "pods", "-w", "-l", "app=web")
    await read_until(watch, "Running")
    await cluster.kubectl("scale", "deploy/web", "--replicas=2")
    said = await read_until(watch, "1/1")
    assert "Pending" in said
    await cluster.kubectl("delete", "deploy/web")
    await read_until(watch, "Terminating")
    await end(watch)


async def test_describe_tells_of_pods_and_their_events(cluster: Cluster) -> None:
    cluster.apply(pod("one", CRASHING))
    await cluster.until(lambda: "CrashLoopBackOff" in str(cluster.get("pods/one")))
    text = (await cluster.kubectl("describe", "pod/one")).out
    for part in ("CrashLoopBackOff", "Exit Code:    7", "Back-off restarting failed container", "Started", "Scheduled"):
        assert part in text


async def test_describe_tells_of_workloads(cluster: Cluster) -> None:
    cluster.apply(deployment("web"), stateful_set("db"))
    await cluster.until(lambda: all_ready(cluster, "web", 1) and all_ready(cluster, "db", 2))
    await cluster.kubectl("rollout", "status", "deploy/web")
    text = (await cluster.kubectl("describe", "deploy/web")).out
    assert "NewReplicaSet:   web-" in text
    assert "Scaled up replica set" in text
    assert "1 desired | 1 updated | 1 total | 1 available" in text
    text = (await cluster.kubectl("describe", "sts/db")).out
    assert "create Pod db-1 in StatefulSet db successful" in text


async def test_lists_events(cluster: Cluster) -> None:
    cluster.apply(pod("one", CRASHING))
    await cluster.until(lambda: "CrashLoopBackOff" in str(cluster.get("pods/one")))
    assert "Back-off restarting" in (await cluster.kubectl("events", "--for=pod/one", "--types=Warning")).out
    out = (await cluster.kubectl("get", "events", "--field-selector=involvedObject.name=one,reason=Scheduled")).out
    assert [row[1:4] for row in rows(out)] == [["Normal", "Scheduled", "pod/one"]]


async def test_logs_tail_select_and_stamp(cluster: Cluster) -> None:
    cluster.apply(pod("one", "for i in range(5): print('line', i)", policy="Never"))
    await cluster.until(lambda: cluster.get("pods/one")["status"]["phase"] == "Succeeded")
    logs = (await cluster.kubectl("logs", "one")).out
    assert logs.splitlines() == [f"line {number}" for number in range(5)]
    assert (await cluster.kubectl("logs", "one", "--tail=2")).out == "line 3\nline 4\n"
    assert (await cluster.kubectl("logs", "one", "--since=1h", "--limit-bytes=6")).out == "line 0"
    stamped = (await cluster.kubectl("logs", "-l", "app=one", "--timestamps", "--prefix")).out
    assert re.match(r"\[pod/one/main\] \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 0\n", stamped)


async def test_logs_follow_to_the_end(cluster: Cluster) -> None:
    cluster.apply(
        pod(
            "one",
            "import sys\nprint('first')\nsys.stdin.read\nimport time; time.sleep(1); print('last')",
            policy="Never",
        )
    )
    await cluster.until(lambda: "running" in str(cluster.get("pods/one")["status"]))
    assert (await cluster.kubectl("logs", "-f", "one")).out == "first\nlast\n"


async def test_logs_of_the_previous_run_and_of_several_containers(cluster: Cluster) -> None:
    two = pod("two", CRASHING)
    two["spec"]["containers"].append({"name": "side", "image": "side:1", "command": ["sleep", "60"]})
    cluster.apply(two)
    await cluster.until(lambda: '"restartCount": 2' in json.dumps(cluster.get("pods/two")))
    assert (await cluster.kubectl("logs", "two", "-c", "main", "--previous")).out == "about to fail\n"
    assert "about to fail" in (await cluster.kubectl("logs", "two", "--all-containers")).out
    refused = await cluster.kubectl("logs", "two", "-c", "side", "--previous", check=False)
    assert 'previous terminated container "side" in pod "two" not found' in refused.err


async def test_rollout_restarts_undoes_and_tells_the_history(cluster: Cluster) -> None:
    cluster.apply(deployment("web", replicas=2))
    await cluster.kubectl("rollout", "status", "deploy/web")
    before = {each["metadata"]["uid"] for each in cluster.pods("web")}

    await cluster.kubectl("rollout", "restart", "deploy/web")
    assert "successfully rolled out" in (await cluster.kubectl("rollout", "status", "deploy/web")).out
    await cluster.until(lambda: not before & {each["metadata"]["uid"] for each in cluster.pods("web")})
    history = (await cluster.kubectl("rollout", "history", "deploy/web")).out
    assert [row[0] for row in rows(history)[1:] if row[0]] == ["1", "2"]

    await cluster.kubectl("rollout", "undo", "deploy/web")
    await cluster.kubectl("rollout", "status", "deploy/web")
    history = (await cluster.kubectl("rollout", "history", "deploy/web")).out
    assert [row[0] for row in rows(history)[1:] if row[0]] == ["2", "3"]
    assert len(cluster.store.list("replicasets")) == 2  # the old one is the new one
    assert "web:1" in (await cluster.kubectl("rollout", "history", "deploy/web", "--revision=3")).out


async def test_a_paused_rollout_waits_and_refuses_a_restart(cluster: Cluster) -> None:
    cluster.apply(deployment("web"))
    await cluster.kubectl("rollout", "status", "deploy/web")
    await cluster.kubectl("rollout", "pause", "deploy/web")
    refused = await cluster.kubectl("rollout", "restart", "deploy/web", check=False)
    assert "can't restart paused deployment" in refused.err
    await cluster.kubectl("set", "image", "deploy/web", "main=web:2")
    await cluster.until(lambda: cluster.get("deployments/web")["status"]["observedGeneration"] == 3)
    assert len(cluster.store.list("replicasets")) == 1
    await cluster.kubectl("rollout", "resume", "deploy/web")
    await cluster.kubectl("rollout", "status", "deploy/web")
    assert cluster.get("deployments/web")["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"


async def test_rollout_of_a_stateful_set(cluster: Cluster) -> None:
    cluster.apply(stateful_set("db"))
    await cluster.kubectl("rollout", "status", "sts/db")
    await cluster.kubectl("set", "image", "sts/db", "main=db:2")
    await cluster.kubectl("rollout", "status", "sts/db")
    history = (await cluster.kubectl("rollout", "history", "sts/db")).out
    assert [row[0] for row in rows(history)[1:] if row[0]] == ["1", "2"]
    await cluster.kubectl("rollout", "undo", "sts/db", "--to-revision=1")
    await cluster.kubectl("rollout", "status", "sts/db")
    assert {each["spec"]["containers"][0]["image"] for each in cluster.pods("db")} == {"db:1"}


async def test_rollout_status_reports_the_deadline(cluster: Cluster) -> None:
    never = {"readinessProbe": {"exec": {"command": ["false"]}}}
    cluster.apply(deployment("web", container=never, progressDeadlineSeconds=10))
    ran = await cluster.kubectl("rollout", "status", "deploy/web", check=False)
    assert ran.code == 1
    assert 'deployment "web" exceeded its progress deadline' in ran.err


async def test_scales(cluster: Cluster) -> None:
    cluster.apply(deployment("web"), stateful_set("db", replicas=1))
    await cluster.kubectl("scale", "deploy/web", "--replicas=3")
    await cluster.kubectl("scale", "sts/db", "--replicas=2", "--current-replicas=1")
    await cluster.until(lambda: all_ready(cluster, "web", 3) and all_ready(cluster, "db", 2))
    await cluster.kubectl("scale", "deploy/web", "--replicas=0")
    await cluster.until(lambda: not cluster.pods("web"))


async def test_deleting_a_pod_lets_it_end_and_brings_another(cluster: Cluster) -> None:
    cluster.apply(deployment("web", container={"command": script(POLITE)}))
    await cluster.until(lambda: all_ready(cluster, "web", 1))
    (first,) = cluster.pods("web")
    logs = await cluster.start_kubectl("logs", "-f", first["metadata"]["name"])
    await read_until(logs, "up")
    await cluster.kubectl("delete", "pod", first["metadata"]["name"])
    await read_until(logs, "goodbye")
    await end(logs)
    await cluster.until(lambda: all_ready(cluster, "web", 1))
    assert cluster.pods("web")[0]["metadata"]["uid"] != first["metadata"]["uid"]
    await cluster.kubectl("delete", "pod", "-l", "app=web", "--force", "--grace-period=0")
    await cluster.until(lambda: all_ready(cluster, "web", 1))
    missing = await cluster.kubectl("delete", "pod", first["metadata"]["name"], check=False)
    assert f'pods "{first["metadata"]["name"]}" not found' in missing.err


async def test_set_changes_images_and_variables(cluster: Cluster) -> None:
    cluster.apply(deployment("web", container={"env": [{"name": "A", "value": "1"}]}))
    await cluster.kubectl("set", "image", "deploy/web", "main=web:2")
    await cluster.kubectl("set", "env", "deploy/web", "B=2", "A-")
    (container,) = cluster.get("deployments/web")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "web:2"
    assert container["env"] == [{"name": "B", "value": "2"}]


async def test_apply_diff_and_dry_run(cluster: Cluster, tmp_path: Path) -> None:
    path = tmp_path / "web.json"

    def write(manifest: Object) -> str:
        path.write_bytes(msgspec.json.encode(manifest))
        return str(path)

    assert "created" in (await cluster.kubectl("apply", "-f", write(deployment("web")))).out
    await cluster.kubectl("rollout", "status", "deploy/web")
    assert (await cluster.kubectl("diff", "-f", str(path))).out == ""
    assert "unchanged" in (await cluster.kubectl("apply", "-f", str(path))).out

    changed = write(deployment("web", replicas=2, container={"image": "web:2"}))
    diff = await cluster.kubectl("diff", "-f", changed, check=False)
    assert diff.code == 1
    changes = {(line[0], line[1:].strip(" -")) for line in diff.out.splitlines() if line[0] in "+-"}
    assert {("-", "replicas: 1"), ("+", "replicas: 2"), ("-", "image: web:1"), ("+", "image: web:2")} <= changes
    dry = await cluster.kubectl("apply", "-f", changed, "--dry-run=server", "-o", "json")
    assert json.loads(dry.out)["spec"]["replicas"] == 2
    assert cluster.get("deployments/web")["spec"]["replicas"] == 1

    assert "configured" in (await cluster.kubectl("apply", "-f", changed)).out
    assert cluster.get("deployments/web")["spec"]["template"]["spec"]["containers"][0]["image"] == "web:2"
    await cluster.kubectl(
        "patch", "deploy/web", "--type=json", '-p=[{"op":"replace","path":"/spec/replicas","value":1}]'
    )
    await cluster.kubectl("patch", "deploy/web", "--type=merge", '-p={"metadata":{"labels":{"tier":"front"}}}')
    assert cluster.get("deployments/web")["metadata"]["labels"] == {"app": "web", "tier": "front"}


async def test_a_wrong_manifest_is_refused(cluster: Cluster) -> None:
    manifest = deployment("web")
    manifest["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    ran = await cluster.kubectl("apply", "-f", "-", stdin=json.dumps(manifest), check=False)
    assert "`selector` does not match template `labels`" in ran.err
    probe = {"readinessProbe": {"httpGet": {"path": "/health", "port": 8000}}}
    ran = await cluster.kubectl("apply", "-f", "-", stdin=json.dumps(deployment("web", container=probe)), check=False)
    assert "this cluster runs exec probes only" in ran.err


async def test_exec_carries_streams_and_exit_code(cluster: Cluster) -> None:
    cluster.apply(deployment("web"))
    await cluster.kubectl("rollout", "status", "deploy/web")
    source = "import os,sys; print(os.environ['HOSTNAME']); print('bad', file=sys.stderr); sys.exit(3)"
    ran = await cluster.kubectl("exec", "deploy/web", "--", "python", "-c", source, check=False)
    assert ran.out.strip() == cluster.pods("web")[0]["metadata"]["name"]
    assert ran.err.splitlines() == ["bad", "command terminated with exit code 3"]
    assert ran.code == 3
    text = "".join(f"{number}\n" for number in range(50_000))
    assert (await cluster.kubectl("exec", "-i", "deploy/web", "--", "cat", stdin=text)).out == text
    absent = await cluster.kubectl("exec", "deploy/web", "--", "no-such-program", check=False)
    assert absent.code == 1
    assert "error executing command in container" in absent.err


async def test_config_and_secrets_reach_the_process(cluster: Cluster) -> None:
    await cluster.kubectl("create", "configmap", "settings", "--from-literal=COLOUR=red")
    await cluster.kubectl("create", "secret", "generic", "keys", "--from-literal=KEY=hush")
    await cluster.kubectl("label", "secret", "keys", "tenant=acme")
    assert len(rows((await cluster.kubectl("get", "secret", "-l", "tenant=acme")).out)) == 1
    source = "import os; print(os.environ['COLOUR'], os.environ['K'], os.environ['ME'])"
    given = {
        "envFrom": [{"configMapRef": {"name": "settings"}}],
        "env": [
            {"name": "K", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "KEY"}}},
            {"name": "ME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
    }
    cluster.apply(pod("one", source, policy="Never", **given))
    await cluster.until(lambda: cluster.get("pods/one")["status"]["phase"] == "Succeeded")
    assert (await cluster.kubectl("logs", "one")).out == "red hush one\n"


async def test_can_i_and_forbidden(cluster: Cluster) -> None:
    reader: Object = {
        "apiGroups": ["", "apps"],
        "resources": ["pods", "deployments"],
        "verbs": ["get", "list", "watch"],
    }
    viewer = cluster.admit(User(name="viewer", namespace="default", rules=(reader,)))

    async def allowed(*arguments: str) -> str:
        return (await cluster.kubectl("auth", "can-i", *arguments, check=False, kubeconfig=viewer)).out.strip()

    assert await allowed("list", "pods") == "yes"
    assert (await allowed("patch", "deployments.apps")).startswith("no")
    assert (await allowed("get", "pods", "--subresource=log")).startswith("no")
    assert (await allowed("list", "pods", "--all-namespaces")).startswith("no")
    assert "deployments" in await allowed("--list")

    cluster.apply(deployment("web"))
    assert "web" in (await cluster.kubectl("get", "deploy", kubeconfig=viewer)).out
    refused = await cluster.kubectl("rollout", "restart", "deploy/web", check=False, kubeconfig=viewer)
    assert 'deployments.apps "web" is forbidden: User "viewer" cannot patch resource "deployments"' in refused.err


async def test_a_revoked_token_is_unauthorized(cluster: Cluster) -> None:
    gone = cluster.admit(User(name="gone", rules=()))
    cluster.access.revoke("token-of-gone")
    ran = await cluster.kubectl("get", "pods", check=False, kubeconfig=gone)
    assert "must be logged in" in ran.err or "Unauthorized" in ran.err


async def test_waits_for_a_condition(cluster: Cluster) -> None:
    cluster.apply(deployment("web"))
    assert "condition met" in (await cluster.kubectl("wait", "--for=condition=Available", "deploy/web")).out


@pytest.mark.parametrize(("image", "reason"), [("web:missing", "ImagePullBackOff"), ("web:2", "Running")])
async def test_a_bad_image_is_backed_off(cluster: Cluster, image: str, reason: str) -> None:
    cluster.apply(deployment("web", container={"image": image}))
    await cluster.until(lambda: reason in str([each["status"] for each in cluster.pods("web")]))
    assert rows((await cluster.kubectl("get", "pods")).out)[0][2] == reason
