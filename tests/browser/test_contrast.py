"""Every text of the planner's screens can be read, by day and by night."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Stack
from tests.browser.steps import open_tab, sign_in_as
from tests.browser.stub_planner import TalkState, make_line

pytestmark = [pytest.mark.browser]
LEAST_CONTRAST = 4.5  # WCAG 2.2, level AA
LEAST_TARGET_PX = 44

FAINT_TEXTS = """least => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const groundOf = node => {
    for (let at = node; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = channels(getComputedStyle(at).backgroundColor);
      if (alpha > 0.9) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const said = node => [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim());
  return [...document.querySelectorAll("#app *")].filter(node => said(node) && node.checkVisibility())
    .filter(node => !node.closest(":disabled, option")).map(node => {
      const [one, other] = [channels(getComputedStyle(node).color), groundOf(node)].map(light).sort((a, b) => b - a);
      return [node.textContent.trim().slice(0, 20), (one + 0.05) / (other + 0.05)];
    }).filter(([, contrast]) => contrast < least);
}"""
SMALL_TARGETS = """least => [...document.querySelectorAll(".page button, .tabs button, .page select")]
  .filter(node => node.checkVisibility() && node.getBoundingClientRect().height < least)
  .map(node => node.textContent.trim())"""


def check(page: Page) -> None:
    """Look at the screen that is open, by day and by night."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert page.evaluate(FAINT_TEXTS, LEAST_CONTRAST) == [], scheme
    assert page.evaluate(SMALL_TARGETS, LEAST_TARGET_PX) == []


def test_texts_stand_out_and_targets_fit_a_finger(
    phone: Page, stack: Stack, talk: TalkState, photograph: Callable[..., None]
) -> None:
    talk.lines.append(make_line("user", "可以聊，晚上有空。"))
    talk.lines.append(make_line("planner", "谢谢，今晚八点聊聊好吗？"))
    sign_in_as(phone, stack, "wang.qihua")
    phone.locator(".chart[data-state=ready]").wait_for()
    for tab, shown in (("雷达", ".item"), ("活跃用户", ".persona"), ("对话", ".talk-row")):
        open_tab(phone, tab)
        phone.locator(shown).first.wait_for()
        check(phone)
        if tab == "雷达":
            photograph(phone, "night", app="jiaohubao")
    phone.locator(".talk-row").click()
    phone.locator(".line").nth(1).wait_for()
    check(phone)
