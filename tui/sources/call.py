"""One blocking call in a thread of its own, with an end in sight.

The timeouts of a blocking client are per read, so a server that sends a byte a second is never late. Here the whole
call has a deadline: when it is over, the socket in use is shut down under the thread, which ends it at once. Daemon
threads, not a pool: quitting waits for no server, and a name lookup that hangs blocks nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from tui.model.errors import SourceError

T = TypeVar("T")


class Call:
    """One call, and the means to end it from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._over = False

    @property
    def connected(self) -> bool:
        """Whether there is, or was, a connection."""
        return self._handle is not None

    def attach(self, sock: socket.socket) -> None:
        """Take note of the socket in use: a second handle, since TLS wraps and hides the first."""
        handle = socket.socket(fileno=os.dup(sock.fileno()))
        with self._lock:
            if self._handle is not None:
                self._handle.close()
            self._handle = handle
            if self._over:
                self._shut()

    def interrupt(self) -> None:
        """End the call: reads and writes on its socket fail at once."""
        with self._lock:
            self._over = True
            self._shut()

    def finished(self) -> None:
        """Let go of the socket."""
        with self._lock:
            if self._handle is not None:
                self._handle.close()

    def _shut(self) -> None:
        if self._handle is not None and self._handle.fileno() >= 0:
            with contextlib.suppress(OSError):  # it is closed or was never connected: what we want
                self._handle.shutdown(socket.SHUT_RDWR)


async def in_thread(
    work: Callable[[Call], T],
    *,
    name: str,
    timeout_s: float,
    late: Callable[[Call], SourceError],
    running: set[Call] | None = None,
) -> T:
    """Run one call in a thread.

    Args:
        work: What to do; whoever opens a socket in it attaches it to the Call.
        name: The thread's.
        timeout_s: How long it may take.
        late: What to raise when it takes longer.
        running: Holds the call while it runs, so that it can be interrupted.

    Raises:
        SourceError: what `work` raised, or `late`.
    """
    call, future = Call(), Future[T]()

    def run() -> None:
        try:
            future.set_result(work(call))
        except BaseException as error:  # noqa: BLE001 - handed on to the caller, who awaits it
            future.set_exception(error)

    future.set_running_or_notify_cancel()  # from here on nobody can cancel it, so run() can always set a result
    if running is not None:
        running.add(call)
    try:
        threading.Thread(target=run, name=name, daemon=True).start()
        async with asyncio.timeout(timeout_s):
            return await asyncio.wrap_future(future)
    except TimeoutError:
        raise late(call) from None
    finally:
        call.interrupt()
        if running is not None:
            running.discard(call)
