"""`docs/maintainers/how-a-push-flows.md` is true: a real push, traced, calls what it says in that order."""

import asyncio
import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import httpx2
import pytest

from pierone_core.manifest import OCI_MANIFEST
from pierone_core.values import Digest
from pierone_http.container import Container
from pierone_http.settings import Settings

PAGE = Path(__file__).parents[2] / "docs/maintainers/how-a-push-flows.md"
FUNCTION = re.compile(r"^\| (?:edge|core|adapter) \| `([\w.]+:[\w.]+)` \|$", re.MULTILINE)
CONFIG = b"{}"


def documented() -> dict[str, list[str]]:
    """The functions of each section that has a table of calls, by the section's heading."""
    sections = PAGE.read_text().split("\n## ")[1:]
    found = {section.partition(":")[0]: FUNCTION.findall(section) for section in sections}
    return {heading: functions for heading, functions in found.items() if functions}


@contextmanager
def traced(calls: list[str]) -> Iterator[None]:
    """Note every call into our packages, in this thread and those begun meanwhile."""

    def note(frame: FrameType, event: str, _: object) -> None:
        module = frame.f_globals.get("__name__", "")
        if event == "call" and module.startswith("pierone_"):
            calls.append(f"{module}:{frame.f_code.co_qualname}")

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


async def push(client: httpx2.AsyncClient, noted: list[str]) -> dict[str, list[str]]:
    """Push an image as Docker does; return the calls of each step, which the tracer adds to `noted`."""
    digest, location = Digest.of(CONFIG), ""
    calls: dict[str, list[str]] = {}
    descriptor = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": str(digest), "size": len(CONFIG)}
    manifest = json.dumps({"schemaVersion": 2, "config": descriptor, "layers": []}).encode()
    for step, method, url, body, expected in [
        ("HEAD blob", "HEAD", f"/v2/myteam/myapp/blobs/{digest}", b"", 404),
        ("POST upload", "POST", "/v2/myteam/myapp/blobs/uploads/", b"", 202),
        ("PATCH upload", "PATCH", "{location}", CONFIG, 202),
        ("PUT upload", "PUT", f"{{location}}?digest={digest}", b"", 201),
        ("PUT manifest", "PUT", "/v2/myteam/myapp/manifests/1.0", manifest, 201),
    ]:
        noted.clear()
        target = url.format(location=location)
        answer = await client.request(method, target, content=body, headers={"Content-Type": OCI_MANIFEST})
        assert answer.status_code == expected, answer.text
        location = answer.headers.get("location", location)
        calls[step] = list(noted)
    return calls


def missing(expected: list[str], calls: list[str]) -> str | None:
    """The first of `expected` that does not come in its turn."""
    rest = iter(calls)
    return next((function for function in expected if function not in rest), None)


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    container = Container(settings=Settings(data_dir=tmp_path_factory.mktemp("data"), cache_bytes=0))

    async def run() -> dict[str, list[str]]:
        transport = httpx2.ASGITransport(container.app())
        async with httpx2.AsyncClient(transport=transport, base_url="http://pierone") as client:
            noted: list[str] = []
            with traced(noted):
                return await push(client, noted)

    try:
        return asyncio.run(run())
    finally:
        container.metadata().close()


@pytest.mark.parametrize("step", documented())
def test_each_step_calls_what_the_page_says_in_that_order(step: str, calls: dict[str, list[str]]) -> None:
    assert missing(documented()[step], calls[step]) is None


def test_the_page_has_every_step(calls: dict[str, list[str]]) -> None:
    assert set(documented()) == set(calls)


def test_a_wrong_order_would_be_found() -> None:
    assert missing(["a", "c", "b"], ["a", "b", "c"]) == "b"
