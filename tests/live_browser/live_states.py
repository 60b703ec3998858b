"""The bad days: no network, a slow one, a server in trouble, a session that has ended. Nothing written is lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import jwt
import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.steps import choose, sign_in, sign_in_as, wait_for_map, write
from tests.live_browser.access import check_access
from tests.live_browser.live_salesperson import NO_OUTCOMES, make_text
from tests.live_browser.visits import VISITS, Visit

if TYPE_CHECKING:
    from tests.browser.conftest import Stack
    from tests.live_browser.house import House
    from tests.live_browser.witness import Witness

NO_NETWORK: Final = "ERR_INTERNET_DISCONNECTED"
REFUSED: Final = r"status of 401"


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.name)
@pytest.mark.parametrize("status", [500, 503])
def test_a_server_in_trouble_is_said_in_words_and_asked_again(
    phone: Page, house: House, witness: Witness, visit: Visit, status: int
) -> None:
    witness.expect(f"status of {status}|{NO_OUTCOMES}")
    account = house.find_account(visit.role)
    sign_in_as(phone, account, account.login)
    allowed = {"Access-Control-Allow-Origin": account.app_url}

    def refuse(route: Route) -> None:
        if route.request.method == "OPTIONS":
            route.continue_()
        else:
            route.fulfill(status=status, headers=allowed, content_type="application/problem+json", body="{}")

    phone.route(visit.asks, refuse)
    visit.go(phone)
    expect(phone.get_by_role("alert").filter(has_text="服务暂时不可用")).to_be_visible()
    check_access(phone)
    phone.unroute(visit.asks)
    visit.ask_again(phone)
    phone.locator(visit.content).first.wait_for()
    expect(phone.get_by_role("alert").filter(has_text="服务暂时不可用")).to_have_count(0)


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.name)
def test_no_network_is_said_in_words_and_the_screen_comes_back(
    phone: Page, house: House, witness: Witness, visit: Visit
) -> None:
    witness.expect(f"{NO_NETWORK}|{NO_OUTCOMES}")
    account = house.find_account(visit.role)
    sign_in_as(phone, account, account.login)
    phone.wait_for_load_state("networkidle")
    phone.context.set_offline(offline=True)
    visit.go(phone)
    expect(phone.get_by_role("alert").filter(has_text="网络不通")).to_be_visible()
    expect(phone.locator(".tabs")).to_be_visible()
    check_access(phone)
    phone.context.set_offline(offline=False)
    visit.ask_again(phone)
    phone.locator(visit.content).first.wait_for()


def test_the_app_opens_without_a_network_and_goes_on_with_one(phone: Page, house: House, witness: Witness) -> None:
    witness.expect(NO_NETWORK)
    sign_in(phone, house.find_account("salesperson"))
    phone.wait_for_function("navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)")
    phone.context.set_offline(offline=True)
    phone.reload()
    expect(phone.locator(".offline")).to_contain_text("网络不通")
    check_access(phone)
    phone.context.set_offline(offline=False)
    phone.get_by_role("button", name="再试一次").click()
    wait_for_map(phone)
    expect(phone.locator(".offline")).to_have_count(0)


def expire_access(page: Page, house: House) -> list[Request]:
    """Let every token that is out now be one that has run out; returns the renewals that follow."""
    stored = page.evaluate("JSON.parse(sessionStorage.getItem('fieldreach.session')).access_token")
    secret = house.system.installation.secret("jwt")
    claims = jwt.decode(stored, options={"verify_signature": False})
    over = datetime.now(UTC) - timedelta(minutes=1)
    expired = jwt.encode(claims | {"exp": int(over.timestamp())}, secret, algorithm="HS256")
    renewals: list[Request] = []
    page.on("request", lambda seen: renewals.append(seen) if seen.url.endswith("/v1/auth/refresh") else None)

    def age(route: Route) -> None:
        headers = route.request.headers
        if headers.get("authorization") == f"Bearer {stored}":
            headers |= {"authorization": f"Bearer {expired}"}
        route.continue_(headers=headers)

    page.route("**/v1/**", age)
    return renewals


def test_an_expired_access_token_is_renewed_unnoticed(phone: Page, house: House, witness: Witness) -> None:
    witness.expect(REFUSED)
    account = house.find_account("salesperson")
    sign_in(phone, account)
    choose(phone, 3)
    renewals = expire_access(phone, house)
    write(phone, make_text())
    expect(phone.locator(".verdict")).to_have_class(re.compile("is-accept"))
    expect(phone.get_by_label("密码")).to_have_count(0)
    phone.get_by_role("button", name="返回").click()
    phone.get_by_role("button", name="冰箱").click()
    expect(phone.locator(".list-head p")).to_contain_text("冰箱")
    assert len([seen for seen in renewals if seen.method == "POST"]) == 1


def end_refresh(house: House, account: Stack) -> None:
    """Let every refresh token of an account run out, as a month does."""
    expire = (
        "UPDATE staff.refresh_tokens SET expires_at = now() - interval '1 minute' WHERE account_id ="
        " (SELECT account_id FROM staff.accounts WHERE login = %s)"
    )
    with house.system.installation.serving.connect("serving") as connection:
        assert connection.execute(expire, (account.login,)).rowcount > 0


def test_an_expired_log_in_asks_again_and_keeps_what_is_written(phone: Page, house: House, witness: Witness) -> None:
    witness.expect(REFUSED)
    account = house.lend_salesperson()
    text = make_text()
    sign_in(phone, account)
    choose(phone, 3)
    write(phone, text)
    expire_access(phone, house)
    end_refresh(house, account)
    phone.get_by_label("写什么").fill(f"{text}再来一句")
    expect(phone.get_by_text("正在写的内容不会丢")).to_be_visible()
    check_access(phone)
    phone.get_by_label("密码").fill(account.password)
    phone.get_by_role("button", name="登录").click()
    expect(phone.get_by_label("密码")).to_have_count(0)
    expect(phone.get_by_label("写什么")).to_have_value(f"{text}再来一句")
    expect(phone.locator(".sms-bubble")).to_contain_text("再来一句")


def test_a_wrong_password_is_refused_in_words(phone: Page, house: House, witness: Witness) -> None:
    witness.expect(REFUSED)
    account = house.lend_salesperson()
    phone.goto(account.app_url)
    phone.get_by_label("账号").fill(account.login)
    phone.get_by_label("密码").fill("nothing like it")
    phone.get_by_role("button", name="登录").click()
    expect(phone.get_by_role("alert")).to_have_text("账号或密码不对。")
    check_access(phone)


@pytest.mark.parametrize("role", ["salesperson", "planner", "reviewer"])
def test_every_screen_loads_visibly_and_comes_over_a_slow_network(
    phone: Page, house: House, witness: Witness, role: str
) -> None:
    witness.expect(NO_OUTCOMES)
    account = house.find_account(role)
    sign_in_as(phone, account, account.login)
    slow_down(phone)
    for visit in VISITS:
        if visit.role == role:
            go_slowly(phone, visit)


def slow_down(page: Page) -> None:
    """Put 400 ms and the rates of 3G between the page and its servers, and load the app through it."""
    rates = {"offline": False, "latency": 400, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", rates)
    page.reload(wait_until="commit")
    expect(page.get_by_role("status", name="载入中").first).to_be_visible()
    page.locator(".tabs").wait_for(timeout=60_000)


def go_slowly(page: Page, visit: Visit) -> None:
    """Go to a screen: it says that it loads, then it is there."""
    visit.go(page)
    expect(page.locator(visit.loading).first).to_be_visible()
    page.locator(visit.content).first.wait_for(timeout=60_000)
    expect(page.locator(visit.loading)).to_have_count(0)
