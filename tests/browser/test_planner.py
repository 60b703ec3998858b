"""The planner's story on a phone: read the radars, invite by a card, talk masked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stack
from tests.browser.steps import open_tab, sign_in_as
from tests.browser.stub_planner import TalkState, make_invitation, make_line

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("talk")]
Photograph = Callable[..., None]
PLANNER = "wang.qihua"
INVITING = "想听听您用冰箱时的烦恼，聊十分钟就好，愿意的话请点链接。"
CHART = ".chart[data-state=ready] canvas"


def test_pains_are_drawn_and_listed_with_margins_and_the_small_ones_are_not_told(
    phone: Page, stack: Stack, photograph: Photograph
) -> None:
    loaded: list[str] = []
    phone.on("request", lambda seen: loaded.append(seen.url))
    sign_in_as(phone, stack, PLANNER)
    expect(phone).to_have_title("交互宝")
    phone.locator(CHART).wait_for()
    assert not [url for url in loaded if "maplibre-gl" in url and url.endswith(".mjs")]
    rows = phone.locator(".item")
    expect(rows).to_have_count(7)
    expect(rows.first.locator("small")).to_have_text(re.compile(r"^±[\d.]+$"))
    expect(rows.last).to_contain_text("少量")
    expect(rows.last).not_to_contain_text("±")
    photograph(phone, "pains", app="jiaohubao")
    rows.first.locator("button").click()
    expect(phone.locator(CHART)).to_have_count(2)
    expect(rows.first).to_contain_text("不是任何人的原话")
    rows.first.scroll_into_view_if_needed()
    photograph(phone, "pain", app="jiaohubao")
    rows.last.locator("button").click()
    expect(rows.last.locator("dd").first).to_have_text("没有足够数据")


def test_the_filters_ask_for_what_is_chosen_and_the_export_asks_the_same(phone: Page, stack: Stack) -> None:
    sign_in_as(phone, stack, PLANNER)
    phone.locator(CHART).wait_for()
    with phone.expect_response(re.compile(r"pain-points\?district=370203")):
        phone.get_by_label("地区").select_option("370203")
    with phone.expect_response(re.compile("month=2026-09")):
        phone.get_by_label("月份").select_option("2026-09")
    with phone.expect_response(re.compile("category=washing_machine")):
        phone.get_by_role("button", name="洗衣机", exact=True).click()
    expect(phone.locator(".item")).to_have_count(3)
    with phone.expect_download() as download, phone.expect_request(re.compile(r"\.csv\?")) as asked:
        phone.get_by_role("button", name="导出 CSV").click()
    assert asked.value.url.endswith("pain-points.csv?district=370203&month=2026-09&category=washing_machine")
    assert Path(download.value.path()).read_text(encoding="utf-8-sig").startswith("release_id,radar")


def test_interests_and_topics_are_indexes_on_the_nation(phone: Page, stack: Stack, photograph: Photograph) -> None:
    sign_in_as(phone, stack, PLANNER)
    phone.get_by_role("button", name="兴趣").click()
    expect(phone.locator("[data-radar=interests] .chart-legend")).to_contain_text("全国 = 100")
    expect(phone.get_by_text("兴趣不按品类发布。")).to_be_visible()
    phone.locator(CHART).wait_for()
    photograph(phone, "interests", app="jiaohubao")
    phone.get_by_role("button", name="生活圈").click()
    expect(phone.locator(".suggestions li")).to_have_count(1)
    phone.locator(".item button").first.click()
    expect(phone.locator(".item-words")).to_contain_text("短视频、论坛问答")
    phone.locator(CHART).nth(1).wait_for()
    photograph(phone, "life-circle", app="jiaohubao")


def test_a_radar_says_when_it_is_offline_and_can_be_asked_again(phone: Page, stack: Stack) -> None:
    sign_in_as(phone, stack, PLANNER)
    phone.locator(CHART).wait_for()
    phone.context.set_offline(True)
    phone.get_by_role("button", name="兴趣").click()
    expect(phone.get_by_role("alert")).to_contain_text("网络不通")
    expect(phone.locator(".item")).to_have_count(0)
    phone.context.set_offline(False)
    phone.get_by_role("button", name="重试").click()
    expect(phone.locator(".item")).to_have_count(3)


def test_a_chart_that_does_not_load_leaves_the_list(phone: Page, stack: Stack) -> None:
    phone.route("**/vendor/echarts.mjs", lambda route: route.abort())
    sign_in_as(phone, stack, PLANNER)
    expect(phone.get_by_text("图没有载入")).to_be_visible()
    expect(phone.locator(".item")).to_have_count(7)


def test_a_double_tap_invites_once_and_the_list_says_no_more_than_the_slot(
    phone: Page, stack: Stack, talk: TalkState, photograph: Photograph
) -> None:
    sign_in_as(phone, stack, PLANNER)
    open_tab(phone, "活跃用户")
    card = phone.locator(".persona").first
    expect(card.get_by_role("heading")).to_have_text("一位符合条件的用户")
    expect(phone.locator(".persona")).to_have_count(5)
    photograph(phone, "cards", app="jiaohubao")
    card.get_by_role("button", name="写邀请").click()
    phone.get_by_label("写什么").fill("想听听您的烦恼，请打13812345678。")
    expect(phone.locator("mark")).to_have_text(["13812345678"])
    expect(phone.get_by_role("button", name="发送邀请")).to_be_disabled()
    phone.get_by_label("写什么").fill(INVITING)
    expect(phone.locator(".verdict")).to_have_class(re.compile("is-accept"))
    photograph(phone, "invite", app="jiaohubao")
    phone.get_by_role("button", name="发送邀请").dblclick(delay=5)
    expect(phone.locator(".broadcast[data-state=waiting]", has_text=INVITING)).to_have_count(1)
    assert talk.sent == 1


def test_an_invitation_being_written_outlives_a_reload(phone: Page, stack: Stack) -> None:
    sign_in_as(phone, stack, PLANNER)
    for text in ("", INVITING):
        open_tab(phone, "活跃用户")
        phone.get_by_role("button", name="写邀请").first.click()
        expect(phone.get_by_label("写什么")).to_have_value(text)
        phone.get_by_label("写什么").fill(INVITING)
        phone.reload()
        phone.locator(".tabs").wait_for()


def test_cards_are_filtered_and_none_is_said_in_words(phone: Page, stack: Stack) -> None:
    sign_in_as(phone, stack, PLANNER)
    open_tab(phone, "活跃用户")
    phone.get_by_role("button", name="再看几张").click()
    expect(phone.locator(".persona")).to_have_count(10)
    with phone.expect_response(re.compile(r"active-users\?activity=very_active&limit=5$")):
        phone.get_by_label("活跃程度").select_option("very_active")
    expect(phone.get_by_text("没有合适的名片")).to_be_visible()


def test_states_of_invitations_are_said_in_words(
    phone: Page, stack: Stack, talk: TalkState, photograph: Photograph
) -> None:
    talk.invitations.extend(make_invitation(INVITING, state) for state in ("accepted", "sent", "expired"))
    sign_in_as(phone, stack, PLANNER)
    open_tab(phone, "对话")
    phone.get_by_role("group", name="对话").get_by_role("button", name="邀请").click()
    expect(phone.locator(".state")).to_have_text(["已回复", "已发送", "已过期"])
    photograph(phone, "invitations", app="jiaohubao")


def test_talk_is_read_answered_once_and_a_refused_line_is_marked_and_kept(
    phone: Page, stack: Stack, talk: TalkState, photograph: Photograph
) -> None:
    talk.lines.append(make_line("user", "可以聊，我电话是[masked]，晚上有空。"))
    sign_in_as(phone, stack, PLANNER)
    open_tab(phone, "对话")
    expect(phone.get_by_label("1 条未读")).to_be_visible()
    photograph(phone, "inbox", app="jiaohubao")
    phone.locator(".talk-row").click()
    expect(phone.locator(".line.is-user")).to_contain_text("[masked]")
    phone.get_by_label("回复").fill("请打13812345678。")
    phone.get_by_role("button", name="回复", exact=True).click()
    expect(phone.locator("mark")).to_have_text(["13812345678"])
    expect(phone.get_by_label("回复")).to_have_value("请打13812345678。")
    phone.get_by_label("回复").fill("谢谢，今晚八点聊聊好吗？")
    phone.get_by_role("button", name="回复", exact=True).dblclick(delay=5)
    expect(phone.locator(".line.is-planner")).to_have_count(1)
    expect(phone.get_by_label("回复")).to_have_value("")
    assert [line["speaker"] for line in talk.lines] == ["user", "planner"]
    assert talk.reads > 0
    photograph(phone, "talk", app="jiaohubao")
