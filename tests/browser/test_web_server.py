"""The server of the browser apps: what it gives, what it keeps, and what it allows pages to do."""

from __future__ import annotations

import gzip
import json
import re
import struct
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from field_apps_mock.web_files import NODE_MODULES, VENDOR_FILES, WEB_DIR, find_modules, name_version
from field_apps_mock.web_policy import BaseMap, content_security_policy
from field_apps_mock.web_server import make_app


@pytest.fixture
def client() -> FlaskClient:
    """Give a client of the server with invented addresses."""
    return make_app(api_url="http://127.0.0.1:8100/", carrier_url="http://127.0.0.1:8200/").test_client()


def test_the_page_says_where_the_api_is(client: FlaskClient) -> None:
    assert client.get("/config.json").json == {
        "api_url": "http://127.0.0.1:8100",
        "carrier_url": "http://127.0.0.1:8200/",
        "base_map": None,
    }


@pytest.mark.parametrize("name", VENDOR_FILES)
def test_listed_library_files_are_served(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/vendor/{name}")
    assert answer.status_code == 200
    assert answer.mimetype in {"text/javascript", "text/css"}
    assert b"alicdn" not in answer.data


@pytest.mark.parametrize(
    "path",
    [
        "/vendor/package.json",
        "/vendor/vue/package.json",
        "/vendor/..%2f..%2fpackage.json",
        "/../web_server.py",
        "/..%2fweb_server.py",
        "/%2e%2e/web_server.py",
        "/styles",
        "/app/",
        "/nothing.js",
    ],
)
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_every_answer_carries_the_policy(client: FlaskClient) -> None:
    for path in ("/", "/app/main.js", "/nothing"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "connect-src 'self' http://127.0.0.1:8100;" in policy
        assert "unsafe" not in policy
        assert "*" not in policy


@pytest.mark.parametrize("address", ["", "127.0.0.1:8100", "ftp://127.0.0.1", "javascript:alert(1)", "http://"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="http"):
        content_security_policy(address)


def test_text_is_compressed_for_those_who_take_it(client: FlaskClient) -> None:
    plain = client.get("/app/main.js")
    packed = client.get("/app/main.js", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    again = client.get("/app/main.js", headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304


def test_first_load_is_below_one_and_a_half_megabytes(client: FlaskClient) -> None:
    packed = {"Accept-Encoding": "gzip"}
    assert sum(len(client.get(path, headers=packed).data) for path in ["/sw.js", *find_kept(client)]) < 1_500_000


def find_kept(client: FlaskClient) -> list[str]:
    """Return the addresses that the service worker keeps."""
    told = client.get("/shell.js").get_data(as_text=True)
    shell: dict[str, list[str]] = json.loads(told.removeprefix("self.SHELL = ").rstrip(";\n"))
    return shell["files"]


def test_the_page_names_files_that_never_change_and_is_itself_asked_for_anew(client: FlaskClient) -> None:
    page = client.get("/")
    named = re.findall(r'(?:href|src)="(s/[^"]+)"', page.get_data(as_text=True))
    assert len(named) > 20
    for path in named:
        answer = client.get(f"/{path}")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert page.headers["Cache-Control"] == "no-cache"
    assert {f"/{path}" for path in named} <= set(find_kept(client))


def test_a_page_of_an_older_version_gets_files_that_nobody_keeps(client: FlaskClient) -> None:
    answer = client.get("/s/0123456789abcdef/app/main.js")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


def test_a_changed_file_changes_the_version(tmp_path: Path) -> None:
    script = tmp_path / "main.js"
    versions = []
    for content in ("one", "two", "one"):
        script.write_text(content)
        versions.append(name_version({"app/main.js": script}))
    assert versions[0] == versions[2] != versions[1]


def test_every_kept_file_is_there_and_the_charts_are_kept_only_once_needed(client: FlaskClient) -> None:
    kept = find_kept(client)
    assert {client.get(path).status_code for path in kept} == {200}
    assert {"/", "/config.json"} < set(kept)
    assert not any(path.endswith("echarts.mjs") for path in kept)


def test_modules_are_named_with_all_that_they_import() -> None:
    found = find_modules("app/yingxiaobao/map_screen.js")
    assert {"app/map/map_view.js", "vendor/maplibre-gl.mjs", "vendor/htm.js", "app/words/zh.js"} < set(found)
    assert "app/jiaohubao/app.js" not in found


def test_the_app_can_be_installed(client: FlaskClient) -> None:
    answer = client.get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.data)
    sizes = {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= sizes
    for icon in manifest["icons"]:
        picture = client.get(f"/{icon['src']}")
        assert picture.mimetype == icon["type"]
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", picture.data[16:24])
            assert icon["sizes"] == f"{width}x{height}"


@pytest.mark.parametrize(
    ("base_map", "told"),
    [
        (BaseMap("https://maps.example/{z}/{x}/{y}.png", "gcj02", "地图"), "tiles"),
        (BaseMap("https://maps.example/style.json", origins=("https://tiles.example/x",)), "style"),
    ],
)
def test_a_base_map_is_told_and_its_hosts_alone_are_let_in(base_map: BaseMap, told: str) -> None:
    client = make_app(api_url="http://127.0.0.1:8100", carrier_url="", base_map=base_map).test_client()
    config = client.get("/config.json")
    assert config.json is not None
    assert config.json["base_map"][told] == base_map.url
    policy = config.headers["Content-Security-Policy"]
    spoken_to = re.search(r"connect-src ([^;]+)", policy)
    assert spoken_to is not None
    assert spoken_to[1].split() == ["'self'", "http://127.0.0.1:8100", *base_map.find_origins()]
    assert "example" not in policy.replace(spoken_to[0], "")


@pytest.mark.parametrize("wrong", [("maps.example/{z}", "wgs84"), ("https://maps.example", "mars")])
def test_a_base_map_that_is_none_is_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=r"http|datum"):
        BaseMap(*wrong)


def test_pages_hold_no_inline_script_style_or_address_of_another_host() -> None:
    page = (WEB_DIR / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    for file in WEB_DIR.rglob("*"):
        if file.suffix in {".js", ".css", ".html"}:
            assert not re.search(r"https?://|eval\(|new Function|innerHTML", file.read_text(encoding="utf-8")), file


def find_words(name: str) -> set[str]:
    """Return the keys of one file of words."""
    return set(re.findall(r'^  "([^"]+)":', (WEB_DIR / "app/words" / name).read_text(encoding="utf-8"), re.MULTILINE))


def test_the_charts_come_with_the_first_one_shown_and_no_sooner() -> None:
    for file in WEB_DIR.rglob("*"):
        if file.suffix in {".js", ".html"} and "echarts" in (text := file.read_text(encoding="utf-8")):
            assert set(re.findall(r"[^\n]*vendor/echarts[^\n]*", text)) <= {
                '        const echarts = await import("../../vendor/echarts.mjs");'
            }, file


def test_both_languages_have_the_same_words() -> None:
    for name in ("", "planner.", "operations."):
        chinese, english = (find_words(f"{name}{language}.js") for language in ("zh", "en"))
        assert chinese == english
        assert len(chinese) > 40


def test_the_lock_file_names_no_registry() -> None:
    lock = (NODE_MODULES.parent / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert "registry" not in lock


def test_every_word_that_the_app_asks_for_exists() -> None:
    known = find_words("zh.js") | find_words("planner.zh.js") | find_words("operations.zh.js")
    scripts = "".join(file.read_text(encoding="utf-8") for file in WEB_DIR.rglob("*.js"))
    asked = set(re.findall(r'\bt\("([a-z_0-9.]+)"', scripts))
    assert asked - known == set()
    assert len(asked) > 50
