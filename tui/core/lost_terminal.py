"""A terminal that may go away: what is written to it afterwards is dropped.

Textual's writer thread ends at the first write that fails, and whoever writes next waits for it for ever.
"""

from __future__ import annotations

import contextlib
from typing import TextIO


class Tolerant:
    """A text stream whose writes do not fail when nobody is there to read them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write, if that is possible."""
        with contextlib.suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """Flush, if that is possible."""
        with contextlib.suppress(OSError):
            self._stream.flush()

    def fileno(self) -> int:
        """The stream's own."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """The stream's own."""
        return self._stream.isatty()
