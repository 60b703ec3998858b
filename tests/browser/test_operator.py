"""The operator's story on a phone: is everything at work, and what of the promise is spent."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stack
from tests.browser.steps import open_tab, sign_in_as
from tests.browser.stub_operations import PumpState, make_report
from tests.browser.test_contrast import check

pytestmark = pytest.mark.browser
OPERATOR = "sun.yunwei"
ASKED_WITHIN_MS = 15_000


@pytest.fixture
def pump(stack: Stack) -> PumpState:
    """Give what the stub's pump says, as it is when all is well; a running stack is not touched."""
    if stack.stub is None:
        pytest.skip("needs the stub API")
    stack.stub.pump = PumpState()
    return stack.stub.pump


def test_the_dashboard_says_what_is_at_work_and_what_it_cost(
    phone: Page, stack: Stack, pump: PumpState, photograph: Callable[..., None]
) -> None:
    assert not pump.is_silent
    sign_in_as(phone, stack, OPERATOR)
    expect(phone).to_have_title("运维")
    expect(phone.locator("[data-valve=open]")).to_contain_text("正常")
    expect(phone.get_by_role("meter", name="今天")).to_have_attribute("aria-valuetext", "1,350 / 20,000 户")
    expect(phone.get_by_role("meter", name="到最新一月的滚动一年")).to_have_attribute("aria-valuetext", "ε 2.31 / 4")
    expect(phone.locator(".live")).to_have_count(3)
    expect(phone.locator(".releases li")).to_have_count(8)
    expect(phone.locator(".releases .is-refused")).to_have_count(1)
    photograph(phone, "dashboard", app="operations")
    phone.locator(".releases").scroll_into_view_if_needed()
    photograph(phone, "ledger", app="operations")
    check(phone)
    open_tab(phone, "我的")
    expect(phone.get_by_text("运维", exact=False).first).to_be_visible()


def test_a_breaker_a_refusal_and_a_silence_are_told_apart(phone: Page, stack: Stack, pump: PumpState) -> None:
    pump.report = make_report("breaker", since=datetime(2026, 11, 27, 3, 58, tzinfo=UTC), doubt="raised")
    sign_in_as(phone, stack, OPERATOR)
    expect(phone.locator("[data-valve=breaker]")).to_contain_text("已熔断")
    expect(phone.locator("[data-valve=breaker] dl")).to_contain_text(re.compile("从何时起.*11:58", re.DOTALL))
    pump.report = make_report("carrier", code="20003")
    expect(phone.locator("[data-valve=carrier] b").first).to_have_text("运营商拒绝 · 20003", timeout=ASKED_WITHIN_MS)
    pump.is_silent = True
    phone.reload()
    expect(phone.locator("[data-valve=silent]")).to_contain_text("没有声音")


def test_offline_the_last_figures_stay_and_it_is_said(phone: Page, stack: Stack, pump: PumpState) -> None:
    assert pump.report
    sign_in_as(phone, stack, OPERATOR)
    expect(phone.locator(".live")).to_have_count(3)
    phone.context.set_offline(True)
    expect(phone.locator(".trouble.is-row")).to_contain_text("网络不通", timeout=ASKED_WITHIN_MS)
    expect(phone.locator(".offline")).to_be_visible()
    expect(phone.locator(".live")).to_have_count(3)
    phone.context.set_offline(False)
    phone.get_by_role("button", name="重试").click()
    expect(phone.locator(".trouble.is-row")).to_have_count(0)
