"""What a salesperson does, as steps that several stories share."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Stack

GOOD_TEXT = "老空调以旧换新，本周到店享免费上门拆旧，欢迎来福州路店看看。"


def sign_in(page: Page, stack: Stack) -> None:
    """Log in and wait until the map and the list are there."""
    page.goto(stack.app_url)
    page.get_by_label("账号").fill(stack.login)
    page.get_by_label("密码").fill(stack.password)
    page.get_by_role("button", name="登录").click()
    wait_for_map(page)


def sign_in_as(page: Page, stack: Stack, login: str) -> None:
    """Log in with another account of the stub and wait for its tabs."""
    page.goto(stack.app_url)
    page.get_by_label("账号").fill(login)
    page.get_by_label("密码").fill(stack.password)
    page.get_by_role("button", name="登录").click()
    page.locator(".tabs").wait_for()


def open_tab(page: Page, name: str) -> None:
    """Go to a tab by its name."""
    page.locator(".tabs").get_by_role("button", name=name).click()


def wait_for_map(page: Page) -> None:
    """Wait until the first map is drawn and the communities are listed."""
    page.locator(".map[data-ready=yes]").wait_for()
    page.locator(".row").first.wait_for()


def go_to_work(page: Page) -> None:
    """Move to the position that the browser reports, in the middle of the city, and wait for its communities."""
    with page.expect_response(re.compile("communities.*lon=120.3655&lat=36.0835&datum=wgs84")):
        page.get_by_role("button", name="定位到我").click()
    expect(page.locator(".map-loading")).to_have_count(0)


def choose(page: Page, count: int) -> None:
    """Choose the first communities of the list that lie in one's own territory."""
    go_to_work(page)
    rows = page.locator(".row:enabled")
    for index in range(count):
        rows.nth(index).click()
    expect(page.locator(".chosen-count")).to_have_text(f"已选 {count} 个社区")


def choose_all(page: Page) -> None:
    """Choose all listed communities of one's own territory: enough need for the smallest quota."""
    go_to_work(page)
    page.get_by_role("button", name="全选").click()
    expect(page.get_by_role("button", name="全不选")).to_be_visible()


def write(page: Page, text: str) -> None:
    """Open the message page and write; waits until the check has answered."""
    page.get_by_role("button", name="写消息").click()
    page.get_by_label("写什么").fill(text)
    expect(page.locator(".verdict")).to_have_class(re.compile("is-(accept|review|refuse)"))
