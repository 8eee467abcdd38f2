"""What the operator saves: files of their own in a folder of their own, never overwritten."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path

from tui.model.errors import SourceError

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST = 80


def folder(env: Mapping[str, str]) -> Path:
    """`$XDG_STATE_HOME/ops-center/saved`, by default below `~/.local/state`.

    Source: https://specifications.freedesktop.org/basedir-spec/latest/
    """
    home = env.get("XDG_STATE_HOME", "")
    base = Path(home) if home.startswith("/") else Path.home() / ".local" / "state"
    return base / "ops-center" / "saved"


def save(text: str, *, name: str, suffix: str, into: Path) -> Path:
    """Write `text` to a new file that only its owner may read.

    Args:
        text: Ends in a newline afterwards.
        name: What to call it; all but letters, digits, `_` and `-` becomes `-`. A taken name gets `-2`, `-3`, ….
        suffix: With its dot.
        into: The folder, made when it is missing.

    Raises:
        SourceError: it cannot be written.
    """
    data = (text if text.endswith("\n") else f"{text}\n").encode("utf-8", "replace")
    return save_parts((data,), name=name, suffix=suffix, into=into)


def save_parts(parts: Iterable[bytes], *, name: str, suffix: str, into: Path) -> Path:
    """`save` for what comes in parts, as it is.

    Raises:
        SourceError: it cannot be written.
    """
    stem = _UNSAFE.sub("-", name).strip("-")[:_LONGEST] or "saved"
    try:
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in count(1):
            path = into / f"{stem}{f'-{number}' if number > 1 else ''}{suffix}"
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                continue
            with os.fdopen(handle, "wb") as stream:
                stream.writelines(parts)
            return path
    except OSError as error:
        raise SourceError(
            f"save {stem}{suffix}",
            error.strerror or str(error),
            f"check that {into} may be written and has room",
        ) from error
    raise AssertionError("count never ends")
