"""How we come to Prometheus: tokens, secrets and proxies."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.services.process import free_port
from tests.sources.wire import VECTOR, Request, asked, reply, saying, talking
from tui.model.profile import HttpBackend
from tui.sources.http import Denied
from tui.sources.prometheus import Prometheus

TOKEN = "s3cr3t-t0ken"  # noqa: S105 - of a server that is ours


def bearer(request: Request) -> bytes:
    """A proxy that lets TOKEN in, and says too much to others."""
    said = request.headers.get("authorization", "")
    return reply(VECTOR) if said == f"Bearer {TOKEN}" else reply(f"you sent {said}", "401 Unauthorized")


async def test_a_bearer_token_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("0ld-t0ken\n")
    async with talking(saying(bearer)) as url:
        source = Prometheus(HttpBackend(url=url, bearer_token_file=file))
        with pytest.raises(Denied) as caught:
            await source.instant("up")
        assert caught.value.why == "not authenticated (401): you sent Bearer •••"
        file.write_text(f"{TOKEN}\n")
        assert (await source.instant("up")).samples
        assert (await source.probe()).authenticated == "bearer token"
        await source.aclose()


@pytest.mark.parametrize("content", [f"{TOKEN}\nand more", f"{TOKEN} more", f"{TOKEN}\x1b", f"{TOKEN}é"])
async def test_a_token_file_with_more_than_a_token_is_refused_and_not_shown(tmp_path: Path, content: str) -> None:
    file = tmp_path / "token"
    file.write_text(content)
    error = await asked(saying(bearer), bearer_token_file=file)
    assert "more than a token" in error.why
    assert TOKEN not in str(error)


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
async def test_a_secret_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    error = await asked(saying(bearer), bearer_token_file=file)
    assert str(file) in error.why


async def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_TOKEN", raising=False)
    error = await asked(saying(bearer), bearer_token_env="NO_SUCH_TOKEN")  # noqa: S106 - a variable's name
    assert error.why == "the variable NO_SUCH_TOKEN is not set"


async def test_a_loopback_address_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with talking(saying(reply(VECTOR))) as url:
        source = Prometheus(HttpBackend(url=url))
        assert (await source.instant("up")).samples
        await source.aclose()


async def test_another_address_is_asked_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Request] = []
    async with talking(saying(reply(VECTOR), seen)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        source = Prometheus(HttpBackend(url="http://prometheus.invalid:9090"))
        assert (await source.instant("up")).samples
        await source.aclose()
    assert seen[0].target.startswith("http://prometheus.invalid:9090/api/v1/query?query=up")


async def test_netrc_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    seen: list[Request] = []
    async with talking(saying(reply(VECTOR), seen)) as url:
        source = Prometheus(HttpBackend(url=url))
        await source.instant("up")
        await source.aclose()
    assert "authorization" not in seen[0].headers
