"""What `ops-center doctor` asks of Alertmanager, Jaeger, Grafana and Redis: a cheap request with the real ones' access.

Clients are imported when a probe runs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, TypeVar

import msgspec

from tui.model.errors import SourceError
from tui.model.profile import HttpBackend, RedisBackend
from tui.model.text import sanitise_line
from tui.sources.http import BODY_LIMIT, UNREADABLE, Access, Denied, explain, is_loopback, secret, timed_out, tls
from tui.sources.protocols import Health

if TYPE_CHECKING:
    import httpx
    from redis.asyncio import Redis

T = TypeVar("T")
_HTTP_OK = 200
_CONNECT_SHARE = 0.9
"""Of the whole time, for connecting: a connection that never comes is told from an answer that never comes."""


class _Version(msgspec.Struct, frozen=True):
    version: str = ""


class _Cluster(msgspec.Struct, frozen=True):
    status: str = ""


class _AlertmanagerStatus(msgspec.Struct, frozen=True):
    build: _Version = msgspec.field(name="versionInfo")
    cluster: _Cluster = _Cluster()


class AlertmanagerProbe:
    """Asks Alertmanager for its status.

    Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
    """

    def __init__(self, backend: HttpBackend) -> None:
        self._access = Access("Alertmanager", backend)

    async def probe(self) -> Health:
        """Version, and whether its cluster is ready."""
        async with _http(self._access) as http:
            status = http.read(await http.get("/api/v2/status"), _AlertmanagerStatus)
        cluster = sanitise_line(status.cluster.status, 40)
        note = "" if cluster in {"ready", "disabled", ""} else f"cluster is {cluster}"
        return Health(version=sanitise_line(status.build.version, 40), authenticated=self._access.words, note=note)


class _V3Services(msgspec.Struct, frozen=True):
    services: tuple[str, ...]


class _V1Services(msgspec.Struct, frozen=True):
    data: tuple[str, ...] | None


class JaegerProbe:
    """Asks Jaeger which services it knows: API v3, and v1 of older and of compatible servers.

    An old Jaeger answers an unknown path with its web page and status 200, so only JSON of the right shape counts.

    Source: https://www.jaegertracing.io/docs/latest/architecture/apis/
    """

    def __init__(self, backend: HttpBackend) -> None:
        self._access = Access("Jaeger", backend)

    async def probe(self) -> Health:
        """Which API it has, and how many services have traces; Jaeger does not tell its version."""
        async with _http(self._access) as http:
            try:
                count, api = len(http.read(await http.get("/api/v3/services"), _V3Services).services), "v3"
            except Denied:
                raise
            except SourceError:
                count, api = len(http.read(await http.get("/api/services"), _V1Services).data or ()), "v1"
        return Health(authenticated=self._access.words, note=f"API {api}, {count} service{'' if count == 1 else 's'}")


class GrafanaProbe:
    """Asks Grafana for its health, which needs no access, and for one dashboard when we have credentials.

    Source: https://grafana.com/docs/grafana/latest/developers/http_api/other/#health-api
    """

    def __init__(self, backend: HttpBackend) -> None:
        self._access = Access("Grafana", backend)

    async def probe(self) -> Health:
        """Its version, and that it takes our credentials."""
        async with _http(self._access) as http:
            health = http.read(await http.get("/api/health"), _Version)
            if self._access.words != "no authentication":
                await http.get("/api/search?limit=1")
        return Health(version=sanitise_line(health.version, 40), authenticated=self._access.words)


class RedisProbe:
    """Asks Redis for PING and INFO server.

    Source: https://redis.io/docs/latest/commands/info/
    """

    def __init__(self, backend: RedisBackend) -> None:
        self._backend = backend
        self._what = f"Redis at {sanitise_line(backend.url, 200)}"

    async def probe(self) -> Health:
        """Its version; a user who may not ask for INFO is told so in the note."""
        from redis import exceptions

        backend = self._backend
        client = self._client()
        try:
            async with asyncio.timeout(backend.timeout_s), client:
                await client.ping()
                try:
                    info, note = await client.info("server"), ""
                except exceptions.NoPermissionError:
                    info, note = {}, "the user may not ask for INFO"
        except TimeoutError:
            raise timed_out(self._what, backend.timeout_s, connected=True) from None
        except (exceptions.AuthenticationError, exceptions.AuthorizationError) as error:
            hint = "set username and password_file" if self._words == "no authentication" else "is the password valid?"
            raise Denied(self._what, f"not authenticated: {sanitise_line(str(error), 200)}", hint) from error
        except exceptions.NoPermissionError as error:
            raise Denied(self._what, f"not allowed: {sanitise_line(str(error), 200)}", "ask for the ACL") from error
        except exceptions.ResponseError as error:
            raise SourceError(self._what, sanitise_line(str(error), 200), "look at its logs") from error
        except (exceptions.RedisError, OSError) as error:
            raise explain(self._what, error, timeout_s=backend.timeout_s) from error
        return Health(
            version=sanitise_line(str(info.get("redis_version", "")), 40), authenticated=self._words, note=note
        )

    @property
    def _words(self) -> str:
        if self._backend.username:
            return f"user {sanitise_line(self._backend.username, 40)}"
        return "password" if self._backend.password_file or self._backend.password_env else "no authentication"

    def _client(self) -> Redis:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        backend = self._backend
        own_ca = backend.url.startswith("rediss:") and backend.ca_file is not None
        if own_ca:
            tls(self._what, backend.ca_file)  # the client does not say which file it cannot use
        password = secret(self._what, backend.password_file, backend.password_env)
        return Redis.from_url(
            backend.url,
            username=backend.username or None,
            password=password or None,
            socket_connect_timeout=backend.timeout_s * _CONNECT_SHARE,
            retry=Retry(NoBackoff(), 0),
            **({"ssl_ca_certs": str(backend.ca_file)} if own_ca else {}),  # type: ignore[arg-type]  # only TLS connections know it
        )


class _Http:
    """A client in use by one probe."""

    def __init__(self, access: Access, client: httpx.AsyncClient) -> None:
        self._access, self._client = access, client

    async def get(self, path: str) -> bytes:
        """The body of an answer with status 200."""
        body = bytearray()
        async with self._client.stream("GET", self._access.url + path) as response:
            async for part in response.aiter_bytes():
                body += part
                if len(body) > BODY_LIMIT:
                    raise self._access.too_large()
        if response.status_code != _HTTP_OK:
            raise self._access.refused(response.status_code, _text(body), response.headers.get("Location", ""))
        return bytes(body)

    def read(self, body: bytes, kind: type[T]) -> T:
        """Decode JSON of the shape this backend answers."""
        try:
            return msgspec.json.decode(body, type=kind)
        except UNREADABLE as error:
            words = self._access.foreign(_text(body)) or "empty"
            raise self._access.garbled(f"no answer of {self._access.name}: {words}") from error


@contextlib.asynccontextmanager
async def _http(access: Access) -> AsyncIterator[_Http]:
    """A client for one probe, all of it within the backend's timeout; every failure is a SourceError."""
    import httpx

    limit = access.backend.timeout_s
    client = httpx.AsyncClient(
        headers=access.headers(),
        verify=access.tls() if access.url.startswith("https:") else False,
        timeout=httpx.Timeout(None, connect=limit * _CONNECT_SHARE),
        trust_env=not is_loopback(access.url),
    )
    try:
        async with asyncio.timeout(limit), client:
            yield _Http(access, client)
    except TimeoutError:
        raise access.timed_out(connected=True) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise access.failed(error) from error


def _text(body: bytes | bytearray) -> str:
    return body[:20_000].decode(errors="replace")
