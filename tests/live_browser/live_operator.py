"""The operator's story: whether everything is at work, and what of the promise is spent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.browser.steps import open_tab, sign_in_as
from tests.live_browser.access import check_access

if TYPE_CHECKING:
    from tests.live_browser.house import House
    from tests.live_browser.screens import Album


def test_the_dashboard_shows_sending_budget_and_releases(page: Page, house: House, album: Album) -> None:
    operator = house.find_account("operator")
    sign_in_as(page, operator, operator.login)
    expect(page.locator("[data-valve=open]")).to_contain_text("正常")
    expect(page.get_by_role("meter", name="今天")).to_have_attribute(
        "aria-valuetext", re.compile(r"^[\d,]+ / [\d,]+ 户$")
    )
    expect(page.locator(".releases li").first).to_be_visible()
    expect(page.locator(".releases .is-refused")).to_have_count(0)
    check_access(page)
    album.take(page, "operations-dashboard")
    page.locator(".releases").scroll_into_view_if_needed()
    expect(page.locator(".card", has=page.locator(".ledger-city"))).to_contain_text("ε")
    album.take(page, "operations-ledger")
    open_tab(page, "我的")
    page.locator(".me").wait_for()
    check_access(page)
