"""A base map below ours: asked for only where one is configured, and never needed."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator

import pytest
from flask import Flask, Response, request
from playwright.sync_api import Page, expect

from field_apps_mock.web_policy import BaseMap
from field_apps_mock.web_server import make_app
from tests.browser.conftest import Stack, serving
from tests.browser.steps import sign_in
from tests.browser.stub_api import LOGIN, PASSWORD, StubState, make_stub

pytestmark = pytest.mark.browser


def make_tile() -> bytes:
    """Return a grey PNG of one pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*part) for part in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0\x80")), (b"IEND", b""))
    )


def make_tile_server(asked: list[str]) -> Flask:
    """Return a server of grey tiles and of a style with one source; it notes what is asked for."""
    app = Flask(__name__)
    open_to_all = {"Access-Control-Allow-Origin": "*"}

    @app.get("/<int:z>/<int:x>/<int:y>.png")
    def tile(z: int, x: int, y: int) -> Response:
        asked.append(f"{z}/{x}/{y}")
        return Response(make_tile(), mimetype="image/png", headers=open_to_all)

    @app.get("/style.json")
    def style() -> Response:
        source = {"type": "raster", "tiles": [f"{request.url_root}{{z}}/{{x}}/{{y}}.png"], "attribution": "另一图"}
        ground = {"id": "ground", "type": "background", "paint": {"background-color": "#eef"}}
        layers = [ground, {"id": "land", "type": "raster", "source": "cells"}]
        body = {"version": 8, "sources": {"cells": source}, "layers": layers}
        return Response(json.dumps(body), mimetype="application/json", headers=open_to_all)

    @app.get("/missing.json")
    def missing() -> Response:
        asked.append("style")
        return Response(status=404, headers=open_to_all)

    return app


@pytest.fixture
def asked() -> list[str]:
    """Give what the tile server was asked for."""
    return []


@pytest.fixture
def tiles(asked: list[str]) -> Iterator[str]:
    """Give the address of a tile server."""
    with serving(make_tile_server(asked)) as url:
        yield url


@pytest.mark.parametrize("path", ["/{z}/{x}/{y}.png", "/style.json", "/missing.json"])
def test_our_map_is_drawn_with_and_without_the_one_below(phone: Page, tiles: str, asked: list[str], path: str) -> None:
    with serving(make_stub(StubState(), origins=r"http://127\.0\.0\.1:\d+")) as api_url:
        base_map = BaseMap(f"{tiles}{path}", "gcj02", "某图 2026")
        with serving(make_app(api_url=api_url, carrier_url="", base_map=base_map)) as app_url:
            sign_in(phone, Stack(app_url, LOGIN, PASSWORD, None))
            with phone.expect_response("**/communities?*datum=gcj02*") as found:
                phone.get_by_role("button", name="定位到我").click()
            # Where the browser says that it is, as a map in GCJ-02 has it: some 500 m away.
            assert "lon=120.3655" not in found.value.url
            assert "lon=120.37" in found.value.url
            expect(phone.locator(".map-rank")).to_have_count(30)
            expect(phone.locator(".maplibregl-ctrl-attrib")).to_have_count(0 if "missing" in path else 1)
    assert len(asked) >= (1 if "missing" in path else 4)
