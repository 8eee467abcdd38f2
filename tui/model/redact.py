"""Secrets taken out of a text, before it is written where it stays.

Two nets: the values somebody declared to be secret, in every spelling they are likely to have, and whatever stands
behind a name that secrets have (`password=…`, `--token …`, `"api_key": "…"`, `Authorization: Bearer …`,
`postgresql://user:…@host`).
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from tui.model.text import sanitise

HIDDEN = "‹hidden›"

_NAME = (
    r"[\w.-]{0,64}(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|apikey|private[_-]?key|access[_-]?key"
    r"|credentials?|session[_-]?id|cookie)[\w.-]{0,64}"
)
"""Bounded, and tried only where a word begins: a text of one long word must not take for ever."""
_VALUE = r"""(?:"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s"',;&)}\]]+)"""
_NAMED = re.compile(
    rf"""(?P<name>(?<![\w.-])-{{0,2}}(?P<quote>["']?){_NAME}(?P=quote)\s{{0,8}}[=:]\s{{0,8}}){_VALUE}""", re.IGNORECASE
)
_OPTION = re.compile(rf"(?P<name>(?<!\S)--?{_NAME}\s{{1,8}})(?!-){_VALUE}", re.IGNORECASE)
_SCHEME = re.compile(r"(?P<name>\b(?:bearer|basic|digest|apikey)\s{1,8})[\w.~+/=-]{8,}", re.IGNORECASE)
_HEADER = re.compile(r"(?P<name>\b(?:proxy-)?authorization[\"']?\s{0,8}[=:]\s{0,8}[\"']?)[^\r\n\"']+", re.IGNORECASE)
_URL = re.compile(r"(?P<name>\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]{0,256}:)[^\s@/]{1,1024}(?=@)", re.IGNORECASE)
_KNOWN = re.compile(r"(?P<name>)\b(?:sk|pk|ghp|gho|ghs|github_pat|glpat|xox[abps])[-_][A-Za-z0-9_-]{16,}")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Replace every secret by ‹hidden›.

    Args:
        text: Not yet cut: half a secret is not recognised.
        secrets: The values that are secret; an empty one is ignored.
    """
    for spelling in _spellings(secrets):
        text = text.replace(spelling, HIDDEN)
    for pattern in (_HEADER, _URL, _NAMED, _OPTION, _SCHEME, _KNOWN):
        text = pattern.sub(rf"\g<name>{HIDDEN}", text)
    return text


def _spellings(secrets: Iterable[str]) -> list[str]:
    """As given, on one line, quoted for a shell, for JSON or for a URL, in base64; the longest first."""
    found = set()
    for secret in filter(None, secrets):
        data = secret.encode("utf-8", "surrogatepass")
        found |= {
            secret,
            secret.strip(),
            sanitise(secret),
            shlex.quote(secret),
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            quote(data, safe=""),
            quote_plus(data),
            base64.b64encode(data).decode(),
            base64.urlsafe_b64encode(data).decode().rstrip("="),
        }
    return sorted(filter(None, found), key=len, reverse=True)
