"""What all HTTP backends share: secrets, TLS, and errors in words. No client library is imported here.

    SourceError
    ├── Unreachable    nobody answered: refused, unknown host, no TLS, timed out
    └── Denied         it answered and does not let us in: 401, 403

Secrets are read when a request is made, so a rotated token is used at once, and are never part of a message.

Proxies: `HTTP(S)_PROXY` and `NO_PROXY` are honoured, except for a loopback address, which is a port-forward or a tunnel
of this machine and never behind a proxy. `~/.netrc` and `REQUESTS_CA_BUNDLE` are not: the profile says who we are and
whom we trust, with the system's certificates where it says nothing.
"""

from __future__ import annotations

import base64
import errno
import html
import ipaddress
import os
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from tui.model.errors import SourceError
from tui.model.profile import HttpBackend
from tui.model.text import sanitise_line

BODY_LIMIT = 16 * 1024 * 1024
"""Bytes of one answer that are read; more is refused, since it would stop the screen."""

UNREADABLE = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
"""What decoding a wrong answer raises: not JSON, another shape, text for a number, too deep."""

_SECRET_LIMIT = 65_536
_WHY_LIMIT = 300
_TAGS = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}


class Unreachable(SourceError):  # noqa: N818 - reads as what it is: a kind of SourceError
    """Nobody answered."""


class Denied(SourceError):  # noqa: N818 - as above
    """The backend answered and does not let us in."""


def secret(what: str, file: Path | None, variable: str) -> str:
    """Read a secret from a file or an environment variable; empty when neither is named.

    Raises:
        SourceError: the file cannot be read, the variable is not set, or either is empty.
    """
    if file is not None:
        try:
            with file.open("rb") as handle:
                text = handle.read(_SECRET_LIMIT).decode().strip("\r\n")
        except UnicodeDecodeError:
            raise SourceError(
                what, f"{_name(file)} is not text", "it should hold the secret and nothing else"
            ) from None
        except OSError as error:
            hint = "the profile names it: does it exist, and may you read it?"
            raise SourceError(what, f"cannot read {_name(file)}: {error.strerror}", hint) from None
        if not text:
            raise SourceError(what, f"{_name(file)} is empty", "put the secret in it")
        return text
    if not variable:
        return ""
    if text := os.environ.get(variable, ""):
        return text
    raise SourceError(
        what, f"the variable {sanitise_line(variable, 80)} is not set", "the profile reads a secret from it"
    )


def _name(file: Path) -> str:
    return sanitise_line(str(file), 200)


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def tls(what: str, ca_file: Path | None, cert_file: Path | None = None, key_file: Path | None = None) -> ssl.SSLContext:
    """Whom we trust, and who we are.

    Raises:
        SourceError: a file is missing, is no PEM, or certificate and key do not belong together.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise SourceError(
            what, f"cannot use {_name(ca_file or Path())}: {_tls_words(error)}", "set ca_file to a PEM file"
        ) from None
    if cert_file is not None:
        try:
            # An empty password: OpenSSL would otherwise ask for that of an encrypted key on the terminal.
            context.load_cert_chain(cert_file, key_file, password="")
        except OSError as error:
            files = " and ".join(_name(file) for file in (cert_file, key_file) if file)
            hint = "cert_file and key_file must be PEM, belong together, and the key not be encrypted"
            raise SourceError(what, f"cannot use {files}: {_tls_words(error)}", hint) from None
    return context


def _tls_words(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return sanitise_line((error.reason or "no PEM in it").replace("_", " ").lower(), 80)
    return error.strerror or type(error).__name__


class Access:
    """How one HTTP backend is spoken to, and what its failures mean.

    Args:
        name: As people call it: "Prometheus".
        backend: Where it is and how to authenticate.
    """

    def __init__(self, name: str, backend: HttpBackend) -> None:
        self.name, self.backend, self.url = name, backend, backend.url.rstrip("/")
        self.what = f"{name} at {sanitise_line(backend.url, 200)}"
        self._secrets: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """How we authenticate, in words."""
        ways = []
        if self.backend.username:
            ways.append(f"basic as {sanitise_line(self.backend.username, 40)}")
        if self.backend.bearer_token_file or self.backend.bearer_token_env:
            ways.append("bearer token")
        if self.backend.cert_file and self.backend.url.startswith("https:"):
            ways.append("client certificate")
        return ", ".join(ways) or "no authentication"

    def headers(self) -> dict[str, str]:
        """The headers of a request, with what authenticates it. Reads a file: call it in a thread."""
        backend, headers = self.backend, {"Accept": "application/json", "User-Agent": "ops-center"}
        if backend.username:
            password = secret(self.what, backend.password_file, backend.password_env)
            pair = base64.b64encode(f"{backend.username}:{password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
            self._secrets = (password, pair)
        elif token := secret(self.what, backend.bearer_token_file, backend.bearer_token_env).strip():
            if not (token.isascii() and token.isprintable()) or " " in token:
                raise SourceError(
                    self.what, "the bearer token holds more than a token", "one line, no spaces, nothing else"
                )
            headers["Authorization"] = f"Bearer {token}"
            self._secrets = (token,)
        return headers

    def tls(self) -> ssl.SSLContext:
        """The backend's TLS settings; loading the system's certificates takes some 20 ms."""
        return tls(self.what, self.backend.ca_file, self.backend.cert_file, self.backend.key_file)

    def foreign(self, text: str) -> str:
        """The server's words, fit for one line: harmless, short, without markup and without our secrets."""
        for hidden in self._secrets:
            text = text.replace(hidden, "•••")
        return sanitise_line(" ".join(html.unescape(_TAGS.sub(" ", text[:20_000])).split()), _WHY_LIMIT)

    def failed(self, error: BaseException) -> SourceError:
        """What a client's exception means; works on its causes, so it needs to know no client."""
        return explain(self.what, error, timeout_s=self.backend.timeout_s)

    def timed_out(self, *, connected: bool) -> SourceError:
        """The whole request took too long."""
        return timed_out(self.what, self.backend.timeout_s, connected=connected)

    def refused(self, status: int, said: str, location: str = "") -> SourceError:
        """What an HTTP status other than 200 means; `said` is the server's message or body."""
        words = self.foreign(said)
        tail = f" ({status}): {words}" if words else f" ({status})"
        kind = SourceError
        match status:
            case 401 | 407:
                anonymous = self.words == "no authentication"
                hint = (
                    "set bearer_token_file, or username and password_file"
                    if anonymous
                    else "is the secret still valid?"
                )
                kind, why = Denied, f"not authenticated{tail}"
            case 403:
                kind, why, hint = Denied, f"not allowed{tail}", f"{self.words} may not read here: ask for access"
            case 404 | 405 | 410:
                why, hint = f"no such path{tail}", f"is this {self.name}, and is the path prefix in the URL right?"
            case 429:
                why, hint = f"too many requests{tail}", "it recovers by itself; poll less often"
            case 502 | 503 | 504:
                why, hint = f"not available{tail}", "it may be starting: look at its logs"
            case _ if status in range(300, 400):
                why = f"redirected ({status})" + (f" to {self.foreign(location)}" if location else "")
                hint = "if that is a login page, set credentials; if not, set the URL to where it points"
            case _ if status in range(500, 600):
                why, hint = f"server error{tail}", "look at its logs"
            case _:
                why, hint = f"refused{tail}", "the server's words say why"
        return kind(self.what, why, hint)

    def garbled(self, why: str) -> SourceError:
        """The answer is not what this backend answers."""
        return SourceError(self.what, why, f"is there something else than {self.name} at this address?")

    def too_large(self) -> SourceError:
        """The answer is beyond what can be shown."""
        why, hint = f"more than {BODY_LIMIT // 2**20} MiB of answer", "ask for less: aggregate, or take a longer step"
        return SourceError(self.what, why, hint, up=True)


def timed_out(what: str, timeout_s: float, *, connected: bool) -> SourceError:
    """Nothing, or not everything, within the time allowed."""
    if connected:
        hint = "it is overloaded or stuck; raise timeout_s if it is just far away"
        return Unreachable(what, f"connected, but no full answer within {timeout_s:g} s", hint)
    return Unreachable(
        what, f"no connection within {timeout_s:g} s", "a firewall, a VPN that is down, or the wrong address"
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that led to it, however a client wrapped it."""
    queue, seen = [error], set[int]()
    while queue:
        found = queue.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        wrapped = (found.__cause__, found.__context__, getattr(found, "reason", None), *found.args)
        queue += [cause for cause in wrapped if isinstance(cause, BaseException)]


def explain(what: str, error: BaseException, *, timeout_s: float) -> SourceError:  # noqa: PLR0911, C901 - one line for each cause
    """What went wrong on the way to a server, from the standard library's exception at the bottom of a client's."""
    causes = list(_causes(error))
    names = {type(cause).__name__ for cause in causes}
    for cause in causes:
        if isinstance(cause, SourceError):
            return cause
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _untrusted(what, cause)
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return _no_tls(what, cause)
        if isinstance(cause, socket.gaierror):
            return Unreachable(what, "the host name is not known", "check its spelling, DNS, and the VPN")
        if isinstance(cause, ConnectionRefusedError):
            return Unreachable(what, "connection refused", "is it running, and is the port-forward or tunnel up?")
        if isinstance(cause, OSError) and cause.errno in _NO_ROUTE:
            return Unreachable(what, "no route to the host", "check the network and the VPN")
    if names & {"ConnectTimeout", "ConnectTimeoutError"}:
        return timed_out(what, timeout_s, connected=False)
    if "ProxyError" in names:
        return Unreachable(what, "the proxy refused or failed", "check HTTPS_PROXY, or add the host to NO_PROXY")
    if names & {"TimeoutError", "ReadTimeout", "ReadTimeoutError"}:
        return timed_out(what, timeout_s, connected=True)
    why = "the connection broke off before the answer was complete"
    return Unreachable(what, why, "it crashed, restarted, or speaks another protocol: look at its logs")


def _untrusted(what: str, error: ssl.SSLCertVerificationError) -> SourceError:
    why = sanitise_line(error.verify_message, 200)
    if "ostname" in why or "IP address" in why:
        return Unreachable(what, f"certificate not trusted: {why}", "use the name the certificate was made for")
    return Unreachable(what, f"certificate not trusted: {why}", "set ca_file to the CA that signed it")


def _no_tls(what: str, error: ssl.SSLError) -> SourceError:
    reason = error.reason or ""
    if reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}:
        return Unreachable(what, "no TLS on this port", "try the address without TLS: http:// or redis://")
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason or "BAD_CERTIFICATE" in reason:
        return Denied(what, "the server wants a client certificate it knows", "set cert_file and key_file")
    words = reason.replace("_", " ").lower() or "handshake broke off"
    return Unreachable(
        what, f"TLS failed: {sanitise_line(words, 100)}", "check the scheme, ca_file, cert_file and key_file"
    )
