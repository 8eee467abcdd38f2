"""Which variables a shell block reads that it did not set itself.

A scanner, not a parser: it knows the quotes, since `$1` in an awk program and `$PGDATA` meant for a container are not
read by the operator's shell, and it finds assignments wherever they stand.
"""

from __future__ import annotations

import re

GIVEN = frozenset(
    {
        "BASH", "BASHPID", "COLUMNS", "EPOCHREALTIME", "EPOCHSECONDS", "EUID", "HOME", "HOSTNAME", "IFS",
        "LANG", "LINENO", "LINES", "LOGNAME", "OLDPWD", "OSTYPE", "PATH", "PPID", "PWD",
        "RANDOM", "REPLY", "SECONDS", "SHELL", "TERM", "TMPDIR", "TZ", "UID", "USER",
    }
)  # fmt: skip
"""What every shell has."""

_NAME = re.compile(r"\$\{?[#!]?([A-Za-z_]\w*)")
_ASSIGNED = re.compile(
    r"(?:^|[\s;&|(`])(?:export\s+|local\s+|readonly\s+|declare\s+(?:-\w+\s+)*)?([A-Za-z_]\w*)\+?=", re.MULTILINE
)
_LOOP = re.compile(r"\b(?:for|select)\s+([A-Za-z_]\w*)\b")
_READ = re.compile(r"\b(?:read|mapfile|readarray)\s+((?:-\w+\s+(?:\d+\s+)?)*)([A-Za-z_][\w ]*)")
_ESCAPED = re.compile(r"\\.")
_HEREDOC = re.compile(r"<<-?\s*(\\?['\"]?)(\w+)['\"]?")


def read_variables(code: str) -> set[str]:
    """Variables that `code` reads, unless it sets them or every shell has them.

    A default (`${NAME:-x}`) counts as reading. Names are given back without `$`.
    """
    live, shell = _live(code)
    names = set(_NAME.findall(live))
    assigned = set(_ASSIGNED.findall(shell)) | set(_LOOP.findall(shell))
    for _, found in _READ.findall(shell):
        assigned |= set(found.split())
    return names - assigned - GIVEN


def _live(code: str) -> tuple[str, str]:
    """What the shell expands in `code`, and that without the bodies of here-documents."""
    expanded: list[str] = []
    shell: list[str] = []
    lines = iter(code.split("\n"))
    state = _Quotes()
    for line in lines:
        text = state.expanded(line)
        expanded.append(text)
        shell.append(text)
        if state.inside:  # a quoted string runs on: << in it is no here-document
            continue
        for quote, end in _HEREDOC.findall(line.replace("<<<", "   ")):
            for body in lines:
                if body.strip() == end:
                    break
                if not quote:
                    expanded.append(_ESCAPED.sub("", body))
    return "\n".join(expanded), "\n".join(shell)


class _Quotes:
    """Which quotes are open, line after line; `$(` inside double quotes opens a level of its own."""

    def __init__(self) -> None:
        self._stack: list[str] = []

    @property
    def inside(self) -> bool:
        return bool(self._stack) and self._stack[-1] in "'\""

    def expanded(self, line: str) -> str:
        """`line` with what stands in single quotes, escaped or in comments blanked out."""
        kept: list[str] = []
        at = 0
        while at < len(line):
            char = line[at]
            top = self._stack[-1] if self._stack else ""
            if top == "'":
                if char == "\\" and self._stack[-2:-1] == ["$"]:
                    at += 1
                elif char == "'":
                    self._stack.pop()
                    if self._stack and self._stack[-1] == "$":
                        self._stack.pop()
                kept.append(" ")
            elif char == "\\":
                kept.append("  ")
                at += 1
            elif char == "#" and top != '"' and (at == 0 or line[at - 1] in " \t;(&|"):
                break
            else:
                at += self._open_or_close(line, at, top)
                kept.append(line[at] if char == line[at] else char + line[at])
            at += 1
        return "".join(kept)

    def _open_or_close(self, line: str, at: int, top: str) -> int:
        """Follow one character of live text; how many more belong to it."""
        char, pair = line[at], line[at : at + 2]
        if pair == "$(":
            self._stack.append(")")
            return 1
        if pair == "$'" and top != '"':
            self._stack += ["$", "'"]
            return 1
        if char == "'" and top != '"':
            self._stack.append("'")
        elif char == '"':
            if top == '"':
                self._stack.pop()
            else:
                self._stack.append('"')
        elif char == "(" and top != '"':
            self._stack.append(")")
        elif char == ")" and top == ")":
            self._stack.pop()
        return 0
