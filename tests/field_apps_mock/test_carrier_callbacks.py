"""Signed callbacks, inbound messages, stop words, and the page with the phones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from field_apps_mock.carrier.signature import sign
from tests.field_apps_mock.conftest import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    NUMBER,
    PHONE,
    Gateway,
    Heard,
    get_stats,
    order,
)
from tests.waiting import wait_until

if TYPE_CHECKING:
    from twilio.rest import Client

    from field_apps_mock.carrier.server import RunningCarrier


def is_signed(heard: Heard) -> bool:
    return bool(RequestValidator(AUTH_TOKEN).validate(heard.url, heard.fields, heard.signature))


@given(
    fields=st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=6),
    query=st.sampled_from(["", "?x=1", "?a=%20b&c=d%2Fe"]),
)
def test_our_signature_is_the_one_that_twilios_validator_computes(fields: dict[str, str], query: str) -> None:
    url = f"https://example.com/twilio/status/token{query}"
    assert RequestValidator(AUTH_TOKEN).validate(url, fields, sign(url, fields, auth_token=AUTH_TOKEN))
    assert not RequestValidator("another").validate(url, fields, sign(url, fields, auth_token=AUTH_TOKEN))


def wait_for_status(gateway: Gateway, status: str) -> None:
    wait_until(lambda: status in {one.status for one in gateway.heard})


def wait_for_delivery(client: Client, sid: str) -> None:
    wait_until(lambda: client.messages(sid).fetch().status == "delivered")


def test_every_status_is_told_signed_with_twilios_fields(client: Client, gateway: Gateway) -> None:
    url = f"{gateway.url}/twilio/status/0123abcd?x=1"
    sid = client.messages.create(to=PHONE, from_=NUMBER, body="您好", status_callback=url).sid
    heard = gateway.wait_for(3)
    assert {one.status for one in heard} == {"queued", "sent", "delivered"}
    for one in heard:
        assert one.url == url
        assert is_signed(one)
        assert one.fields["MessageSid"] == one.fields["SmsSid"] == sid
        assert one.fields["AccountSid"] == ACCOUNT_SID
        assert (one.fields["To"], one.fields["From"]) == (PHONE, NUMBER)
        assert "Body" not in one.fields


def test_undelivered_and_failed_carry_their_error(carrier: RunningCarrier, client: Client, gateway: Gateway) -> None:
    for mode, status, code in (("undelivered", "undelivered", "30003"), ("failed", "failed", "30008")):
        order(carrier, "none")
        order(carrier, mode, count=1)
        gateway.heard.clear()
        sid = client.messages.create(to=PHONE, from_=NUMBER, body=mode, status_callback=f"{gateway.url}/s").sid
        wait_for_status(gateway, status)
        told = next(one for one in gateway.heard if one.status == status)
        assert told.fields["ErrorCode"] == code
        assert client.messages(sid).fetch().error_code == int(code)


def test_silence_tells_nothing_but_the_status_moves(carrier: RunningCarrier, client: Client, gateway: Gateway) -> None:
    order(carrier, "silent", count=1)
    sid = client.messages.create(to=PHONE, from_=NUMBER, body="您好", status_callback=f"{gateway.url}/s").sid
    wait_until(lambda: client.messages(sid).fetch().status == "delivered")
    assert gateway.heard == []


def test_callbacks_can_come_twice(carrier: RunningCarrier, client: Client, gateway: Gateway) -> None:
    order(carrier, "callback_twice", count=1)
    client.messages.create(to=PHONE, from_=NUMBER, body="您好", status_callback=f"{gateway.url}/s")
    statuses = sorted(one.status for one in gateway.wait_for(4)[:4])
    assert statuses.count("delivered") + statuses.count("sent") >= 3


def test_a_callback_can_come_before_the_answer(carrier: RunningCarrier, client: Client, gateway: Gateway) -> None:
    order(carrier, "callback_first", count=1)
    sid = client.messages.create(to=PHONE, from_=NUMBER, body="您好", status_callback=f"{gateway.url}/s").sid
    assert gateway.heard
    assert gateway.heard[0].fields["MessageSid"] == sid
    assert is_signed(gateway.heard[0])


def test_a_gateway_that_refuses_is_not_asked_again(carrier: RunningCarrier, client: Client, gateway: Gateway) -> None:
    gateway.answer = 503
    client.messages.create(to=PHONE, from_=NUMBER, body="您好", status_callback=f"{gateway.url}/s")
    wait_until(lambda: get_stats(carrier)["callbacks"].get("callback_refused_503", 0) == 3)
    assert len(gateway.heard) == 3


def test_an_unreachable_gateway_is_tried_once_more(carrier: RunningCarrier, client: Client) -> None:
    client.messages.create(to=PHONE, from_=NUMBER, body="您好", status_callback="http://127.0.0.1:9/s")
    wait_until(lambda: get_stats(carrier)["callbacks"].get("callback_unconnected", 0) == 6)


def reply(carrier: RunningCarrier, body: str, *, phone: str = PHONE) -> requests.Response:
    return requests.post(f"{carrier.url}/_inbox/phones/{phone}/replies", json={"body": body}, timeout=60)


def test_a_reply_reaches_the_inbound_url_signed(carrier: RunningCarrier, client: Client, gateway: Gateway) -> None:
    client.messages.create(to=PHONE, from_=NUMBER, body="您好 拒收请回复R")
    sid = reply(carrier, "R").json()["sid"]
    heard = gateway.wait_for(1)[0]
    assert heard.url.endswith("/inbound")
    assert is_signed(heard)
    wanted = {"MessageSid": sid, "From": PHONE, "To": NUMBER, "Body": "R", "SmsStatus": "received", "NumMedia": "0"}
    assert wanted.items() <= heard.fields.items()
    assert client.messages(sid).fetch().direction == "inbound"


def test_a_stop_word_blocks_at_the_carrier_until_start(carrier: RunningCarrier, client: Client) -> None:
    client.messages.create(to=PHONE, from_=NUMBER, body="您好")
    reply(carrier, " stop ")
    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(to=PHONE, from_=NUMBER, body="您好呀")
    assert caught.value.code == 21610
    reply(carrier, "START")
    assert client.messages.create(to=PHONE, from_=NUMBER, body="您好呀").sid


@pytest.mark.parametrize(("body", "phone"), [("", PHONE), ("   ", PHONE), ("x" * 1601, PHONE), ("R", "nobody")])
def test_an_impossible_reply_is_refused(carrier: RunningCarrier, body: str, phone: str) -> None:
    assert reply(carrier, body, phone=phone).status_code == 422


def test_the_phones_show_what_arrived_and_nothing_else(carrier: RunningCarrier, client: Client) -> None:
    other = "+8615400000001"
    first = client.messages.create(to=PHONE, from_=NUMBER, body="【青禾电器】甲")
    second = client.messages.create(to=other, from_=NUMBER, body="【青禾电器】乙")
    for message in (first, second):
        wait_for_delivery(client, str(message.sid))
    order(carrier, "undelivered", count=1)
    client.messages.create(to="+8615400000002", from_=NUMBER, body="丙")
    reply(carrier, "好的")
    phones = requests.get(f"{carrier.url}/_inbox/phones", timeout=60).json()
    assert [(row["phone"], row["messages"], row["preview"]) for row in phones] == [
        (PHONE, 2, "好的"),
        (other, 1, "【青禾电器】乙"),
    ]
    assert [row["phone"] for row in requests.get(f"{carrier.url}/_inbox/phones?digits=0001", timeout=60).json()] == [
        other
    ]
    thread = requests.get(f"{carrier.url}/_inbox/phones/{PHONE}", timeout=60).json()
    assert [(row["body"], row["is_own"]) for row in thread] == [("【青禾电器】甲", False), ("好的", True)]


def test_the_page_and_its_parts_are_served_under_a_strict_policy(carrier: RunningCarrier) -> None:
    page = requests.get(carrier.url, timeout=60)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "style=" not in page.text
    for name in ("inbox.css", "inbox.js"):
        assert f"/_inbox/static/{name}" in page.text
        assert requests.get(f"{carrier.url}/_inbox/static/{name}", timeout=60).status_code == 200
    assert requests.get(f"{carrier.url}/_inbox/static/../app.py", timeout=60).status_code == 404
