"""The salesperson's story on a phone: find the need, write, send once, follow."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Stack
from tests.browser.steps import GOOD_TEXT, choose, choose_all, go_to_work, open_tab, sign_in, wait_for_map, write

pytestmark = pytest.mark.browser
Photograph = Callable[[Page, str], None]


def test_communities_are_ranked_with_need_and_margin(phone: Page, stack: Stack, photograph: Photograph) -> None:
    phone.goto(stack.app_url)
    photograph(phone, "login")
    sign_in(phone, stack)
    go_to_work(phone)
    rows = phone.locator(".row")
    expect(rows).to_have_count(30)
    assert [int(rank) for rank in phone.locator(".row-rank").all_inner_texts()] == list(range(1, 31))
    first = rows.first.inner_text()
    assert re.search(r"\d+(\.\d)? k?m\b", first)
    assert re.search(r"用户 [\d,]+ 户", first)
    assert re.search(r"±\d+|少量", first)
    expect(phone.locator(".map-rank")).to_have_count(30)
    phone.wait_for_timeout(2400)  # the map glides to the communities, the toast goes
    photograph(phone, "communities")


def test_the_category_changes_list_and_map(phone: Page, stack: Stack) -> None:
    sign_in(phone, stack)
    before = phone.locator(".rows").inner_text()
    with phone.expect_response(re.compile("communities.*category=refrigerator")):
        phone.get_by_role("button", name="冰箱").click()
    expect(phone.locator(".list-head p")).to_contain_text("按冰箱需求排序")
    expect(phone.locator(".row")).to_have_count(30)
    assert phone.locator(".rows").inner_text() != before


def test_users_within_five_kilometres(phone: Page, stack: Stack, photograph: Photograph) -> None:
    sign_in(phone, stack)
    go_to_work(phone)
    phone.get_by_role("button", name="用户热力").click()
    expect(phone.locator(".total-need b")).to_have_text(re.compile(r"^[\d,]+$"))
    expect(phone.locator(".total-need small")).to_have_text(re.compile(r"^±[\d,]+$"))
    phone.wait_for_timeout(1500)  # the map glides to the ring
    box = phone.locator(".map-you").bounding_box()
    assert box is not None
    phone.touchscreen.tap(box["x"] + 9, box["y"] + 9)
    expect(phone.locator(".cell")).to_contain_text("这一格")
    photograph(phone, "users")
    with phone.expect_response(re.compile("heatmap.*radius_m=1000")):
        phone.get_by_role("button", name="1 km").click()
    expect(phone.locator(".total h2")).to_contain_text("1 公里内")


def test_the_position_comes_from_the_browser_or_from_a_tap(phone: Page, stack: Stack) -> None:
    sign_in(phone, stack)
    go_to_work(phone)
    phone.get_by_role("button", name="在地图上选位置").click()
    expect(phone.get_by_text("点一下地图，看那里的需求")).to_be_visible()
    with phone.expect_response(re.compile("communities.*datum=wgs84")) as answer:
        phone.touchscreen.tap(60, 300)
    assert "lon=120.3655" not in answer.value.url


def test_the_position_can_be_chosen_with_the_keyboard(desktop: Page, stack: Stack) -> None:
    sign_in(desktop, stack)
    desktop.get_by_role("button", name="在地图上选位置").press("Enter")
    expect(desktop.locator("canvas.maplibregl-canvas")).to_be_focused()
    with desktop.expect_response(re.compile("communities.*datum=wgs84")):
        desktop.keyboard.press("Enter")


def test_the_territory_shows_needs_with_margins_and_how_they_moved(
    phone: Page, stack: Stack, photograph: Photograph
) -> None:
    sign_in(phone, stack)
    open_tab(phone, "区域")
    expect(phone.locator(".chart[data-state=ready]")).to_have_count(2)
    expect(phone.locator(".total-need small")).to_have_text(re.compile(r"^±[\d,]+$"))
    expect(phone.locator(".compared dd").first).to_have_text(re.compile(r"^[\d,]+ ±[\d,]+$"))
    expect(phone.locator(".compared dd").last).to_have_text("少量")
    expect(phone.get_by_text(re.compile(r"比 2026-10 多 [\d,]+ 户（±[\d,]+）"))).to_be_visible()
    photograph(phone, "territory")
    phone.get_by_role("button", name="冷柜").click()
    expect(phone.get_by_text("没有足够数据看变化。")).to_be_visible()
    expect(phone.locator(".figures").last.locator("td").last).to_have_text("少量")


def test_back_closes_the_message_and_gives_the_focus_back(phone: Page, stack: Stack) -> None:
    sign_in(phone, stack)
    choose(phone, 2)
    write(phone, GOOD_TEXT)
    phone.go_back()
    expect(phone.get_by_label("写什么")).to_have_count(0)
    expect(phone.get_by_role("button", name="写消息")).to_be_focused()
    phone.get_by_role("button", name="写消息").click()
    expect(phone.get_by_label("写什么")).to_have_value(GOOD_TEXT)
    phone.get_by_role("button", name="返回").click()
    expect(phone.get_by_role("button", name="写消息")).to_be_focused()


def test_the_live_check_marks_the_span_and_says_why(phone: Page, stack: Stack, photograph: Photograph) -> None:
    sign_in(phone, stack)
    choose(phone, 4)
    phone.wait_for_timeout(2000)  # the toast goes
    photograph(phone, "chosen")
    write(phone, "老空调以旧换新，详询13812345678。")
    expect(phone.locator(".verdict")).to_have_class(re.compile("is-refuse"))
    expect(phone.locator("mark")).to_have_text(["13812345678"])
    expect(phone.locator(".findings li").first).to_contain_text("号")
    expect(phone.get_by_role("button", name=re.compile("^发送"))).to_be_disabled()
    photograph(phone, "check")
    phone.get_by_label("写什么").fill("老空调")
    expect(phone.locator(".findings li")).to_have_count(1)
    expect(phone.locator("mark")).to_have_count(0)
    phone.get_by_label("写什么").fill(GOOD_TEXT)
    expect(phone.locator(".verdict")).to_have_class(re.compile("is-accept"))
    expect(phone.locator("mark")).to_have_count(0)
    expect(phone.locator(".sms-bubble")).to_contain_text(f"】{GOOD_TEXT}")
    expect(phone.locator(".sms-size")).to_have_text(re.compile(r"^1 条短信 · \d+ 字$"))


def test_a_double_tap_sends_once_and_the_broadcast_can_be_followed(
    phone: Page, stack: Stack, photograph: Photograph
) -> None:
    text = f"{GOOD_TEXT}第{secrets.randbelow(9000) + 1000}期"
    requests: list[str] = []
    sign_in(phone, stack)
    choose_all(phone)
    write(phone, text)
    phone.on("request", lambda seen: requests.append(seen.url) if seen.method == "POST" else None)
    phone.wait_for_timeout(2000)  # the toast goes
    photograph(phone, "message")
    phone.get_by_role("button", name=re.compile("^发送")).dblclick(delay=5)
    card = phone.locator(".broadcast", has_text=text)
    expect(card).to_have_count(1)
    assert len([url for url in requests if url.endswith("/broadcasts")]) == 1
    if stack.stub:
        assert stack.stub.sent == 1
    expect(phone.locator(".demo")).to_contain_text("演示环境")
    phone.wait_for_timeout(2200)  # the toast goes
    photograph(phone, "broadcasts")
    card.get_by_role("button", name="暂停").click()
    expect(card).to_have_attribute("data-state", "paused")
    card.get_by_role("button", name="继续").click()
    expect(card).to_have_attribute("data-state", "accepted")
    card.get_by_role("button", name="取消发送").click()
    card.locator(".van-button--danger").click()
    expect(card).to_have_attribute("data-state", "cancelled")


def test_an_interrupted_send_is_repeated_with_the_same_key(phone: Page, stack: Stack) -> None:
    text = f"{GOOD_TEXT}第{secrets.randbelow(9000) + 1000}季"
    keys: list[str] = []
    sign_in(phone, stack)
    choose_all(phone)
    write(phone, text)

    def lose_the_first_answer(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    phone.route(re.compile("/v1/yingxiaobao/broadcasts$"), lose_the_first_answer)
    phone.get_by_role("button", name=re.compile("^发送")).click()
    expect(phone.get_by_text("可放心再点一次发送，不会重复")).to_be_visible()
    phone.get_by_role("button", name=re.compile("^发送")).click()
    expect(phone.locator(".broadcast", has_text=text)).to_have_count(1)
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_an_expired_session_asks_again_over_the_open_page(phone: Page, stack: Stack, photograph: Photograph) -> None:
    sign_in(phone, stack)
    choose(phone, 3)
    write(phone, GOOD_TEXT)
    is_over = True

    def refuse(route: Route) -> None:
        if is_over and route.request.method == "POST":
            allowed = {"Access-Control-Allow-Origin": "*"}
            route.fulfill(status=401, headers=allowed, content_type="application/problem+json", body="{}")
        else:
            route.continue_()

    phone.route(re.compile("/v1/(auth/refresh|yingxiaobao/broadcasts/preview)$"), refuse)
    phone.get_by_label("写什么").fill(f"{GOOD_TEXT}再来一句")
    expect(phone.get_by_text("正在写的内容不会丢")).to_be_visible()
    photograph(phone, "again")
    is_over = False
    phone.get_by_label("密码").fill(stack.password)
    phone.get_by_role("button", name="登录").click()
    expect(phone.get_by_label("密码")).to_have_count(0)
    expect(phone.get_by_label("写什么")).to_have_value(f"{GOOD_TEXT}再来一句")
    expect(phone.locator(".sms-bubble")).to_contain_text("再来一句")


def test_the_text_outlives_a_session_that_ended_while_the_page_was_closed(phone: Page, stack: Stack) -> None:
    sign_in(phone, stack)
    choose(phone, 2)
    write(phone, GOOD_TEXT)
    phone.evaluate(
        """sessionStorage.setItem("fieldreach.session",
            JSON.stringify({ access_token: "x".repeat(20), refresh_token: "x".repeat(43) }))"""
    )
    phone.reload()
    expect(phone.get_by_label("密码")).to_be_visible()
    sign_in(phone, stack)
    phone.get_by_role("button", name="写消息").click()
    expect(phone.get_by_label("写什么")).to_have_value(GOOD_TEXT)


def test_the_log_in_says_when_it_is_refused(phone: Page, stack: Stack) -> None:
    phone.goto(stack.app_url)
    phone.get_by_label("账号").fill(stack.login)
    phone.get_by_label("密码").fill("nothing like it")
    phone.get_by_role("button", name="登录").click()
    expect(phone.get_by_role("alert")).to_have_text("账号或密码不对。")


def test_no_network_is_said_in_words_and_can_be_retried(phone: Page, stack: Stack) -> None:
    sign_in(phone, stack)
    phone.context.set_offline(True)
    phone.get_by_role("button", name="冰箱").click()
    expect(phone.locator(".map-trouble")).to_contain_text("网络不通")
    phone.context.set_offline(False)
    phone.get_by_role("button", name="重试").click()
    expect(phone.locator(".map-trouble")).to_have_count(0)
    expect(phone.locator(".list-head p")).to_contain_text("冰箱")


def test_english_by_switch(phone: Page, stack: Stack, photograph: Photograph) -> None:
    sign_in(phone, stack)
    phone.get_by_role("button", name="我的").click()
    photograph(phone, "mine")
    phone.get_by_role("button", name="English").click()
    expect(phone.get_by_role("heading", name="My territory")).to_be_visible()
    phone.reload()
    wait_for_map(phone)
    expect(phone.get_by_role("button", name=re.compile("air conditioner", re.IGNORECASE))).to_be_visible()


def test_list_and_map_stand_side_by_side_on_a_desktop(desktop: Page, stack: Stack, photograph: Photograph) -> None:
    sign_in(desktop, stack)
    go_to_work(desktop)
    desktop.wait_for_timeout(2400)  # the map glides to the communities, the toast goes
    sheet, tools = (desktop.locator(name).bounding_box() for name in (".sheet", ".map-tools"))
    assert sheet is not None
    assert tools is not None
    assert sheet["x"] + sheet["width"] <= tools["x"]
    photograph(desktop, "desktop")
