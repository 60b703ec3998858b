"""The page with the phones, driven in a browser at the size of a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.field_apps_mock.conftest import NUMBER, PHONE, Gateway
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twilio.rest import Client

    from field_apps_mock.carrier.server import RunningCarrier

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser, carrier: RunningCarrier) -> Iterator[Page]:
    """Open a phone-sized browser page; anything on its error console fails the test."""
    del carrier  # asked for only so that the page, which keeps asking it, is closed before it stops
    problems: list[str] = []
    page = chromium.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    yield page
    page.close()
    assert problems == []


def test_a_phone_shows_its_message_and_writes_back(
    page: Page, carrier: RunningCarrier, client: Client, gateway: Gateway
) -> None:
    hostile = "【青禾电器】<b>冰箱</b>换新 <script>alert(1)</script> 拒收请回复R"
    sid = client.messages.create(to=PHONE, from_=NUMBER, body=hostile).sid
    wait_until(lambda: client.messages(sid).fetch().status == "delivered")
    page.goto(carrier.url)
    page.get_by_role("button", name="154 1234 5678").click()
    expect(page.locator(".bubble")).to_have_text(hostile)
    expect(page.locator("#sender")).to_have_text("青禾电器")
    page.get_by_role("button", name="退订", exact=True).click()
    page.get_by_role("button", name="发送").click()
    expect(page.locator(".bubble.own")).to_have_text("退订")
    assert gateway.wait_for(1)[0].fields["Body"] == "退订"
    page.get_by_role("button", name="返回手机列表").click()
    expect(page.locator(".preview")).to_have_text("我：退订")


def test_an_empty_carrier_says_what_to_do_and_search_finds_by_digits(
    page: Page, carrier: RunningCarrier, client: Client
) -> None:
    page.goto(carrier.url)
    expect(page.locator("#phones .empty")).to_contain_text("还没有短信到达")
    for ending in ("1111", "2222"):
        client.messages.create(to=f"+861540000{ending}", from_=NUMBER, body="【青禾电器】您好")
    expect(page.locator(".phones button")).to_have_count(2)
    page.get_by_label("按号码查找").fill("2222")
    expect(page.locator(".number")).to_have_count(1)
    expect(page.locator(".number")).to_have_text("154 0000 2222")


def test_nothing_is_wider_than_a_small_phone(page: Page, carrier: RunningCarrier, client: Client) -> None:
    client.messages.create(to=PHONE, from_=NUMBER, body="【青禾电器】" + "一二三四五" * 30 + "a" * 90)
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(f"{carrier.url}/#{PHONE}")
    expect(page.locator(".bubble")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    box = page.locator(".send").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 320
    assert box["height"] >= 44
