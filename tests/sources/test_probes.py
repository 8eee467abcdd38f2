"""What doctor asks of servers: Alertmanager and Redis are real, Grafana and Jaeger are doubles over the wire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.services.fixtures import PASSWORD, USER, RedisServer, Tls
from tests.services.process import free_port
from tests.sources.wire import Request, Talk, receive, reply, saying, talking
from tui.model.errors import SourceError
from tui.model.profile import HttpBackend, RedisBackend
from tui.sources.http import Denied, Unreachable
from tui.sources.probes import AlertmanagerProbe, GrafanaProbe, JaegerProbe, RedisProbe
from tui.sources.protocols import Health

HttpProbe = type[AlertmanagerProbe] | type[JaegerProbe] | type[GrafanaProbe]
HTTP_PROBES = [AlertmanagerProbe, JaegerProbe, GrafanaProbe]


def routes(answers: Mapping[str, bytes]) -> Callable[[Request], bytes]:
    """A server that knows some paths, and answers others with status 404."""
    return lambda request: answers.get(request.target, reply("404 page not found", "404 Not Found"))


async def asked(probe: HttpProbe, talk: Talk, **settings: object) -> Health:
    """What one probe makes of a server that talks like this."""
    async with talking(talk) as url:
        return await probe(HttpBackend(url=url, **settings)).probe()  # type: ignore[arg-type]  # each test gives fitting ones


async def test_alertmanager(alertmanager: str) -> None:
    health = await AlertmanagerProbe(HttpBackend(url=alertmanager)).probe()
    assert health.version.startswith("0.")
    assert (health.authenticated, health.note) == ("no authentication", "")


async def test_another_server_is_no_alertmanager(prometheus: str) -> None:
    with pytest.raises(SourceError, match="is this Alertmanager"):
        await AlertmanagerProbe(HttpBackend(url=prometheus)).probe()


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_refused(probe: HttpProbe) -> None:
    with pytest.raises(Unreachable, match="connection refused"):
        await probe(HttpBackend(url=f"http://localhost:{free_port()}")).probe()


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_denied(probe: HttpProbe) -> None:
    with pytest.raises(Denied, match="not authenticated"):
        await asked(probe, saying(reply("no", "401 Unauthorized")))


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_login_page(probe: HttpProbe) -> None:
    with pytest.raises(SourceError, match=r"redirected \(302\) to /login"):
        await asked(probe, saying(reply("", "302 Found", Location="/login")))


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_web_page(probe: HttpProbe) -> None:
    with pytest.raises(SourceError, match="Sign in ␛") as caught:
        await asked(probe, saying(reply("<html><title>Sign in \x1b[2J</title>")))
    assert "something else than" in caught.value.hint


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_endless(probe: HttpProbe) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await receive(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b" " * 65_536)
            await writer.drain()

    with pytest.raises(SourceError, match="more than 16 MiB"):
        await asked(probe, talk, timeout_s=30)


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_silent(probe: HttpProbe) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"connected, but no full answer within 0\.2 s"):
        await asked(probe, talk, timeout_s=0.2)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("probe", HTTP_PROBES)
async def test_http_tls(probe: HttpProbe, prometheus_tls: str, tls_files: Tls) -> None:
    with pytest.raises(Unreachable, match="certificate not trusted"):
        await probe(HttpBackend(url=prometheus_tls)).probe()
    with pytest.raises(Denied, match="client certificate"):
        await probe(HttpBackend(url=prometheus_tls, ca_file=tls_files.ca)).probe()
    let_in = HttpBackend(
        url=prometheus_tls, ca_file=tls_files.ca, cert_file=tls_files.client_cert, key_file=tls_files.client_key
    )
    with pytest.raises(SourceError, match=r"no such path \(404\)|no answer of"):  # it is Prometheus
        await probe(let_in).probe()


async def test_jaeger_of_today() -> None:
    health = await asked(JaegerProbe, saying(routes({"/api/v3/services": reply('{"services":["api","worker"]}')})))
    assert health.note == "API v3, 2 services"


@pytest.mark.parametrize(
    "v3", [reply("<html>UI</html>"), reply("bad", "400 Bad Request"), reply("no", "404 Not Found")]
)
async def test_jaeger_of_old(v3: bytes) -> None:
    old = {"/api/v3/services": v3, "/api/services": reply('{"data":["api"],"total":1}')}
    assert (await asked(JaegerProbe, saying(routes(old)))).note == "API v1, 1 service"


async def test_jaeger_without_traces() -> None:
    old = {"/api/services": reply('{"data":null,"total":0}')}
    assert (await asked(JaegerProbe, saying(routes(old)))).note == "API v1, 0 services"


async def test_grafana_without_credentials() -> None:
    health = await asked(GrafanaProbe, saying(routes({"/api/health": reply('{"database":"ok","version":"11.2.0"}')})))
    assert (health.version, health.authenticated) == ("11.2.0", "no authentication")


async def test_grafana_says_whether_it_takes_the_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("glsa_right")

    def answer(request: Request) -> bytes:
        if request.target == "/api/health":  # open to all, so it proves nothing
            return reply('{"version":"11.2.0"}')
        right = request.headers["authorization"] == "Bearer glsa_right"
        return reply("[]") if right else reply('{"message":"Invalid API key"}', "401 Unauthorized")

    assert (await asked(GrafanaProbe, saying(answer), bearer_token_file=file)).authenticated == "bearer token"
    file.write_text("glsa_wrong")
    with pytest.raises(Denied, match="Invalid API key"):
        await asked(GrafanaProbe, saying(answer), bearer_token_file=file)


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n")
    return path


async def test_redis_as_a_user(redis_server: RedisServer, password_file: Path) -> None:
    health = await RedisProbe(RedisBackend(url=redis_server.url, username=USER, password_file=password_file)).probe()
    assert health.version.startswith("7.")
    assert (health.authenticated, health.note) == ("user ops", "")


async def test_redis_with_a_password_alone(redis_server: RedisServer, tmp_path: Path) -> None:
    file = tmp_path / "default"
    file.write_text("default secret")
    health = await RedisProbe(RedisBackend(url=redis_server.url, password_file=file)).probe()
    assert health.authenticated == "password"


async def test_redis_user_who_may_only_ping(redis_server: RedisServer, password_file: Path) -> None:
    backend = RedisBackend(url=redis_server.url, username="blind", password_file=password_file)
    health = await RedisProbe(backend).probe()
    assert (health.version, health.note) == ("", "the user may not ask for INFO")


async def test_redis_over_tls(redis_server: RedisServer, tls_files: Tls, password_file: Path) -> None:
    backend = RedisBackend(url=redis_server.tls_url, username=USER, password_file=password_file, ca_file=tls_files.ca)
    assert (await RedisProbe(backend).probe()).version.startswith("7.")


async def test_redis_whose_authority_is_unknown(redis_server: RedisServer, password_file: Path) -> None:
    backend = RedisBackend(url=redis_server.tls_url, username=USER, password_file=password_file)
    with pytest.raises(Unreachable, match="certificate not trusted"):
        await RedisProbe(backend).probe()


async def test_redis_ca_file_that_is_missing(redis_server: RedisServer, tmp_path: Path) -> None:
    backend = RedisBackend(url=redis_server.tls_url, ca_file=tmp_path / "none.pem")
    with pytest.raises(SourceError, match="cannot use"):
        await RedisProbe(backend).probe()


async def test_redis_with_a_wrong_password(redis_server: RedisServer, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("tr0ub4dor")
    with pytest.raises(Denied, match="not authenticated") as caught:
        await RedisProbe(RedisBackend(url=redis_server.url, username=USER, password_file=wrong)).probe()
    assert "tr0ub4dor" not in str(caught.value)


async def test_redis_without_a_password(redis_server: RedisServer) -> None:
    with pytest.raises(Denied, match="not authenticated") as caught:
        await RedisProbe(RedisBackend(url=redis_server.url)).probe()
    assert "password_file" in caught.value.hint


async def test_redis_refused() -> None:
    with pytest.raises(Unreachable, match="connection refused"):
        await RedisProbe(RedisBackend(url=f"redis://localhost:{free_port()}")).probe()


async def test_redis_that_is_silent() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with talking(talk) as url:
        backend = RedisBackend(url=url.replace("http", "redis"), timeout_s=0.3)
        with pytest.raises(Unreachable, match="no full answer"):
            await RedisProbe(backend).probe()


async def test_redis_that_is_none() -> None:
    async with talking(saying(reply("hello"))) as url:
        with pytest.raises(SourceError):
            await RedisProbe(RedisBackend(url=url.replace("http", "redis"), timeout_s=0.5)).probe()
