"""The whole system with its city, started once for all stories, and pages of two sizes that are watched."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from stack.demo_client import Carrier
from tests.browser.conftest import DESKTOP, PHONE
from tests.end_to_end.system import RunningSystem, run_system
from tests.live_browser.house import House
from tests.live_browser.screens import Album, Screen
from tests.live_browser.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

_WITHIN_MS = 20_000
_FIGURES = pytest.StashKey[list[str]]()
_SCREENS = (Screen("phone", PHONE, is_phone=True), Screen("desktop", DESKTOP, is_phone=False))
HERE = {"longitude": 120.3655, "latitude": 36.0835}


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """Give a fresh system, or the running one that FIELDREACH_LIVE names (`demo` is that of `make run`)."""
    if name := os.environ.get("FIELDREACH_LIVE"):
        system = RunningSystem(name)
        yield House(system, Carrier.of(system.installation))
        return
    with run_system("browser") as system:
        yield House(system, Carrier.of(system.installation))


@pytest.fixture(params=_SCREENS, ids=lambda screen: screen.name)
def screen(request: pytest.FixtureRequest) -> Screen:
    """Give each size in turn; a test that needs the phone alone asks for `phone`."""
    found: Screen = request.param
    return found


@pytest.fixture
def witness(house: House) -> Iterator[Witness]:
    """Give the ears of a test; it fails when a page did anything unseemly."""
    listening = Witness(house.origins)
    yield listening
    assert not listening.faults, "\n".join(listening.faults)


def open_context(chromium: Browser, screen: Screen) -> BrowserContext:
    """Open a browser that has never been anywhere, in the middle of Qingdao."""
    context = chromium.new_context(
        viewport={"width": screen.size["width"], "height": screen.size["height"]},
        device_scale_factor=2 if screen.is_phone else 1,
        is_mobile=screen.is_phone,
        has_touch=screen.is_phone,
        locale="zh-CN",
        geolocation={"longitude": HERE["longitude"], "latitude": HERE["latitude"]},
        permissions=["geolocation"],
    )
    context.set_default_timeout(_WITHIN_MS)
    return context


@pytest.fixture
def page(chromium: Browser, screen: Screen, witness: Witness) -> Iterator[Page]:
    """Give a watched page of each size in turn."""
    context = open_context(chromium, screen)
    context.on("page", lambda opened: witness.watch(opened))  # noqa: PLW0108 - a bound method has no place for its mark
    yield context.new_page()
    context.close()


@pytest.fixture
def phone(chromium: Browser, witness: Witness) -> Iterator[Page]:
    """Give a watched page of the size of a phone."""
    context = open_context(chromium, _SCREENS[0])
    context.on("page", lambda opened: witness.watch(opened))  # noqa: PLW0108 - a bound method has no place for its mark
    yield context.new_page()
    context.close()


@pytest.fixture
def album(screen: Screen) -> Album:
    """Give the album of screenshots; it stays empty unless FIELDREACH_SCREENSHOTS names its folder."""
    return Album(os.environ.get("FIELDREACH_SCREENSHOTS"), screen)


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Give a way to print a figure at the end of the run."""
    return request.config.stash.setdefault(_FIGURES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures that were noted."""
    for line in config.stash.get(_FIGURES, []):
        terminalreporter.write_line(line)
