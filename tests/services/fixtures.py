"""Real servers as fixtures, one each per session, started when a test first asks."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.services.process import answers, free_port, listens, program, running

USER, PASSWORD = "ops", "correct horse"
_BCRYPT = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"
"""PASSWORD at the lowest cost: it is checked for each request."""

HOSTILE = "\x1b]52;c;cm0gLXJmIC8=\x07[/x]\u202e"
"""Sets the clipboard, closes a markup tag that was never opened, and turns what follows around."""

_RULES = r"""
groups:
- name: test
  interval: 1s
  rules:
  - alert: NodeSeen
    expr: up{job="node"} == 1
    labels: {severity: critical, team: "a\e[31m"}
    annotations:
      summary: "\e]52;c;cm0gLXJmIC8=\a[/x]\u202e"
      runbook_url: "https://runbooks.example/node#seen\n"
  - alert: NodeSeenForLong
    expr: up{job="node"} == 1
    for: 1h
    labels: {severity: warning}
"""


class Tls(msgspec.Struct, frozen=True):
    """Certificates of one authority: a server's for `localhost` (not for 127.0.0.1), and a client's."""

    ca: Path
    cert: Path
    key: Path
    client_cert: Path
    client_key: Path


class RedisServer(msgspec.Struct, frozen=True):
    """Redis with passwords: the default user's, `ops` who may PING and INFO, and `blind` who may only PING."""

    url: str
    tls_url: str


@pytest.fixture(scope="session")
def tls_files(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """Made by openssl, valid for a day."""
    folder = tmp_path_factory.mktemp("tls")
    openssl = program("openssl", "openssl")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]

    def make(name: str, *arguments: str) -> tuple[Path, Path]:
        cert, made = folder / f"{name}.crt", folder / f"{name}.key"
        command = [
            openssl,
            "req",
            "-x509",
            *key,
            "-subj",
            f"/CN={name}",
            "-keyout",
            str(made),
            "-out",
            str(cert),
            *arguments,
        ]
        subprocess.run(command, check=True, capture_output=True)
        return cert, made

    ca, ca_key = make("ca")
    signed = ["-CA", str(ca), "-CAkey", str(ca_key), "-addext", "basicConstraints=critical,CA:FALSE"]
    cert, cert_key = make("server", *signed, "-addext", "subjectAltName=DNS:localhost")
    client_cert, client_key = make("client", *signed, "-addext", "extendedKeyUsage=clientAuth")
    return Tls(ca, cert, cert_key, client_cert, client_key)


@pytest.fixture(scope="session")
def node_exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real exporter, without http://."""
    address = f"127.0.0.1:{free_port()}"
    command = [program("prometheus-node-exporter", "prometheus-node-exporter"), f"--web.listen-address={address}"]
    folder = tmp_path_factory.mktemp("node")
    with running(command, folder, lambda: answers(f"http://{address}/metrics")):
        yield address


def _scrapes(**jobs: str) -> str:
    """A scrape configuration: each job once a second."""
    lines = ["scrape_configs:"]
    for job, address in jobs.items():
        lines += [f"- job_name: {job}", f"  static_configs: [{{targets: ['{address}']}}]"]
    return "\n".join(["global: {scrape_interval: 1s, scrape_timeout: 1s}", *lines, ""])


def _prometheus(folder: Path, config: str, *, scheme: str = "http", prefix: str = "", web: str = "") -> Iterator[str]:
    port = free_port()
    (folder / "prometheus.yml").write_text(config)
    (folder / "web.yml").write_text(web)
    url = f"{scheme}://localhost:{port}{prefix}"
    command = [
        program("prometheus", "prometheus"),
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        "--web.config.file=web.yml",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--web.external-url={url}",
    ]
    ready = (lambda: listens(port)) if scheme == "https" else (lambda: answers(f"{url}/-/ready"))
    with running(command, folder, ready):
        yield url


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory, node_exporter: str) -> Iterator[str]:
    """The URL of a Prometheus without authentication that scrapes the exporter (job `node`) and has two alerts."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "rules.yml").write_text(_RULES)
    yield from _prometheus(folder, _scrapes(node=node_exporter) + "rule_files: [rules.yml]\n")


@pytest.fixture(scope="session")
def prometheus_basic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Prometheus below /prom that wants USER and PASSWORD."""
    web = f"basic_auth_users: {{{USER}: '{_BCRYPT}'}}\n"
    yield from _prometheus(tmp_path_factory.mktemp("basic"), _scrapes(), prefix="/prom", web=web)


@pytest.fixture(scope="session")
def prometheus_tls(tmp_path_factory: pytest.TempPathFactory, tls_files: Tls) -> Iterator[str]:
    """The URL of a Prometheus behind TLS that wants a client certificate."""
    web = msgspec.json.encode(
        {
            "tls_server_config": {
                "cert_file": str(tls_files.cert),
                "key_file": str(tls_files.key),
                "client_ca_file": str(tls_files.ca),
                "client_auth_type": "RequireAndVerifyClientCert",
            }
        }
    ).decode()
    yield from _prometheus(tmp_path_factory.mktemp("tls"), _scrapes(), scheme="https", web=web)


@pytest.fixture(scope="session")
def victoria(tmp_path_factory: pytest.TempPathFactory, node_exporter: str) -> Iterator[str]:
    """The URL of a VictoriaMetrics that scrapes the exporter (job `node`)."""
    folder = tmp_path_factory.mktemp("victoria")
    (folder / "scrape.yml").write_text(_scrapes(node=node_exporter))
    address = f"127.0.0.1:{free_port()}"
    command = [
        program("victoria-metrics", "victoria-metrics"),
        "-storageDataPath=data",
        f"-httpListenAddr={address}",
        "-promscrape.config=scrape.yml",
    ]
    with running(command, folder, lambda: answers(f"http://{address}/health")):
        yield f"http://{address}"


@pytest.fixture(scope="session")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an Alertmanager that notifies nobody."""
    folder = tmp_path_factory.mktemp("alertmanager")
    (folder / "alertmanager.yml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    address = f"127.0.0.1:{free_port()}"
    command = [
        program("prometheus-alertmanager", "prometheus-alertmanager"),
        "--config.file=alertmanager.yml",
        "--storage.path=data",
        "--cluster.listen-address=",
        f"--web.listen-address={address}",
    ]
    with running(command, folder, lambda: answers(f"http://{address}/-/ready")):
        yield f"http://{address}"


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory, tls_files: Tls) -> Iterator[RedisServer]:
    """A Redis on a plain and a TLS port."""
    folder = tmp_path_factory.mktemp("redis")
    port, tls_port = free_port(), free_port()
    config = [
        f"port {port}",
        f"tls-port {tls_port}",
        f"tls-cert-file {tls_files.cert}",
        f"tls-key-file {tls_files.key}",
        f"tls-ca-cert-file {tls_files.ca}",
        "tls-auth-clients no",
        "bind 127.0.0.1",
        'save ""',
        'requirepass "default secret"',
        f'user {USER} on ">{PASSWORD}" ~* +@connection +info',
        f'user blind on ">{PASSWORD}" +ping +hello +auth',
    ]
    (folder / "redis.conf").write_text("\n".join(config) + "\n")
    command = [program("redis-server", "redis-server"), "redis.conf"]
    with running(command, folder, lambda: listens(port) and listens(tls_port)):
        yield RedisServer(f"redis://localhost:{port}/0", f"rediss://localhost:{tls_port}/0")
