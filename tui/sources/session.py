"""One pooled requests session, bounded. Imported on first use, in a thread: requests costs 60 ms.

Each connection reports its socket to the `Call` that uses it, so that the call can be ended from outside; an answer's
size is bounded; redirects are not followed, so a token goes nowhere else.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from typing import Any

import msgspec
import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from tui.sources.call import Call
from tui.sources.http import BODY_LIMIT, Access, is_loopback

POOL_SIZE = 32
"""Connections to one backend, and so requests at a time; more wait for a free one, within their deadline."""

_CHUNK = 65_536
_current = threading.local()
"""The Call that the running thread makes; urllib3's connections report their socket to it."""


class _Reporting(HTTPConnection):
    """Tells the running call which socket it waits for: a new one before TLS, a pooled one before the request."""

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        _current.call.attach(sock)
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed on
        if self.sock is not None:
            _current.call.attach(self.sock)
        super().request(*args, **kwargs)


class _ReportingTls(_Reporting, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Reporting


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _ReportingTls


class _Adapter(HTTPAdapter):
    """Our TLS context, our connections, no retries (the poller backs off), and room for all that runs at a time."""

    def __init__(self, access: Access) -> None:
        self._tls = access.tls() if access.backend.url.startswith("https:") else None
        super().__init__(pool_connections=1, pool_maxsize=POOL_SIZE, pool_block=True)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed on
        super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)
        self._report(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - as requests has it
        manager = super().proxy_manager_for(proxy, ssl_context=self._tls, **kwargs)
        self._report(manager)
        return manager

    def cert_verify(self, *args: object, **kwargs: object) -> None:
        """Nothing to add: the context says whom we trust and who we are."""

    @staticmethod
    def _report(manager: PoolManager) -> None:
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def open_session(access: Access) -> requests.Session:
    """A pooled session for one backend.

    Raises:
        SourceError: a certificate or key cannot be used.
    """
    made = requests.Session()
    made.trust_env = False  # no ~/.netrc, no CA bundle from the environment; proxies as tui.sources.http says
    if not is_loopback(access.backend.url):
        made.proxies = get_environ_proxies(access.backend.url)
    for scheme in ("http://", "https://"):
        made.mount(scheme, _Adapter(access))
    return made


class Answer(msgspec.Struct, frozen=True):
    """A complete answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(session: requests.Session, call: Call, access: Access, url: str, params: Mapping[str, str] | None) -> Answer:
    """GET `url` and read the whole answer, whatever its status.

    Raises:
        SourceError: no answer, or one that is too large.
    """
    _current.call = call
    headers = access.headers()
    try:
        response = session.get(
            url, params=params, headers=headers, timeout=access.backend.timeout_s, allow_redirects=False, stream=True
        )
        with response:
            return Answer(response.status_code, response.headers, _read(response, access))
    except (
        requests.RequestException,
        OSError,
        ValueError,
    ) as error:  # ValueError: urllib3's for what is no URL or header
        raise access.failed(error) from error
    finally:
        call.finished()


def _read(response: requests.Response, access: Access) -> bytes:
    parts, size = [], 0
    for part in response.iter_content(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > BODY_LIMIT:
            raise access.too_large()
    return b"".join(parts)
