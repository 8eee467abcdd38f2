"""What a fenced block says about itself: the attributes of its info string, and the commands of a console transcript.

Attributes after the language (```` ```bash {name=queue-length} ````) render as plain `bash` on a Git host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

_INFO = re.compile(r"^\s*(?P<language>[^\s{]*)\s*(?P<rest>.*?)\s*$", re.DOTALL)
_PAIR = re.compile(
    r"""(?P<key>[A-Za-z_][\w-]*)\s*=\s*
        (?:"(?P<double>(?:\\.|[^"\\])*)" | '(?P<single>(?:\\.|[^'\\])*)' | (?P<bare>[^\s"'{}]+))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

SHELLS = frozenset(
    {"bash", "sh", "shell", "zsh", "ksh", "console", "shell-session", "shellsession", "sh-session", "terminal"}
)
"""Languages whose blocks are commands."""


class Info(msgspec.Struct, frozen=True):
    """An info string: the language in lower case, the attributes, and what in the braces could not be read."""

    language: str
    attributes: Mapping[str, str]
    leftover: str = ""


def info(text: str) -> Info:
    r"""Read an info string, whatever it is.

    Values stand bare or in single or double quotes. In quotes `\"` is the quote itself; every other backslash stays, so
    that a regular expression is written as it is.
    """
    match = _INFO.match(text)
    if match is None:
        return Info("", {})
    rest = match["rest"]
    if not (rest.startswith("{") and rest.endswith("}")):
        return Info(match["language"].lower(), {})
    rest = rest[1:-1]
    attributes: dict[str, str] = {}
    for pair in _PAIR.finditer(rest):
        quote = '"' if pair["double"] is not None else "'"
        quoted = pair["double"] if pair["double"] is not None else pair["single"]
        attributes[pair["key"].lower()] = pair["bare"] if quoted is None else _unescape(quoted, quote)
    return Info(match["language"].lower(), attributes, " ".join(_PAIR.sub(" ", rest).split()))


def _unescape(value: str, quote: str) -> str:
    return _ESCAPE.sub(lambda match: quote if match[1] == quote else match[0], value)


class Transcript(msgspec.Struct, frozen=True):
    """What was typed, and what came back."""

    command: str
    output: str = ""


def transcript(code: str) -> Transcript:
    r"""Take a block of commands apart: lines after a `$ ` prompt are commands, the others their output.

    A command goes on where its line ends in a backslash, and on lines after a `> ` prompt. A block that does not begin
    with a prompt, comments aside, is one command.
    """
    lines = code.split("\n")
    first = next((line.lstrip() for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    if not first.startswith("$ "):
        return Transcript(code)
    commands: list[str] = []
    output: list[str] = []
    typing = going_on = False
    for line in lines:
        stripped = line.lstrip()
        if stripped.startswith("$ "):
            command, typing = stripped[2:], True
        elif going_on:
            command = stripped[2:] if stripped.startswith("> ") else line
        elif typing and stripped.startswith("> "):
            command = stripped[2:]
        elif stripped.startswith("# ") and not output:
            command, typing = line, False
        else:
            output.append(line)
            typing = going_on = False
            continue
        commands.append(command)
        going_on = typing and command.endswith("\\")
    return Transcript("\n".join(commands), "\n".join(output).strip("\n"))
