"""Every setting there is, derived from the structs of `tui.model.profile`, and how one value of it is read.

Nothing is listed twice: a field added to a struct there has its name, variable, documentation and parser here.
"""

from __future__ import annotations

import functools
import os
import types
import typing
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from tui.model.profile import Profile
from tui.model.text import sanitise_line

Kind = Literal["text", "url", "seconds", "count", "switch", "path", "paths"]

PREFIX = "OPS_CENTER_"
LONGEST_TIMEOUT_S = 300.0
FEWEST_LINES, MOST_LINES = 1_000, 100_000_000
_SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_SCHEMES = {"redis": ("redis", "rediss", "unix")}
_HTTP = ("http", "https")


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: `name` is its path below `[profile.NAME]` ("prometheus.url"), `default` as text, empty for none."""

    name: str
    variable: str
    kind: Kind
    default: str
    doc: str

    @property
    def section(self) -> str:
        """The table it stands in, empty for the profile itself."""
        return self.name.rpartition(".")[0]


class Mistake(Exception):  # noqa: N818 - it is not shown: the caller adds the place and makes it a Problem
    """A value that cannot be taken: `why`, and what to write instead. Never holds what may be a secret."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why, self.hint = why, hint


@functools.cache
def known() -> dict[str, Setting]:
    """All settings of a profile by name, in the order of the structs."""
    return {setting.name: setting for setting in _fields(Profile(name=""), "")}


def selectors() -> tuple[Setting, Setting]:
    """The two settings that say where the others are read from; they have no place inside a profile."""
    return (
        Setting(name="config", variable=f"{PREFIX}CONFIG", kind="path", default="", doc="Settings file to read."),
        Setting(
            name="profile",
            variable=f"{PREFIX}PROFILE",
            kind="text",
            default="",
            doc="Profile to use; the file's default_profile when not set.",
        ),
    )


@functools.cache
def sections() -> frozenset[str]:
    """The names of the tables in a profile."""
    return frozenset(setting.section for setting in known().values()) - {""}


def _fields(struct: msgspec.Struct, section: str) -> list[Setting]:
    found: list[Setting] = []
    hints = typing.get_type_hints(type(struct), include_extras=True)
    for field in struct.__struct_fields__:
        name, default, hint = f"{section}{field}", getattr(struct, field), hints[field]
        if isinstance(default, msgspec.Struct):
            found += _fields(default, f"{name}.")
        elif typing.get_origin(hint) is typing.Annotated:  # what carries no documentation is not a setting
            found.append(
                Setting(
                    name=name,
                    variable=PREFIX + name.upper().replace(".", "_"),
                    kind="url" if field == "url" else _kind(hint.__origin__),
                    default=_as_text(default),
                    doc=hint.__metadata__[0].description,
                )
            )
    return found


def _kind(hint: object) -> Kind:
    if typing.get_origin(hint) is types.UnionType:
        return "path"
    return {bool: "switch", int: "count", float: "seconds", str: "text"}.get(hint, "paths")  # type: ignore[call-overload,no-any-return]  # keyed by the types the structs use


def _as_text(value: object) -> str:
    if value is None or value == ():
        return ""
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def parse(setting: Setting, raw: object, base: Path | None) -> object:
    """Read one value.

    Args:
        setting: What it is a value of.
        raw: As TOML gives it, or text from a variable or flag, which is read by the setting's kind.
        base: The folder a relative path is relative to; None for the working directory, and then `raw` may be text for
            any kind.

    Raises:
        Mistake: it is no such value.
    """
    if isinstance(raw, str) and base is None and setting.kind in {"switch", "seconds", "count", "paths"}:
        raw = _from_text(setting.kind, raw)
    match setting.kind:
        case "switch":
            if not isinstance(raw, bool):
                raise Mistake(f"expected true or false, got {shown(raw)}")
            return raw
        case "seconds" | "count":
            return _seconds(raw) if setting.kind == "seconds" else _count(raw)
        case "path":
            return _path(raw, base)
        case "paths":
            if not isinstance(raw, (list, tuple)):
                raise Mistake(f"expected a list of paths, got {shown(raw)}", 'write ["path"]')
            return tuple(_path(item, base) for item in raw)
    if not isinstance(raw, str):
        raise Mistake(f"expected text, got {shown(raw)}")
    if setting.kind == "url":
        return _url(raw, _SCHEMES.get(setting.section, _HTTP))
    if not raw.isprintable():
        raise Mistake(f"expected one line of text, got {shown(raw)}")
    return raw


def _from_text(kind: Kind, raw: str) -> object:
    if kind == "switch":
        return _SWITCH.get(raw.strip().lower(), raw)
    if kind == "paths":
        return [part for part in raw.split(os.pathsep) if part]
    try:
        return int(raw) if kind == "count" else float(raw)
    except ValueError:
        return raw


def _seconds(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        raise Mistake(f"expected a number of seconds, got {shown(raw)}")
    if not 0 < raw <= LONGEST_TIMEOUT_S:  # also refuses NaN
        raise Mistake(f"expected seconds above 0 and up to {LONGEST_TIMEOUT_S:g}, got {raw:g}")
    return float(raw)


def _count(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise Mistake(f"expected a whole number, got {shown(raw)}")
    if not FEWEST_LINES <= raw <= MOST_LINES:
        raise Mistake(f"expected {FEWEST_LINES} to {MOST_LINES}, got {raw}")
    return raw


def _path(raw: object, base: Path | None) -> Path:
    if isinstance(raw, Path):
        return raw
    if not isinstance(raw, str) or not raw or "\0" in raw:
        raise Mistake(f"expected a path, got {shown(raw)}")
    try:
        path = Path(raw).expanduser()
    except RuntimeError as error:
        raise Mistake(f"{shown(raw)} cannot be expanded", "write the path in full") from error
    return path if base is None else base / path


def _url(raw: str, schemes: tuple[str, ...]) -> str:
    """Check an address; what may hold a secret is refused without repeating it."""
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    if "@" in raw:
        raise Mistake("a user or password does not belong in the URL", "set username and password_file beside it")
    if "?" in raw or "#" in raw:
        raise Mistake("a URL here ends with its path: no ? and no #")
    if not raw.isprintable() or " " in raw:
        raise Mistake(f"expected {wanted}, got {shown(raw)}")
    try:
        parts = urlsplit(raw)
        port = parts.port
    except ValueError as error:
        raise Mistake(f"{shown(raw)} is not a URL: {error}") from error
    if parts.scheme not in schemes:
        likely = f"{schemes[0]}://{raw.partition('://')[2] or raw}"
        raise Mistake(f"expected {wanted}, got {shown(raw)}", f'did you mean "{sanitise_line(likely, 80)}"?')
    if parts.scheme == "unix":
        if not parts.path:
            raise Mistake(f"expected a path in {shown(raw)}")
    elif not parts.hostname or port == 0:
        raise Mistake(f"expected a host{' and a port' if port == 0 else ''} in {shown(raw)}")
    return raw.rstrip("/")


def shown(value: object) -> str:
    """A value as a message repeats it: bounded, harmless, in TOML's words."""
    match value:
        case str():
            return f'"{sanitise_line(value, 80)}"'
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"number {value}"
        case dict():
            return "a table"
        case list() | tuple():
            return "a list"
    return type(value).__name__
