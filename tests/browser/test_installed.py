"""The installed app: it opens without a network, keeps nothing but its own files, and lets an older version go."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stack
from tests.browser.steps import go_to_work, sign_in

pytestmark = pytest.mark.browser

CONTROLLED = "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"
KEPT = """async () => {
  const opened = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  const requests = (await Promise.all(opened.map((cache) => cache.keys()))).flat();
  const read = async (request) => (await (await caches.match(request)).text()).slice(0, 200_000);
  const texts = await Promise.all(requests.map(read));
  return requests.map((one, at) => [new URL(one.url).origin, new URL(one.url).pathname, texts[at]]);
}"""
TOKENS = "Object.values(JSON.parse(sessionStorage.getItem('fieldreach.session')))"


def wait_until_kept(page: Page) -> None:
    """Wait until the service worker has the files and answers for this page."""
    page.wait_for_function(CONTROLLED)


def test_it_opens_offline_says_so_and_goes_on_once_there_is_a_network(installed: Page, stack: Stack) -> None:
    sign_in(installed, stack)
    wait_until_kept(installed)
    installed.context.set_offline(True)
    installed.reload()
    expect(installed.get_by_text("网络不通，显示的是之前载入的内容。")).to_be_visible()
    expect(installed.get_by_role("heading", name="暂时打不开")).to_be_visible()
    installed.context.set_offline(False)
    installed.get_by_role("button", name="再试一次").click()
    installed.locator(".row").first.wait_for()
    expect(installed.locator(".offline")).to_have_count(0)


def test_without_a_session_the_log_in_opens_offline(installed: Page, stack: Stack) -> None:
    installed.goto(stack.app_url)
    wait_until_kept(installed)
    installed.context.set_offline(True)
    installed.reload()
    expect(installed.get_by_label("账号")).to_be_visible()
    expect(installed.locator(".offline")).to_be_visible()


def test_it_keeps_its_own_files_and_neither_an_answer_nor_a_token(installed: Page, stack: Stack) -> None:
    sign_in(installed, stack)
    wait_until_kept(installed)
    go_to_work(installed)
    installed.get_by_role("button", name="用户热力").click()
    expect(installed.locator(".total-need b")).not_to_have_text("—")
    kept: list[list[Any]] = installed.evaluate(KEPT)
    assert len(kept) > 80
    assert {origin for origin, _, _ in kept} == {stack.app_url.rstrip("/")}
    assert {path for _, path, _ in kept if not path.startswith("/s/")} == {"/", "/config.json"}
    tokens = [one for one in installed.evaluate(TOKENS) if isinstance(one, str) and len(one) > 20]
    assert len(tokens) == 2
    assert not [path for _, path, text in kept if any(token in text for token in tokens)]


def test_an_old_version_makes_way_but_for_the_one_before(installed: Page, stack: Stack) -> None:
    installed.goto(stack.app_url)
    wait_until_kept(installed)
    names = installed.evaluate(
        """async () => {
          for (const name of ["shell-older", "shell-old"]) await caches.open(name);
          const [registration] = await navigator.serviceWorker.getRegistrations();
          await registration.unregister();
          return caches.keys();
        }"""
    )
    current = next(name for name in names if name not in {"shell-older", "shell-old"})
    installed.reload()
    wait_until_kept(installed)
    expected = sorted([current, "shell-old"])
    installed.wait_for_function(
        "async (expected) => JSON.stringify((await caches.keys()).sort()) === JSON.stringify(expected)", arg=expected
    )
