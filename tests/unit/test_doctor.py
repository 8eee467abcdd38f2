"""Doctor: what it finds, how it says it, and its exit codes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tests.services.fixtures import PASSWORD, USER, RedisServer
from tests.services.process import free_port
from tui.cli.doctor import doctor, table
from tui.cli.options import Flags
from tui.core.doctor import Finding, Report, examine, exposed
from tui.core.settings import Settings, load
from tui.core.wiring import NamedProbe, probes
from tui.model.errors import SourceError
from tui.model.profile import HttpBackend, Profile
from tui.sources.http import Denied, Unreachable
from tui.sources.protocols import Health

Run = Callable[..., Result]

LOCAL = Settings(profile=Profile(name="localhost"))


class Answering:
    """A probe that answers, fails or hangs as told."""

    def __init__(self, answer: Health | SourceError | None) -> None:
        self.answer = answer

    async def probe(self) -> Health:
        if self.answer is None:
            await asyncio.Event().wait()
        if isinstance(self.answer, SourceError):
            raise self.answer
        assert self.answer is not None
        return self.answer


def named(answer: Health | SourceError | None, name: str = "prometheus", timeout_s: float = 5) -> NamedProbe:
    """A configured backend."""
    return NamedProbe(
        name=name, setting=f"{name}.url", where="http://h", client="", timeout_s=timeout_s, probe=Answering(answer)
    )


async def finding(answer: Health | SourceError | None) -> Finding:
    """What doctor finds about one backend."""
    return (await examine(LOCAL, [named(answer)])).backends[0]


async def test_what_works() -> None:
    found = await finding(Health(version="2.42", authenticated="basic as ops", note="a note"))
    assert (found.ok, found.reachable, found.version, found.authenticated) == (True, True, "2.42", "basic as ops")
    assert (found.note, found.why, found.hint, found.origin) == ("a note", "", "", "default")


@pytest.mark.parametrize(
    ("error", "reachable", "authenticated"),
    [
        (Unreachable("Prometheus", "connection refused", "start it"), False, ""),
        (Denied("Prometheus", "not authenticated", "log in"), True, "denied"),
        (SourceError("Prometheus", "server error (500)", "look"), True, ""),
    ],
)
async def test_what_does_not(error: SourceError, reachable: bool, authenticated: str) -> None:
    found = await finding(error)
    assert (found.ok, found.reachable, found.authenticated) == (False, reachable, authenticated)
    assert (found.why, found.hint) == (error.why, error.hint)


async def test_what_is_not_configured_is_not_asked_and_does_not_fail() -> None:
    report = await examine(LOCAL, [named(Health()), *(p for p in probes(LOCAL.profile) if p.name != "prometheus")])
    assert report.ok
    asked = {found.name: found.configured for found in report.backends}
    assert asked == {
        "prometheus": True,
        "alertmanager": False,
        "jaeger": False,
        "grafana": False,
        "redis": False,
        "kubernetes": False,
        "compose": False,
    }
    assert all(found.ok is None and found.elapsed_ms is None for found in report.backends[1:])


async def test_one_failure_fails_the_whole() -> None:
    report = await examine(LOCAL, [named(Health()), named(Unreachable("Redis", "gone", "look"), "redis")])
    assert not report.ok


async def test_all_are_asked_at_the_same_time() -> None:
    """Each waits for all others to have been asked; one after the other, they would wait for ever."""
    everybody = asyncio.Barrier(5)

    class Together:
        async def probe(self) -> Health:
            await everybody.wait()
            return Health()

    listed = [
        NamedProbe(name=str(n), setting="", where="", client="", timeout_s=10, probe=Together()) for n in range(5)
    ]
    assert (await examine(LOCAL, listed)).ok


async def test_a_probe_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.core.doctor._GRACE_S", 0.0)
    report = await examine(LOCAL, [named(None, timeout_s=0.05)])
    assert report.backends[0].why == "no answer within 0.05 s"
    assert report.backends[0].reachable is False


async def test_elapsed_is_in_milliseconds() -> None:
    ticks = iter([10.0, 10.0425])
    report = await examine(LOCAL, [named(Health())], clock=lambda: next(ticks))
    assert report.backends[0].elapsed_ms == 42.5


def test_a_secret_that_everybody_may_read_is_noted(tmp_path: Path) -> None:
    shut, open_ = tmp_path / "shut", tmp_path / "open"
    for file, mode in ((shut, 0o600), (open_, 0o644)):
        file.write_text("x")
        file.chmod(mode)
    backend = HttpBackend(url="http://h", password_file=open_, bearer_token_file=shut, key_file=tmp_path / "none")
    assert exposed(Settings(profile=Profile(name="p", prometheus=backend))) == (
        f"prometheus.password_file: {open_} is readable by everybody; chmod 600 it",
    )


def test_each_backend_says_where_it_is_from(tmp_path: Path) -> None:
    config = tmp_path / "ops.toml"
    config.write_text("[profile.p.redis]\nurl = 'redis://r'\n[profile.p.kubernetes]\ncontext = 'prod'\n")
    settings = load(config=config, overrides={"prometheus.url": "http://p"}, env={"OPS_CENTER_GRAFANA_URL": "http://g"})
    said = {probe.name: (probe.where, settings.origin(probe.setting)) for probe in probes(settings.profile)}
    assert said == {
        "prometheus": ("http://p", "flag"),
        "alertmanager": ("http://localhost:9093", "default"),
        "jaeger": ("http://localhost:16686", "default"),
        "grafana": ("http://g", "OPS_CENTER_GRAFANA_URL"),
        "redis": ("redis://r", "ops.toml"),
        "kubernetes": ("context prod", "ops.toml"),
    }


EVERY_STATE = Report(
    profile="staging",
    config="/home/me/.config/ops-center/config.toml",
    ok=False,
    notes=(
        "prometheus.password_file: /home/me/.config/ops-center/secrets/password is readable by everybody; chmod 600",
    ),
    backends=(
        Finding(
            name="prometheus",
            where="https://prometheus.example/prom",
            origin="config.toml",
            configured=True,
            ok=True,
            reachable=True,
            authenticated="basic as a-user-with-a-long-name, client certificate",
            version="2.42.0+ds-and-a-build-number",
            elapsed_ms=12.3,
        ),
        Finding(
            name="alertmanager",
            where="http://localhost:9093",
            origin="OPS_CENTER_ALERTMANAGER_URL",
            configured=True,
            ok=False,
            reachable=True,
            authenticated="denied",
            elapsed_ms=12345.6,
            why="not authenticated (401): " + "word " * 30,
            hint="set bearer_token_file, or username and password_file",
        ),
        Finding(name="kubernetes", where="current context", origin="default", configured=False),
    ),
)


def test_the_table_fits_80_columns_and_is_aligned() -> None:
    lines = click.unstyle(table(EVERY_STATE)).split("\n")
    assert all(len(line) <= 80 for line in lines)
    header, *rows = [line for line in lines if line.startswith(("●", "✕", "○", "  BACKEND"))]
    assert len(rows) == 3
    for column in ("BACKEND", "STATE", "ACCESS", "VERSION"):
        start = header.index(column)
        assert all(row[start - 1] == " " and row[start] != " " for row in rows)
    assert len({len(row) for row in (header, *rows)}) == 1
    text = "\n".join(lines)
    assert "  https://prometheus.example/prom (config.toml)\n" in text
    assert "  hint: set bearer_token_file" in text
    assert "not let in" in text
    assert "12,346 ms" in text


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs doctor on settings."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def run(text: str | None, *arguments: str) -> Result:
        config = tmp_path / "config.toml"
        if text is not None:
            config.write_text(text)
        return CliRunner().invoke(doctor, arguments, obj=Flags(config=config if text is not None else None))

    return run


def test_all_well_on_real_servers(
    run: Run, prometheus_basic: str, alertmanager: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    text = f"""
        [profile.real.prometheus]
        url = "{prometheus_basic}"
        username = "{USER}"
        password_file = "{password}"
        [profile.real.alertmanager]
        url = "{alertmanager}"
        [profile.real.redis]
        url = "{redis_server.url}"
        username = "{USER}"
        password_file = "{password}"
    """
    done = run(text)
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == f"Profile real, {tmp_path / 'config.toml'}"
    assert all(len(line) <= 80 for line in lines[1:])
    assert [line.split()[:3] for line in lines if line.startswith("●")] == [
        ["●", "prometheus", "works"],
        ["●", "alertmanager", "works"],
        ["●", "redis", "works"],
    ]
    assert "\x1b" not in done.stdout, "no colour where nobody looks"

    report = json.loads(run(text, "--json").stdout)
    assert (report["ok"], report["profile"], report["notes"]) == (True, "real", [])
    first = report["backends"][0]
    assert (first["name"], first["where"], first["origin"]) == ("prometheus", prometheus_basic, "config.toml")
    assert (first["configured"], first["ok"], first["reachable"]) == (True, True, True)
    assert (first["authenticated"], first["version"][:2]) == ("basic as ops", "2.")
    assert 0 < first["elapsed_ms"] < 5000
    assert (first["why"], first["hint"], first["note"]) == ("", "", "")


def test_what_fails_is_exit_code_1(run: Run) -> None:
    done = run(f"[profile.p.prometheus]\nurl = 'http://localhost:{free_port()}'\n")
    assert done.exit_code == 1
    assert "✕ prometheus" in done.stdout
    assert "connection refused" in done.stdout
    assert "hint: " in done.stdout


def test_prometheus_always_counts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPS_CENTER_PROMETHEUS_URL", f"http://localhost:{free_port()}")
    done = run(None, "--json")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["config"], report["backends"][0]["ok"]) == (1, None, False)
    assert report["backends"][0]["origin"] == "OPS_CENTER_PROMETHEUS_URL"


def test_wrong_settings_are_exit_code_2(run: Run) -> None:
    done = run("[profile.p.prometheus]\nurl = 'localhost:9090'\n")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr == (
        'config.toml: profile.p.prometheus.url: expected http:// or https://, got "localhost:9090"\n'
        'hint: did you mean "http://localhost:9090"?\n'
    )


def test_the_help_documents_every_key_of_the_json() -> None:
    said = CliRunner().invoke(doctor, ["--help"]).stdout
    for key in (*Finding.__struct_fields__, *Report.__struct_fields__):
        assert key in said
