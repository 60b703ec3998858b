"""The shortest way through a browser with everything behind it; the whole of it is `make browser`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.steps import choose_all, sign_in, write
from tests.live_browser.access import check_access
from tests.live_browser.conftest import open_context
from tests.live_browser.house import House
from tests.live_browser.live_salesperson import find_broadcasts, make_text
from tests.live_browser.screens import Screen
from tests.live_browser.witness import Witness
from tests.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def double_tap(chromium: Browser, house: House) -> None:
    """Send a message from a phone-sized page by tapping twice: one broadcast comes of it, and a phone rings."""
    account, text, witness = house.lend_salesperson(broadcasts=1), make_text(), Witness(house.origins)
    context = open_context(chromium, Screen("phone", PHONE, is_phone=True))
    page = context.new_page()
    witness.watch(page)
    sign_in(page, account)
    choose_all(page)
    check_access(page)
    write(page, text)
    page.get_by_role("button", name=re.compile("^发送")).dblclick(delay=5)
    expect(page.locator(".broadcast", has_text=text)).to_have_count(1)
    context.close()
    [broadcast] = find_broadcasts(house.sign_in(account), text)
    wait_until(lambda: bool(house.carrier.find_arrived(str(broadcast["final_text"]))))
    assert witness.faults == []
