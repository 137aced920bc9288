"""The challenge as `pierone-server serve` sends it: nothing before us believes a header that we would not."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from pierone_adapters.identity import hash_password
from pierone_http.__main__ import serve
from pierone_http.settings import Settings

PROXY = "127.0.0.1"
AS_A_PROXY_SENDS = {
    "Host": "registry.internal:8080",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "registry.example",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    users = tmp_path / "users.json"
    users.write_text(json.dumps({"alice": {"password": hash_password("secret"), "teams": []}}))
    return Settings(storage="memory", users_file=users)


def challenge(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """WWW-Authenticate of what `serve` hands to the HTTP server, for a request of the proxy."""
    served: list[uvicorn.Config] = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda server, _sockets: served.append(server.config))
    serve(settings)
    [config] = served
    config.load()
    return asyncio.run(_ask(config.loaded_app))


async def _ask(app: Any) -> str:  # noqa: ANN401 - whatever uvicorn made of it
    transport = httpx2.ASGITransport(app, client=(PROXY, 40000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://registry.internal:8080") as client:
        answer = await client.get("/v2/", headers=AS_A_PROXY_SENDS)
    assert answer.status_code == 401
    return answer.headers["WWW-Authenticate"]


def test_a_trusted_proxy_on_the_same_machine_is_believed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    trusting = Settings.model_validate(settings.model_dump() | {"trusted_proxies": [f"{PROXY}/32"]})
    assert challenge(trusting, monkeypatch).startswith('Bearer realm="https://registry.example/v2/token"')


def test_a_proxy_on_the_same_machine_that_is_not_trusted_is_not_believed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert challenge(settings, monkeypatch).startswith('Bearer realm="http://registry.internal:8080/v2/token"')
