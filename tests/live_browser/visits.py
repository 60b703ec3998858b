"""Every screen that asks the server for something: how to get there, what shows that it waits, what it waits for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.browser.steps import open_tab

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

_SKELETON: Final = ".skeleton"
_ON_MAP: Final = ".map-loading"


@dataclass(frozen=True, slots=True)
class Visit:
    """One screen: whose, the way there, what it asks the server for, and what it shows then and meanwhile."""

    name: str
    role: str
    go: Callable[[Page], None]
    asks: re.Pattern[str]
    content: str
    loading: str

    def ask_again(self, page: Page) -> None:
        """Press the button to try again, unless the screen, which asks every few seconds, has done so by itself."""
        button = page.get_by_role("button", name="重试")
        page.locator(self.content).first.or_(button.first).first.wait_for()
        if button.count() > 0:
            button.first.click()


def _press(name: str) -> Callable[[Page], None]:
    def press(page: Page) -> None:
        page.get_by_role("button", name=name, exact=True).click()

    return press


def _open(tab: str, then: str | None = None) -> Callable[[Page], None]:
    def open_it(page: Page) -> None:
        open_tab(page, tab)
        if then:
            page.locator(".modes").get_by_role("button", name=then, exact=True).click()

    return open_it


def _come_back(page: Page) -> None:
    open_tab(page, "我的")
    open_tab(page, "审核")


VISITS: Final = tuple(
    Visit(name, role, go, re.compile(asks), content, loading)
    for name, role, go, asks, content, loading in (
        ("communities", "salesperson", _press("冰箱"), "/yingxiaobao/communities", ".row", _ON_MAP),
        ("users", "salesperson", _press("用户热力"), "/yingxiaobao/heatmap", ".total-need small", _ON_MAP),
        ("territory", "salesperson", _open("区域"), "/yingxiaobao/territory", ".page .total-need", _SKELETON),
        ("broadcasts", "salesperson", _open("播音台"), r"/yingxiaobao/broadcasts\?", ".broadcast, .empty", _SKELETON),
        ("outcomes", "salesperson", _open("成效"), "/yingxiaobao/outcomes", ".outcomes, .empty", _SKELETON),
        ("interests", "planner", _press("兴趣"), "/jiaohubao/interests", ".item", _SKELETON),
        ("life-circle", "planner", _press("生活圈"), "/jiaohubao/life-circle", ".item", _SKELETON),
        ("cards", "planner", _open("活跃用户"), "/jiaohubao/active-users", ".persona", _SKELETON),
        ("talks", "planner", _open("对话"), "/jiaohubao/conversations", ".talk-row, .empty", _SKELETON),
        ("invitations", "planner", _open("对话", "邀请"), "/jiaohubao/invitations", ".broadcast, .empty", _SKELETON),
        ("reviews", "reviewer", _come_back, "/v1/reviews", ".review, .empty", _SKELETON),
    )
)
