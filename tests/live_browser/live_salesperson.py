"""The salesperson's story: see the need, write to those who have it, and have each told once and nobody twice."""

from __future__ import annotations

import math
import re
import secrets
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.browser.steps import choose_all, go_to_work, open_tab, sign_in, write
from tests.live_browser.access import check_access

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from stack.demo_client import FieldClient, Json
    from tests.live_browser.house import House
    from tests.live_browser.screens import Album
    from tests.live_browser.witness import Witness

DAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日", "本周", "下周")
GIFTS = ("免费上门拆旧", "免费清洗滤网", "免费上门测量", "赠送一年清洗", "分期免息", "延保两年", "免费移机")
SHOPS = ("福州路", "台东", "李村", "香港中路", "城阳", "山东路", "辽阳西路", "敦化路", "宁夏路", "江西路", "延安三路")
NO_OUTCOMES = r"status of 404.*/v1/yingxiaobao/outcomes"
DONE_WITHIN_MS = 150_000
GLIDES_MS = 2400  # the map glides to what was found, the toast goes


def make_text() -> str:
    """Return a good text that hardly anybody else has sent: the same one twice to the same people is refused."""
    day, gift, shop = (secrets.choice(words) for words in (DAYS, GIFTS, SHOPS))
    return f"老空调以旧换新，{day}到店享{gift}，欢迎来{shop}店看看。"


def find_broadcasts(client: FieldClient, text: str) -> list[Json]:
    """Return the account's broadcasts with a text."""
    items = client.get("/v1/yingxiaobao/broadcasts")["items"]
    return [item for item in items if text in item["final_text"]]


def test_the_need_around_here_is_seen_in_list_map_and_ring(
    page: Page, house: House, witness: Witness, album: Album
) -> None:
    witness.expect(NO_OUTCOMES)  # in the city's first month no campaign has come to its end
    account = house.lend_salesperson()
    page.goto(account.app_url)
    page.get_by_label("账号").wait_for()
    check_access(page)
    album.take(page, "yingxiaobao-login")
    sign_in(page, account)
    go_to_work(page)
    expect(page.locator(".row")).to_have_count(30)
    expect(page.locator(".map-rank")).to_have_count(30)
    assert re.search(r"±\d+|少量", page.locator(".row").first.inner_text())
    page.wait_for_timeout(GLIDES_MS)
    check_access(page)
    album.take(page, "yingxiaobao-communities")
    album.take(page, "yingxiaobao-desktop", on="desktop")
    see_another_category(page)
    see_the_ring(page, album)
    see_the_territory(page, album)
    for tab, shown in (("成效", ".page h1"), ("我的", ".me")):
        open_tab(page, tab)
        page.locator(shown).first.wait_for()
        page.get_by_role("status", name="载入中").wait_for(state="detached")
        check_access(page)
    album.take(page, "yingxiaobao-mine")


def see_another_category(page: Page) -> None:
    """Switch to refrigerators: list and map are of them."""
    before = page.locator(".rows").inner_text()
    with page.expect_response(re.compile("communities.*category=refrigerator")):
        page.get_by_role("button", name="冰箱").click()
    expect(page.locator(".list-head p")).to_contain_text("按冰箱需求排序")
    assert page.locator(".rows").inner_text() != before


def see_the_territory(page: Page, album: Album) -> None:
    """Read the users and needs of one's own districts, with margins; the first screen is photographed."""
    open_tab(page, "区域")
    expect(page.locator(".page .total-need small")).to_have_text(re.compile(r"^±[\d,]+$"))
    page.locator(".chart[data-state=ready] canvas").first.wait_for()
    expect(page.locator(".compared dd").first).to_have_text(re.compile(r"^[\d,]+ ±[\d,]+$"))
    check_access(page)
    album.take(page, "yingxiaobao-territory")


def see_the_ring(page: Page, album: Album) -> None:
    """Look at the hexagons within five kilometres, at one of them, and within one kilometre."""
    page.get_by_role("button", name="用户热力").click()
    expect(page.locator(".total-need b")).to_have_text(re.compile(r"^[\d,]+$"))
    expect(page.locator(".total-need small")).to_have_text(re.compile(r"^±[\d,]+$"))
    page.wait_for_timeout(GLIDES_MS)
    tap_a_figure(page)
    check_access(page)
    album.take(page, "yingxiaobao-users")
    with page.expect_response(re.compile("heatmap.*radius_m=1000")):
        page.get_by_role("button", name="1 km").click()
    expect(page.locator(".total h2")).to_contain_text("1 公里内")
    page.get_by_role("button", name="社区热力").click()


def tap_a_figure(page: Page) -> None:
    """Tap hexagons around oneself until one tells its need; many are too small to be told."""
    box = page.locator(".map-you").bounding_box()
    assert box is not None
    told = page.locator(".cell")
    for step in range(24):
        reach, angle = 22 * (step // 8 + 1), step * math.pi / 4
        page.mouse.click(box["x"] + 9 + reach * math.cos(angle), box["y"] + 9 + reach * math.sin(angle))
        if told.count() > 0 and "±" in told.inner_text():
            break
    expect(told).to_contain_text("这一格")


def test_a_double_tap_tells_each_planned_household_once(page: Page, house: House, album: Album) -> None:
    account = house.lend_salesperson(broadcasts=2)
    text = make_text()
    sign_in(page, account)
    choose_all(page)
    page.wait_for_timeout(GLIDES_MS)
    album.take(page, "yingxiaobao-chosen")
    be_corrected(page, text, album)
    page.get_by_role("button", name=re.compile("^发送")).dblclick(delay=5)
    card = page.locator(".broadcast", has_text=text)
    expect(card).to_have_count(1)
    check_access(page)
    [broadcast] = find_broadcasts(house.sign_in(account), text)
    counts = house.count_messages(str(broadcast["broadcast_id"]))
    left = sum(count for state, count in counts.items() if state != "skipped")
    arrived = house.carrier.find_arrived(str(broadcast["final_text"]))
    assert 0 < left <= broadcast["quota"]
    assert len(arrived) == len(set(arrived)) == left
    assert house.carrier.get_stats()["duplicates"] == 0
    cancel_another(page, album)
    expect(card).to_have_attribute("data-state", "done", timeout=DONE_WITHIN_MS)
    expect(card).not_to_contain_text(re.compile(rf"\b{left} ?户"))
    album.take(page, "yingxiaobao-broadcasts")


def be_corrected(page: Page, text: str, album: Album) -> None:
    """Write with a forbidden stretch, see it marked, correct it, and see the text message as it will arrive."""
    write(page, "老空调以旧换新，详询13812345678。")
    expect(page.locator(".verdict")).to_have_class(re.compile("is-refuse"))
    expect(page.locator("mark")).to_have_text(["13812345678"])
    expect(page.get_by_role("button", name=re.compile("^发送"))).to_be_disabled()
    check_access(page)
    album.take(page, "yingxiaobao-check")
    page.get_by_label("写什么").fill(text)
    expect(page.locator(".verdict")).to_have_class(re.compile("is-accept"))
    expect(page.locator("mark")).to_have_count(0)
    expect(page.locator(".sms-bubble")).to_contain_text(f"】{text}")
    expect(page.locator(".sms-size")).to_have_text(re.compile(r"^1 条短信 · \d+ 字$"))
    check_access(page)
    page.locator(".sms").scroll_into_view_if_needed()
    album.take(page, "yingxiaobao-message")


def cancel_another(page: Page, album: Album) -> Locator:
    """Send a second broadcast and take it back before it has come to its end."""
    text = make_text()
    open_tab(page, "地图")
    choose_all(page)
    write(page, text)
    page.get_by_role("button", name=re.compile("^发送")).click()
    card = page.locator(".broadcast", has_text=text)
    card.get_by_role("button", name="取消发送").click()
    card.locator(".van-button--danger").click()
    expect(card).to_have_attribute("data-state", "cancelled")
    album.take(page, "yingxiaobao-cancelled")
    return card
