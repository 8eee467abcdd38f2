"""Calls of the API server through the official client's connection, and what its refusals mean.

    SourceError
    ├── Unreachable            as everywhere
    │   └── Silent             a stream that was open said nothing for too long
    ├── Denied                 401, and 403 (`up`: only this is kept from us)
    ├── Refused                one request was refused: not found, conflict, not valid
    │   └── Gone               410: what was asked for is no longer kept
    └── Busy                   429 or 503: it says when to come back

A 401 makes the configuration be read again once, and with it a rotated token file or a credential plugin's next token.
A read that is told to come back later does so if that is within its time.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

import msgspec

from tui.model.errors import SourceError
from tui.model.profile import KubernetesBackend
from tui.model.text import sanitise_line
from tui.sources.call import in_thread
from tui.sources.http import UNREADABLE, Denied, Unreachable, explain, timed_out

if TYPE_CHECKING:
    from aiohttp import ClientResponse

    from tui.sources.kubernetes_config import Connection

T = TypeVar("T")

WHAT = "Kubernetes"
BODY_LIMIT = 64 * 2**20
"""Bytes of one answer: a page of 500 pods has up to some ten million."""
_JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"

_IMPORT_S = 60.0
_AGAIN_S = 5.0
"""Between two readings of the configuration because of 401."""
_SAID = 65_536


class Refused(SourceError):  # noqa: N818 - reads as what it is: a kind of SourceError
    """The server is well and refused this one request; `status` is HTTP's."""

    def __init__(self, what: str, why: str, hint: str, status: int) -> None:
        super().__init__(what, why, hint, up=True)
        self.status = status


class Silent(Unreachable):
    """A stream that was open said nothing for too long."""


class Gone(Refused):
    """What was asked for is no longer kept: list again."""


class Busy(SourceError):  # noqa: N818 - as above
    """The server asks to come back after `retry_s` seconds."""

    def __init__(self, what: str, why: str, hint: str, retry_s: float) -> None:
        super().__init__(what, why, hint, up=True)
        self.retry_s = retry_s


class Api:
    """One cluster. Connects on the first call; nothing is imported before.

    Args:
        backend: Which context and namespace, and how long a call may take.
    """

    def __init__(self, backend: KubernetesBackend) -> None:
        self.backend = backend
        self._connecting: asyncio.Task[Connection] | None = None
        self._read_at = 0.0
        self._closed: list[Connection] = []

    async def namespace(self) -> str:
        """The platform's: the profile's, or the context's."""
        return (await self._connection()).namespace

    async def server(self) -> str:
        """The API server's URL."""
        return (await self._connection()).configuration.host

    async def aclose(self) -> None:
        """Close the connections."""
        if self._connecting is not None and self._connecting.done() and self._connecting.exception() is None:
            self._closed.append(self._connecting.result())
        elif self._connecting is not None:
            self._connecting.cancel()
        self._connecting = None
        for connection in self._closed:
            await connection.rest.close()
        self._closed.clear()

    # ── Calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, path: str, kind: type[T], params: Mapping[str, str] | None = None) -> T:
        """GET and decode.

        Args:
            path: Below the server; `{ns}` becomes the namespace.
            kind: What to decode the JSON to.
            params: The query.

        Raises:
            SourceError: see the module.
        """
        body = await self._patiently(lambda: self._whole("GET", path, params))
        return decode(body, kind)

    async def send(
        self,
        method: str,
        path: str,
        body: object,
        kind: type[T],
        *,
        content: str = "application/json",
        manager: str = "",
    ) -> T:
        """POST, PATCH or DELETE once, and decode the answer.

        Args:
            method: HTTP's.
            path: As for `get`.
            body: Encoded as JSON.
            kind: What to decode the answer to.
            content: The body's content type, which says what kind of patch it is.
            manager: Who is named as the fields' manager.

        Raises:
            SourceError: see the module. After a time-out it may have been done all the same.
        """
        from aiohttp import ClientConnectorError

        await self._connection()  # what fails here has surely not been sent
        params = {"fieldManager": manager} if manager else None
        try:
            return decode(await self._whole(method, path, params, body, content), kind)
        except SourceError as error:
            if error.up or isinstance(error, Denied) or isinstance(error.__cause__, ClientConnectorError):
                raise
            hint = "it may have been done all the same: look before you try again"
            raise SourceError(error.what, error.why, hint) from error

    @contextlib.asynccontextmanager
    async def stream(
        self, path: str, params: Mapping[str, str], *, silent_s: float
    ) -> AsyncIterator[AsyncGenerator[bytes]]:
        """GET something that goes on: what arrives, in pieces, once the server has begun to answer.

        Raises:
            SourceError: refused, or broken off, or nothing came for `silent_s` seconds (Unreachable).
        """
        answer = self._answer("GET", path, params, silent_s=silent_s)
        async with answer as response, contextlib.aclosing(self._pieces(response, silent_s)) as pieces:
            yield pieces

    async def _pieces(self, response: ClientResponse, silent_s: float) -> AsyncGenerator[bytes]:
        import aiohttp

        try:
            async for piece in response.content.iter_any():
                yield piece
        except TimeoutError as error:
            hint = "a firewall or VPN may have dropped the connection; it is taken up again"
            raise Silent(WHAT, f"nothing came for {silent_s:g} s", hint) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _failed(error, silent_s) from error

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Come back when the server asks to, within the time a call may take."""
        end = time.monotonic() + self.backend.timeout_s
        while True:
            try:
                return await call()
            except Busy as busy:
                if time.monotonic() + busy.retry_s >= end:
                    raise
                await asyncio.sleep(busy.retry_s)

    async def _whole(
        self, method: str, path: str, params: Mapping[str, str] | None, body: object = None, content: str = _JSON
    ) -> bytes:
        await self._connection()  # which has limits of its own
        limit = self.backend.timeout_s
        try:
            async with asyncio.timeout(limit), self._answer(method, path, params, body, content) as response:
                parts, size = [], 0
                async for part in response.content.iter_any():
                    parts.append(part)
                    size += len(part)
                    if size > BODY_LIMIT:
                        why = f"more than {BODY_LIMIT // 2**20} MiB of answer"
                        raise SourceError(WHAT, why, "is there something else at this address?", up=True)
                return b"".join(parts)
        except TimeoutError:
            raise timed_out(WHAT, limit, connected=True) from None

    @contextlib.asynccontextmanager
    async def _answer(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: object = None,
        content: str = _JSON,
        *,
        silent_s: float | None = None,
    ) -> AsyncIterator[ClientResponse]:
        """A successful response, whose body is still to be read; every failure is a SourceError."""
        import aiohttp

        response = await self._begin(method, path, params, body, content, silent_s)
        if response.status == 401 and await self._read_again():  # noqa: PLR2004 - HTTP's
            response.close()
            response = await self._begin(method, path, params, body, content, silent_s)
        try:
            if response.status >= 300:  # noqa: PLR2004 - HTTP's
                said = await response.content.read(_SAID)
                raise refused(response.status, said, response.headers.get("Retry-After", ""))
            yield response
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, TimeoutError) and silent_s is None:
                raise  # the call's own limit
            raise _failed(error, silent_s or self.backend.timeout_s) from error
        finally:
            response.close()

    async def _begin(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: object,
        content: str,
        silent_s: float | None,
    ) -> ClientResponse:
        import aiohttp
        from multidict import CIMultiDict

        connection = await self._connection()
        settings = connection.configuration
        headers = CIMultiDict({"Accept": "application/json", "User-Agent": "ops-center", "Content-Type": content})
        if token := await settings.get_api_key_with_prefix("BearerToken"):
            headers["Authorization"] = token
        for name, value in connection.headers:
            headers.add(name, value)
        query = f"?{urlencode(params)}" if params else ""
        url = settings.host + path.replace("{ns}", connection.namespace) + query
        limit = self.backend.timeout_s
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=limit, sock_read=silent_s or limit)
        try:
            async with asyncio.timeout(limit):
                answer = await connection.rest.request(method, url, headers, body, None, timeout)  # type: ignore[no-untyped-call]  # it has no types
        except TimeoutError as error:
            raise timed_out(WHAT, limit, connected=not isinstance(error, aiohttp.ConnectionTimeoutError)) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: what is no URL
            raise _failed(error, limit) from error
        response: ClientResponse = answer.response
        return response

    # ── Connecting ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _connection(self) -> Connection:
        """The connection, made once however many ask; a failure is forgotten, so that the next call tries again."""
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect())
        task = self._connecting
        try:
            return await asyncio.shield(task)
        except SourceError:
            if self._connecting is task:
                self._connecting = None
            raise

    async def _connect(self) -> Connection:
        limit = self.backend.timeout_s
        # First the import, which is the machine's time and not the cluster's.
        await in_thread(
            lambda _: _import(), name="import", timeout_s=_IMPORT_S, late=lambda _: _late("importing", _IMPORT_S)
        )
        from tui.sources.kubernetes_config import load

        self._read_at = time.monotonic()
        return await in_thread(
            lambda _: load(self.backend),
            name="kubeconfig",
            timeout_s=limit + 1,  # a credential plugin has its own limit, and says better what is late
            late=lambda _: _late("reading the kubeconfig", limit),
        )

    async def _read_again(self) -> bool:
        """Read the configuration anew because we are not known any more; not if that was just done."""
        if time.monotonic() - self._read_at < _AGAIN_S:
            return False
        old = self._connecting
        if old is not None and old.done() and old.exception() is None:
            self._closed.append(old.result())  # streams may still use it; closed with all else
        self._connecting = None
        await self._connection()
        return True


def _failed(error: Exception, timeout_s: float) -> SourceError:
    """What went wrong on the way, and where a kubeconfig has the remedy."""
    found = explain(WHAT, getattr(error, "certificate_error", error), timeout_s=timeout_s)
    if "_file" not in found.hint and "made for" not in found.hint:
        return found
    return type(found)(found.what, found.why, "look at this cluster and user in the kubeconfig")


def _import() -> None:
    import tui.sources.kubernetes_config  # noqa: F401 - for what it costs


def _late(doing: str, limit: float) -> SourceError:
    return SourceError(WHAT, f"{doing} took more than {limit:g} s", "is this machine overloaded?")


class _Details(msgspec.Struct, frozen=True):
    retry_s: int = msgspec.field(name="retryAfterSeconds", default=0)


class Status(msgspec.Struct, frozen=True):
    """What the server says of a request it refused, also as the object of an ERROR event."""

    message: str = ""
    reason: str = ""
    code: int = 0
    details: _Details | None = None


def decode(body: bytes, kind: type[T]) -> T:
    """Decode JSON.

    Raises:
        SourceError: it is none, or of another shape.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except UNREADABLE as error:
        said = sanitise_line(body[:200].decode(errors="replace"), 100) or "empty"
        raise SourceError(WHAT, f"no answer of an API server: {said}", "is this the API server's address?") from error


def refused(status: int, body: bytes, retry_after: str = "") -> SourceError:  # noqa: PLR0911 - one line for each status
    """What an HTTP status other than 2xx means, with the server's words."""
    try:
        said = msgspec.json.decode(body, type=Status)
    except UNREADABLE:
        said = Status(message=body.decode(errors="replace"))
    words = sanitise_line(said.message, 300)
    tail = f" ({status}): {words}" if words else f" ({status})"
    wait = _seconds(retry_after, said)
    match status:
        case 401:
            hint = "log in again: the token or certificate has expired"
            return Denied(WHAT, f"not authenticated{tail}", hint)
        case 403:
            return Denied(WHAT, f"not allowed{tail}", "ask for a role binding", up=True)
        case 404:
            return Refused(WHAT, f"not found{tail}", "it may have been deleted or renamed meanwhile", status)
        case 409:
            return Refused(WHAT, f"changed meanwhile{tail}", "look again, then try again", status)
        case 410:
            return Gone(WHAT, f"no longer kept{tail}", "list again", status)
        case 429 | 503 if wait is not None:
            return Busy(WHAT, f"too busy{tail}", f"it asks to come back in {wait:g} s", wait)
        case _ if status in range(400, 500):
            return Refused(WHAT, f"refused{tail}", "the server's words say why", status)
        case _ if status in range(300, 400):
            return SourceError(WHAT, f"redirected ({status})", "set the server to where it points")
    return SourceError(WHAT, f"server error{tail}", "look at the API server and at what is behind it")


def _seconds(header: str, said: Status) -> float | None:
    if header.isascii() and header.isdigit():
        return float(header)
    return float(said.details.retry_s) if said.details is not None and said.details.retry_s else None
