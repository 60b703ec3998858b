"""The server of the browser apps: what it gives, what it keeps, and what it allows pages to do."""

from __future__ import annotations

import gzip
import re

import pytest
from flask.testing import FlaskClient

from field_apps_mock.web_server import NODE_MODULES, VENDOR_FILES, WEB_DIR, content_security_policy, make_app

# Loaded when the first chart is shown.
LOADED_LATER = frozenset({"echarts.mjs"})


@pytest.fixture
def client() -> FlaskClient:
    """Give a client of the server with invented addresses."""
    return make_app(api_url="http://127.0.0.1:8100/", carrier_url="http://127.0.0.1:8200/").test_client()


def test_the_page_says_where_the_api_is(client: FlaskClient) -> None:
    assert client.get("/config.json").json == {
        "api_url": "http://127.0.0.1:8100",
        "carrier_url": "http://127.0.0.1:8200/",
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
    ours = [f"/{path.relative_to(WEB_DIR)}" for path in WEB_DIR.rglob("*") if path.is_file()]
    paths = [*ours, *(f"/vendor/{name}" for name in VENDOR_FILES if name not in LOADED_LATER)]
    packed = {"Accept-Encoding": "gzip"}
    assert sum(len(client.get(path, headers=packed).data) for path in paths) < 1_500_000


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
                '        const echarts = await import("/vendor/echarts.mjs");'
            }, file


def test_both_languages_have_the_same_words() -> None:
    for name in ("", "planner."):
        chinese, english = (find_words(f"{name}{language}.js") for language in ("zh", "en"))
        assert chinese == english
        assert len(chinese) > 100


def test_the_lock_file_names_no_registry() -> None:
    lock = (NODE_MODULES.parent / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert "registry" not in lock


def test_every_word_that_the_app_asks_for_exists() -> None:
    known = find_words("zh.js") | find_words("planner.zh.js")
    scripts = "".join(file.read_text(encoding="utf-8") for file in WEB_DIR.rglob("*.js"))
    asked = set(re.findall(r'\bt\("([a-z_0-9.]+)"', scripts))
    assert asked - known == set()
    assert len(asked) > 50
