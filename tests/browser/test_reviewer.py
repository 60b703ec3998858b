"""The reviewer's story on a phone, and the salesperson's outcomes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stack
from tests.browser.steps import open_tab, sign_in_as
from tests.browser.stub_planner import TalkState, make_review

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("talk")]
Photograph = Callable[..., None]
REVIEWER = "zhao.shen"


def test_a_doubtful_text_is_read_with_its_finding_and_decided_with_a_reason(
    phone: Page, stack: Stack, talk: TalkState, photograph: Photograph
) -> None:
    talk.reviews.append(make_review("全城最省心的以旧换新，本周到店免费上门拆旧。", "最省心"))
    talk.reviews.append(make_review("顶级保鲜冰箱到店体验，欢迎来看看。", "顶级"))
    sign_in_as(phone, stack, REVIEWER)
    cards = phone.locator(".review")
    expect(cards).to_have_count(2)
    first = cards.first
    expect(first.locator("mark")).to_have_text(["最省心"])
    expect(first).to_contain_text("市南区：八大关、香港路")
    photograph(phone, "queue", app="reviews")
    first.get_by_role("button", name="不通过").click()
    expect(first.locator(".van-button--danger")).to_be_disabled()
    first.get_by_role("button", name="绝对化用语").click()
    photograph(phone, "reason", app="reviews")
    first.locator(".van-button--danger").click()
    expect(cards).to_have_count(1)
    cards.get_by_role("button", name="通过", exact=True).click()
    cards.get_by_role("button", name="说法有依据").click()
    cards.get_by_role("button", name="通过", exact=True).click()
    expect(phone.get_by_text("没有待审核的内容")).to_be_visible()
    assert talk.decisions == [
        {"decision": "refuse", "reason": "absolute_claim"},
        {"decision": "approve", "reason": "proven"},
    ]


def test_of_many_communities_a_few_are_named_and_the_others_counted(phone: Page, stack: Stack, talk: TalkState) -> None:
    names = [f"第{place}社区" for place in range(1, 31)]
    area = {"district": "市南区", "communities": names, "elsewhere": True}
    talk.reviews.append(make_review("全城最省心的以旧换新，欢迎到店。", "最省心") | {"areas": [area]})
    sign_in_as(phone, stack, REVIEWER)
    told = phone.locator(".review .note li")
    expect(told).to_have_text("市南区：第1社区、第2社区、第3社区、第4社区、第5社区等 30 个社区、社区以外")


def test_a_text_of_ones_own_is_left_to_others_in_kind_words(phone: Page, stack: Stack, talk: TalkState) -> None:
    talk.reviews.append(make_review("全城最省心的以旧换新，欢迎到店。", "最省心", is_own=True))
    sign_in_as(phone, stack, REVIEWER)
    phone.get_by_role("button", name="通过", exact=True).click()
    phone.get_by_role("button", name="没有问题").click()
    phone.get_by_role("button", name="通过", exact=True).click()
    expect(phone.get_by_role("alert")).to_contain_text("请另一位同事来审核")
    assert talk.decisions == []


def test_outcomes_say_lift_with_its_margin_and_few_where_nothing_can_be_told(
    phone: Page, stack: Stack, photograph: Photograph
) -> None:
    sign_in_as(phone, stack, stack.login)
    open_tab(phone, "成效")
    places = phone.locator(".outcomes")
    expect(places).to_have_count(3)
    expect(places.first.locator(".lift dd")).to_have_text(re.compile(r"^5\.6 个百分点\s*±2\.4$"))
    expect(places.last.locator(".lift")).to_contain_text("没有足够数据")
    expect(places.last).not_to_contain_text("±")
    photograph(phone, "outcomes")
    phone.get_by_label("月份").select_option("2026-08")
    expect(phone.get_by_text("这个月还没有成效")).to_be_visible()
