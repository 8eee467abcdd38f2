"""The two subresources of a pod that are streams: its log, and commands run inside it.

Sources: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ and
https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
"""

from __future__ import annotations

import asyncio
import contextlib
import signal

import msgspec
from aiohttp import WSMsgType, web

from tests.cluster.errors import ApiError
from tests.cluster.kubelet import Kubelet
from tests.cluster.logs import Log
from tests.cluster.objects import Object, seconds
from tests.cluster.process import send

_STDIN, _STDOUT, _STDERR, _STATUS, _CLOSE = 0, 1, 2, 3, 255
_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")


def _log(kubelet: Kubelet, pod: Object, request: web.Request) -> Log:
    container = kubelet.container(pod, request.query.get("container", ""))
    name = pod["metadata"]["name"]
    if request.query.get("previous") == "true":
        # While it waits for its next run, the last one is both the present log and the previous.
        previous = container.log if "waiting" in container.state and container.last else container.previous_log
        if previous is None:
            raise ApiError(400, f'previous terminated container "{container.name}" in pod "{name}" not found')
        return previous
    if container.log is None:
        reason = container.state.get("waiting", {}).get("reason", "ContainerCreating")
        raise ApiError(400, f'container "{container.name}" in pod "{name}" is waiting to start: {reason}')
    return container.log


def _start(log: Log, request: web.Request) -> int:
    """The number of the first line to send."""
    query, start = request.query, 0
    if since := query.get("sinceTime"):
        start = log.since(seconds(since))
    elif span := query.get("sinceSeconds"):
        start = log.since(log.now() - int(span))
    if tail := query.get("tailLines"):
        start = max(start, log.end - int(tail))
    return start


async def send_log(request: web.Request, kubelet: Kubelet, pod: Object) -> web.StreamResponse:
    """Answer `pods/log`."""
    log = _log(kubelet, pod, request)
    position = _start(log, request)
    follow, timestamps = request.query.get("follow") == "true", request.query.get("timestamps") == "true"
    left = int(request.query.get("limitBytes") or 2**62)
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    while left > 0:
        ended = log.ended
        chunk = b"".join(log.read(position, timestamps=timestamps))[:left]
        position, left = log.end, left - len(chunk)
        if chunk:
            await response.write(chunk)
        if ended or not follow:
            break
        if log.end == position:
            await log.news()
    return response


async def run_in_pod(request: web.Request, kubelet: Kubelet, pod: Object) -> web.StreamResponse:
    """Answer `pods/exec` over a WebSocket: channels 0 to 2 are the streams, 3 is how it ended."""
    container = kubelet.container(pod, request.query.get("container", ""))
    if "running" not in container.state:
        raise ApiError(400, f'container "{container.name}" is not running')
    if request.query.get("tty") == "true":
        raise ApiError(400, "this cluster has no terminals: leave out -t")
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise ApiError(400, "exec is served over WebSocket only")
    variables, folder = kubelet.surroundings(pod, container)
    socket = web.WebSocketResponse(protocols=_PROTOCOLS, max_msg_size=0)
    await socket.prepare(request)
    try:
        process = await asyncio.create_subprocess_exec(
            *request.query.getall("command"),
            stdin=asyncio.subprocess.PIPE if request.query.get("stdin") == "true" else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=variables,
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        why = f"error executing command in container: {error}"
        await _finish(socket, {"status": "Failure", "reason": "InternalError", "message": why})
        return socket
    try:
        await _carry(socket, process)
    finally:
        send(process.pid, signal.SIGKILL, group=True)
        await process.wait()
    return socket


async def _carry(socket: web.WebSocketResponse, process: asyncio.subprocess.Process) -> None:
    """Carry all streams until the process has ended or the client has gone."""

    async def copy(stream: asyncio.StreamReader | None, channel: int) -> None:
        while stream is not None and (chunk := await stream.read(32768)):
            await socket.send_bytes(bytes([channel]) + chunk)

    async def work() -> None:
        await asyncio.gather(copy(process.stdout, _STDOUT), copy(process.stderr, _STDERR))
        await _finish(socket, _ended(await process.wait()))

    working = asyncio.create_task(work())
    listening = asyncio.create_task(_listen(socket, process.stdin))
    await asyncio.wait([working, listening], return_when=asyncio.FIRST_COMPLETED)
    for task in (working, listening):
        task.cancel()
    for task in (working, listening):
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await task


async def _listen(socket: web.WebSocketResponse, stdin: asyncio.StreamWriter | None) -> None:
    """Feed what the client sends; return when it has gone."""
    async for message in socket:
        if message.type is not WSMsgType.BINARY or stdin is None:
            continue
        channel, data = message.data[0], message.data[1:]
        with contextlib.suppress(ConnectionError):  # the process need not read to the end
            if channel == _STDIN and data:
                stdin.write(data)
                await stdin.drain()
            elif channel == _CLOSE and data[:1] == bytes([_STDIN]):
                stdin.close()


def _ended(code: int) -> Object:
    """The status of a command that ran: its exit code, unless that is 0."""
    if code == 0:
        return {"status": "Success"}
    exit_code = code if code > 0 else 128 - code
    return {
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": f"command terminated with non-zero exit code: exit status {exit_code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(exit_code)}]},
    }


async def _finish(socket: web.WebSocketResponse, status: Object) -> None:
    """Say on channel 3 how it ended."""
    await socket.send_bytes(bytes([_STATUS]) + msgspec.json.encode({"metadata": {}, **status}))
    await socket.close()
