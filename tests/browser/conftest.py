"""The app in Chromium: against a running stack when its address is given, else against the stub API."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, Request
from werkzeug.serving import make_server

from field_apps_mock.web_files import NODE_MODULES
from field_apps_mock.web_server import make_app
from tests.browser.stub_api import LOGIN, PASSWORD, StubState, make_stub
from tests.browser.stub_planner import TalkState

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
# Chromium itself reports every answer of 400 and more as a console error; the stories meet some on purpose. Playwright
# reports the service worker that it keeps away, software rendering itself.
EXPECTED = ("Failed to load resource", "Service Worker registration blocked by Playwright", "[.WebGL")


@dataclass(frozen=True, slots=True)
class Stack:
    """Where the app is and who signs in; `stub` is what the stub API remembers, None against a real stack."""

    app_url: str
    login: str
    password: str = field(repr=False)
    stub: StubState | None


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application on a free port while the block runs; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Give the stack named in the environment, or the stub API and the app on free ports."""
    if url := os.environ.get("FIELDREACH_APP_URL"):
        yield Stack(url, os.environ["FIELDREACH_LOGIN"], os.environ["FIELDREACH_PASSWORD"], None)
        return
    assert NODE_MODULES.is_dir(), "npm ci first"
    state = StubState()
    with (
        serving(make_stub(state, origins=r"http://127\.0\.0\.1:\d+")) as api_url,
        serving(make_app(api_url=api_url, carrier_url=f"{api_url}/inbox")) as app_url,
    ):
        yield Stack(app_url, LOGIN, PASSWORD, state)


@pytest.fixture
def talk(stack: Stack) -> Iterator[TalkState]:
    """Give what the stub knows of invitations, talk and reviews, empty; a running stack is not touched."""
    if stack.stub is None:
        pytest.skip("needs the stub API")
    stack.stub.talk.forget()
    yield stack.stub.talk
    stack.stub.talk.forget()


@dataclass(slots=True)
class Witness:
    """Everything a page did that it should not have done."""

    faults: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Listen to errors on the console, in scripts, and to requests to other machines."""
        page.on("console", lambda message: self._hear(message))  # noqa: PLW0108 - a bound method has no place for its mark
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", lambda request: self._see(request))  # noqa: PLW0108 - the same

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(EXPECTED):
            self.faults.append(f"console: {message.text}")

    def _see(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.hostname not in {"127.0.0.1", "localhost"}:
            self.faults.append(f"other host: {parts.hostname}")


def _page(chromium: Browser, size: dict[str, int], *, is_phone: bool, keeps_files: bool = False) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        device_scale_factor=2,
        is_mobile=is_phone,
        has_touch=is_phone,
        locale="zh-CN",
        geolocation={"longitude": 120.3655, "latitude": 36.0835},
        permissions=["geolocation"],
        service_workers="allow" if keeps_files else "block",
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    witness = Witness()
    witness.watch(page)
    yield page
    context.close()
    assert witness.faults == []


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    """Give a page the size of a phone; the test fails when anything unseemly happened on it."""
    yield from _page(chromium, PHONE, is_phone=True)


@pytest.fixture
def installed(chromium: Browser) -> Iterator[Page]:
    """Give a phone's page whose service worker keeps the files; elsewhere none does, so that a test can lose some."""
    yield from _page(chromium, PHONE, is_phone=True, keeps_files=True)


@pytest.fixture
def desktop(chromium: Browser) -> Iterator[Page]:
    """Give a page the size of a desktop window, watched in the same way."""
    yield from _page(chromium, DESKTOP, is_phone=False)


@pytest.fixture
def photograph() -> Callable[..., None]:
    """Write a screenshot of an app into the folder FIELDREACH_SCREENSHOTS, when it is set."""
    folder = os.environ.get("FIELDREACH_SCREENSHOTS")

    def take(page: Page, name: str, *, app: str = "yingxiaobao") -> None:
        if folder:
            page.screenshot(path=Path(folder) / f"{app}-{name}.png")

    return take
