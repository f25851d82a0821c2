"""The console's files: compressed for whoever takes it, kept where names change, never mistaken for the page."""

import asyncio
import gzip
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api.console import add_console, takes_gzip
from api.errors import register_errors
from api.methods import Methods

SCRIPT = b"let a = 1;\n" * 200
Get = Callable[..., httpx.Response]


@pytest.fixture
def get(tmp_path: Path) -> Get:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>", encoding="utf-8")
    (tmp_path / "assets" / "a.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "a.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "assets" / "b.js").write_bytes(b"b()")
    app = FastAPI()
    register_errors(app)
    app.state.methods = Methods(app)
    add_console(app, tmp_path)

    async def asked(path: str, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://mingchu") as client:
            return await client.get(path, headers=headers)

    return lambda path, **headers: asyncio.run(asked(path, **headers))


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "gzip"), ("identity", None), ("gzip;q=0", None)])
def test_a_script_comes_as_the_browser_takes_it(get: Get, accepted: str, encoding: str | None) -> None:
    answer = get("/assets/a.js", **{"Accept-Encoding": accepted})
    assert answer.content == SCRIPT
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "javascript" in answer.headers["Content-Type"]
    assert "immutable" in answer.headers["Cache-Control"]
    assert (int(answer.headers["Content-Length"]) < len(SCRIPT)) == (encoding == "gzip")


def test_what_has_no_compressed_copy_comes_whole(get: Get) -> None:
    answer = get("/assets/b.js")
    assert (answer.content, answer.headers.get("Content-Encoding")) == (b"b()", None)


def test_a_file_of_another_build_is_missing_and_every_other_address_is_the_page(get: Get) -> None:
    assert get("/assets/old.js").status_code == 404
    page = get("/review")
    assert (page.text, page.headers["Cache-Control"]) == ("<!doctype html>", "no-cache")


def test_nothing_outside_the_folder_is_sent(get: Get, tmp_path: Path) -> None:
    (tmp_path.parent / "secret.txt").write_text("secret", encoding="utf-8")
    assert "secret" not in get("/%2e%2e/secret.txt").text


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [("", False), ("gzip", True), ("br;q=1.0, GZIP;q=0.5", True), ("*", True), ("*;q=0", False), ("gzip;q=x", False)],
)
def test_a_weight_of_nothing_refuses(accepted: str, takes: bool) -> None:  # noqa: FBT001 - a table
    assert takes_gzip(accepted) is takes
