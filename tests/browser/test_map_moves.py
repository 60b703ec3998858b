"""The map under a finger: it follows, is coarse only while it moves, and shows nothing below its own tools."""

from __future__ import annotations

import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.browser.conftest import Stack
from tests.browser.steps import choose_all, go_to_work, sign_in, wait_for_map

pytestmark = pytest.mark.browser
_RATIO = "(({ width, clientWidth }) => width / clientWidth)(document.querySelector('.maplibregl-canvas'))"
SHARP, COARSE = f"() => {_RATIO} === devicePixelRatio", f"() => {_RATIO} < 1.5"
GLIDES_MS = 800


def box_of(page: Page, selector: str) -> FloatRect:
    """Return where something stands."""
    found = page.locator(selector).bounding_box()
    assert found is not None
    return found


def test_a_finger_takes_the_map_along_and_it_is_sharp_again_at_rest(phone: Page, stack: Stack) -> None:
    sign_in(phone, stack)
    go_to_work(phone)
    wait_for_map(phone)
    phone.wait_for_timeout(GLIDES_MS)
    phone.wait_for_function(SHARP)
    before = box_of(phone, ".map-you")
    finger = phone.context.new_cdp_session(phone)
    for kind, x in (("touchStart", 60), ("touchMove", 90), ("touchMove", 130), ("touchMove", 160)):
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": 200}]})
    phone.wait_for_function(COARSE, timeout=30_000)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.wait_for_function(SHARP)
    assert box_of(phone, ".map-you")["x"] - before["x"] > 50


def test_no_rank_lies_below_the_tools_of_the_map(phone: Page, stack: Stack) -> None:
    sign_in(phone, stack)
    go_to_work(phone)
    phone.wait_for_timeout(GLIDES_MS)
    tools = box_of(phone, ".map-tools")
    ranks = [rank.bounding_box() for rank in phone.locator(".map-rank").all()]
    assert len(ranks) == 30
    for rank in ranks:
        assert rank is not None
        assert rank["x"] >= 0
        assert rank["x"] + rank["width"] <= tools["x"]


def test_of_many_chosen_communities_a_few_are_named_and_the_others_on_demand(phone: Page, stack: Stack) -> None:
    sign_in(phone, stack)
    choose_all(phone)
    phone.get_by_role("button", name="写消息").click()
    named = phone.get_by_role("button", name="移除")
    expect(named).to_have_count(5)
    count = phone.get_by_role("button", name="个社区")
    words = count.inner_text()
    count.click()
    assert words == f"全部 {named.count()} 个社区"
    phone.get_by_role("button", name="收起", exact=True).click()
    expect(named).to_have_count(5)
