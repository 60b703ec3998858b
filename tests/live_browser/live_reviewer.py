"""The reviewer's story: doubtful texts are read and decided, and their writers learn how."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from playwright.sync_api import Page, expect

from stack.read_routes import HERE
from tests.browser.steps import open_tab, sign_in_as
from tests.live_browser.access import check_access

if TYPE_CHECKING:
    from stack.demo_client import FieldClient, Json
    from tests.live_browser.house import House
    from tests.live_browser.screens import Album

DOUBTFUL = "秋季焕新开始了，详情请看门店小程序"


def ask_for_doubtful(client: FieldClient, ending: str) -> Json:
    """Ask for a broadcast whose text a person must read first."""
    near = client.get("/v1/yingxiaobao/communities", **HERE, category="air_conditioner", limit="30")
    codes = [row["community_code"] for row in near["communities"]]
    asked = {"community_codes": codes, "category": "air_conditioner", "body": DOUBTFUL + ending, "quota": 50}
    broadcast = client.post("/v1/yingxiaobao/broadcasts", asked, key=str(uuid4()))
    assert broadcast["state"] == "in_review"
    return broadcast


def test_one_text_is_refused_and_one_approved_and_their_writer_learns_it(
    page: Page, house: House, album: Album
) -> None:
    writer = house.sign_in(house.lend_salesperson(broadcasts=2))
    asked = [ask_for_doubtful(writer, ending) for ending in ("吧。", "了解。")]
    reviewer = house.find_account("reviewer")
    sign_in_as(page, reviewer, reviewer.login)
    cards = page.locator(".review")
    expect(cards).to_have_count(2)
    expect(cards.first.locator("mark")).to_have_text(["小程序"])
    check_access(page)
    album.take(page, "reviews-queue")
    refuse(page, album)
    expect(cards).to_have_count(1)
    cards.get_by_role("button", name="通过", exact=True).click()
    cards.get_by_role("button", name="说法有依据").click()
    cards.get_by_role("button", name="通过", exact=True).click()
    expect(page.get_by_text("没有待审核的内容")).to_be_visible()
    check_access(page)
    states = [writer.get(f"/v1/yingxiaobao/broadcasts/{one['broadcast_id']}")["state"] for one in asked]
    assert states[0] == "refused"
    assert states[1] in {"accepted", "done"}
    open_tab(page, "我的")
    check_access(page)


def refuse(page: Page, album: Album) -> None:
    """Refuse the oldest text, which needs a reason."""
    first = page.locator(".review").first
    first.get_by_role("button", name="不通过").click()
    expect(first.locator(".van-button--danger")).to_be_disabled()
    first.get_by_role("button", name="绝对化用语").click()
    check_access(page)
    album.take(page, "reviews-reason")
    first.locator(".van-button--danger").click()
