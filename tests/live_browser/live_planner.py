"""The planner's story: read the radars, invite the person behind a card, and talk with neither seeing the other."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.browser.steps import open_tab, sign_in_as
from tests.live_browser.access import check_access
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.live_browser.house import House
    from tests.live_browser.screens import Album

CHART = ".chart[data-state=ready] canvas"
LINK = re.compile(r"https?://\S+/t/[A-Za-z0-9_-]{22}")
ARRIVES_WITHIN_S, COMES_OVER_WITHIN_MS = 60, 60_000
TIMES = ("平时", "早上", "晚上", "周末", "夏天", "冬天", "下厨时", "换季时", "近来", "以往", "过年时", "下班后")
THINGS = ("家电", "电器", "厨房电器", "大件家电", "家里的电器", "老家电", "新家电", "常用家电")
MATTERS = ("感受", "习惯", "烦恼", "顾虑", "期望", "小窍门", "不便", "想法", "担心", "喜好")
RADARS = (("痛点", "pain-points"), ("兴趣", "interests"), ("生活圈", "life-circle"))


def test_radars_are_read_filtered_and_exported(page: Page, house: House, album: Album) -> None:
    planner = house.find_account("planner")
    sign_in_as(page, planner, planner.login)
    page.locator(CHART).first.wait_for()
    album.take(page, "jiaohubao-pains")
    for words, radar in RADARS:
        page.get_by_role("group", name="雷达").get_by_role("button", name=words).click()
        page.locator(f"[data-radar={radar}]").wait_for()
        page.locator(CHART).first.wait_for()
        check_access(page)
        if radar != "pain-points":
            album.take(page, f"jiaohubao-{radar}")
        page.locator(".item button").first.click()
        expect(page.locator(".item-more")).to_be_visible()
        check_access(page)
        export(page, radar)
    page.get_by_role("group", name="雷达").get_by_role("button", name="痛点").click()
    narrow(page)


def export(page: Page, radar: str) -> None:
    """Save what is shown as a file, and read the file."""
    with page.expect_download() as download:
        page.get_by_role("button", name="导出 CSV").click()
    assert download.value.suggested_filename.startswith(radar)
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("release_id,as_of,month")
    assert len(lines) > 1


def narrow(page: Page) -> None:
    """Ask for one district, one month and one product; the answer is of them."""
    with page.expect_response(re.compile(r"pain-points\?district=370203")):
        page.get_by_label("地区").select_option("370203")
    month = page.get_by_label("月份").locator("option").nth(1).get_attribute("value")
    with page.expect_response(re.compile(f"month={month}")):
        page.get_by_label("月份").select_option(month)
    with page.expect_response(re.compile("category=washing_machine")) as answer:
        page.get_by_role("button", name="洗衣机", exact=True).click()
    asked = answer.value.json()
    assert (asked["month"], asked["category"]) == (month, "washing_machine")
    expect(page.locator(".card h2").first).to_contain_text(str(month))


def test_somebody_is_invited_and_answers_by_phone_and_page(page: Page, house: House, album: Album) -> None:
    planner = house.find_account("planner")
    sign_in_as(page, planner, planner.login)
    text = f"想请教您{secrets.choice(TIMES)}用{secrets.choice(THINGS)}时的{secrets.choice(MATTERS)}，愿意的话请回复"
    invite(page, text, album)
    phone, message = find_arrival(house, text)
    answer_by_phone(page, house, phone=phone)
    open_talk(page, album)
    page.get_by_label("回复").fill("谢谢，夜里也响吗？")
    page.get_by_role("button", name="回复", exact=True).dblclick(delay=5)
    expect(page.locator(".line.is-planner")).to_have_count(1)
    link = LINK.search(message)
    assert link is not None
    answer_on_page(page, link[0], album)
    expect(page.locator(".line.is-user")).to_have_count(2, timeout=COMES_OVER_WITHIN_MS)
    expect(page.locator(".lines")).not_to_contain_text(re.compile("13912345678|张三丰"))
    check_access(page)
    album.take(page, "jiaohubao-talk")


def invite(page: Page, text: str, album: Album) -> None:
    """Choose the first card, be told that a number may not be written, write without one, and tap twice."""
    open_tab(page, "活跃用户")
    page.locator(".persona").first.wait_for()
    check_access(page)
    album.take(page, "jiaohubao-cards")
    page.locator(".persona").first.get_by_role("button", name="写邀请").click()
    page.get_by_label("写什么").fill("想听听您的烦恼，请打13812345678。")
    expect(page.locator("mark")).to_have_text(["13812345678"])
    page.get_by_label("写什么").fill(text)
    expect(page.locator(".verdict")).to_have_class(re.compile("is-accept"))
    check_access(page)
    album.take(page, "jiaohubao-invite")
    page.get_by_role("button", name="发送邀请").dblclick(delay=5)
    expect(page.locator(".broadcast", has_text=text)).to_have_count(1)
    check_access(page)


def find_arrival(house: House, text: str) -> tuple[str, str]:
    """Return phone and text of the one message that the invitation became."""
    found: list[tuple[str, str]] = []

    def has_arrived() -> bool:
        found[:] = [(phone, body) for phone, body in house.carrier.find_starting("【") if text in body]
        return bool(found)

    wait_until(has_arrived, within_s=ARRIVES_WITHIN_S)
    assert len(found) == 1
    return found[0]


def answer_by_phone(page: Page, house: House, *, phone: str) -> None:
    """Write back from the phone's own screen, with a number in it that the planner must not read."""
    inbox = page.context.new_page()
    inbox.goto(f"{house.system.installation.address('carrier')}/#{phone}")
    inbox.get_by_label("回复短信").fill("声音有点大，打我电话13912345678细说")
    inbox.get_by_role("button", name="发送", exact=True).click()
    expect(inbox.locator(".bubble.own")).to_have_count(1)
    check_access(inbox)
    inbox.close()


def open_talk(page: Page, album: Album) -> None:
    """Wait for the answer in the inbox and open the conversation."""
    page.get_by_role("group", name="对话").get_by_role("button", name="对话").click()
    row = page.locator(".talk-row", has=page.locator(".unread")).first
    row.wait_for(timeout=COMES_OVER_WITHIN_MS)
    check_access(page)
    album.take(page, "jiaohubao-inbox")
    row.click()
    expect(page.locator(".line.is-user")).to_have_count(1)
    expect(page.locator(".line.is-user")).to_contain_text("[masked]")


def answer_on_page(page: Page, link: str, album: Album) -> None:
    """Open the one-time page of the link, read the planner's line there, and answer with a name in it."""
    theirs = page.context.new_page()

    def has_come_over() -> bool:
        theirs.goto(link)
        return theirs.get_by_text("夜里也响吗").count() > 0

    wait_until(has_come_over, within_s=ARRIVES_WITHIN_S)
    check_access(theirs)
    album.take(theirs, "invited-page")
    theirs.locator("textarea").fill("夜里更响，我叫张三丰")
    theirs.locator("button[value=say]").click()
    expect(theirs.get_by_text("已收到")).to_be_visible()
    check_access(theirs)
    theirs.close()
