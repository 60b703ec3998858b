"""The real Twilio client against the double: create, fetch, list, page, cancel, and every refusal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from field_apps_mock.carrier.server import RunningCarrier, start_carrier
from field_apps_mock.carrier.store import Store
from field_apps_mock.carrier.values import CarrierSettings
from tests.field_apps_mock.conftest import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    NUMBER,
    PHONE,
    Gateway,
    connect,
    get_stats,
)
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from twilio.rest import Client


def test_a_message_travels_from_queued_to_delivered(client: Client) -> None:
    message = client.messages.create(to=PHONE, from_=NUMBER, body="【青禾电器】冰箱换新 拒收请回复R")
    assert (message.status, message.direction, message.num_segments) == ("queued", "outbound-api", "1")
    assert message.date_sent is None
    wait_until(lambda: client.messages(message.sid).fetch().status == "delivered")
    seen = client.messages(message.sid).fetch()
    assert (seen.to, seen.from_, seen.body) == (PHONE, NUMBER, message.body)
    assert seen.date_sent is not None


def test_a_messaging_service_accepts_first_and_chooses_the_sender(client: Client) -> None:
    message = client.messages.create(to=PHONE, messaging_service_sid="MG" + "a" * 32, body="您好")
    assert (message.status, message.from_, message.num_segments) == ("accepted", None, "0")
    wait_until(lambda: client.messages(message.sid).fetch().status == "delivered")
    assert client.messages(message.sid).fetch().from_ == NUMBER


def test_paging_visits_every_message_once_while_new_ones_arrive(client: Client) -> None:
    sent = [client.messages.create(to=PHONE, from_=NUMBER, body=f"第{i}条").sid for i in range(11)]
    page = client.messages.page(page_size=4)
    seen = [message.sid for message in page]
    client.messages.create(to=PHONE, from_=NUMBER, body="新来的")
    while (page := page.next_page()) is not None:
        seen += [message.sid for message in page]
    assert seen == sent[::-1]


def test_paging_goes_back(client: Client) -> None:
    for i in range(6):
        client.messages.create(to=PHONE, from_=NUMBER, body=f"第{i}条")
    first = client.messages.page(page_size=2)
    second = first.next_page()
    third = second.next_page()
    assert [message.sid for message in third.previous_page()] == [message.sid for message in second]
    assert first.previous_page() is None
    assert third.next_page() is None


def test_filters_choose_by_phone_sender_and_day(client: Client) -> None:
    other = "+8615400000001"
    wanted = client.messages.create(to=PHONE, from_=NUMBER, body="甲").sid
    client.messages.create(to=other, from_="+15005550001", body="乙")
    now = datetime.now(UTC)
    assert [message.sid for message in client.messages.list(to=PHONE)] == [wanted]
    assert [message.to for message in client.messages.list(from_="+15005550001")] == [other]
    assert len(client.messages.list(date_sent_after=now - timedelta(hours=1))) == 2
    assert len(client.messages.list(date_sent=now.date())) == 2
    assert client.messages.list(date_sent_before=now - timedelta(hours=1)) == []
    assert client.messages.list(date_sent_after=now + timedelta(hours=1)) == []


def test_a_scheduled_message_waits_and_can_be_cancelled(client: Client) -> None:
    service, send_at = "MG" + "b" * 32, datetime.now(UTC) + timedelta(hours=1)
    message = client.messages.create(
        to=PHONE, messaging_service_sid=service, body="明天见", schedule_type="fixed", send_at=send_at
    )
    assert message.status == "scheduled"
    assert client.messages(message.sid).update(status="canceled").status == "canceled"
    with pytest.raises(TwilioRestException) as caught:
        client.messages(message.sid).update(status="canceled")
    assert caught.value.status == 409


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"to": ""}, 21604),
    ({"to": "12345"}, 21211),
    ({"to": "+0123456789"}, 21211),
    ({"from_": None}, 21603),
    ({"from_": "not a sender at all"}, 21212),
    ({"body": ""}, 21602),
    ({"body": "长" * 1601}, 21617),
    ({"status_callback": "ftp://example.com/x"}, 21609),
    ({"status_callback": "http://under_score/x"}, 21609),
    ({"validity_period": 0}, 21624),
    ({"validity_period": 36_001}, 21624),
    ({"messaging_service_sid": "MG123"}, 20001),
    ({"schedule_type": "fixed", "send_at": "2030-01-01T00:00:00Z"}, 35118),
    ({"schedule_type": "fixed", "messaging_service_sid": "MG" + "a" * 32}, 35111),
    ({"schedule_type": "fixed", "messaging_service_sid": "MG" + "a" * 32, "send_at": "2020-01-01T00:00:00Z"}, 35114),
]


@pytest.mark.parametrize(("changes", "code"), REFUSED)
def test_a_broken_request_gets_twilios_code_and_keeps_nothing(
    client: Client, carrier: RunningCarrier, changes: dict[str, Any], code: int
) -> None:
    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(**{"to": PHONE, "from_": NUMBER, "body": "您好", **changes})
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert get_stats(carrier)["accepted"] == 0


def test_wrong_credentials_are_20003_and_unknown_messages_20404(client: Client, carrier: RunningCarrier) -> None:
    with pytest.raises(TwilioRestException) as caught:
        connect(carrier, token="wrong").messages.create(to=PHONE, from_=NUMBER, body="您好")  # noqa: S106 - wrong on purpose
    assert (caught.value.code, caught.value.status) == (20003, 401)
    with pytest.raises(TwilioRestException) as caught:
        client.messages("SM" + "0" * 32).fetch()
    assert (caught.value.code, caught.value.status) == (20404, 404)
    with pytest.raises(TwilioRestException) as caught:
        client.messages("SM" + "0" * 32).delete()
    assert caught.value.code == 20404


def test_an_unknown_path_and_a_wrong_method_answer_in_twilios_form(carrier: RunningCarrier) -> None:
    base = f"{carrier.url}/2010-04-01/Accounts/{ACCOUNT_SID}"
    missing = requests.get(f"{base}/Calls.json", auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=60)
    assert (missing.status_code, missing.json()["code"]) == (404, 20404)
    wrong = requests.put(f"{base}/Messages.json", auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=60)
    assert (wrong.status_code, wrong.json()["code"]) == (405, 20004)


@pytest.mark.parametrize("query", ["PageSize=0", "PageSize=x", "Page=-1", "PageToken=XY", "DateSent=someday"])
def test_a_broken_listing_is_20001(carrier: RunningCarrier, query: str) -> None:
    url = f"{carrier.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json?{query}"
    answer = requests.get(url, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_an_account_with_numbers_refuses_other_senders(tmp_path: Path) -> None:
    settings = CarrierSettings(ACCOUNT_SID, AUTH_TOKEN, numbers=("+15005550009",))
    with start_carrier(settings, state=tmp_path / "state", clock=lambda: datetime.now(UTC)) as carrier:
        client = connect(carrier)
        assert client.messages.create(to=PHONE, from_="+15005550009", body="您好").sid
        with pytest.raises(TwilioRestException) as caught:
            client.messages.create(to=PHONE, from_=NUMBER, body="您好")
        assert caught.value.code == 21606


def test_a_message_that_waits_longer_than_it_is_valid_fails(tmp_path: Path) -> None:
    settings = CarrierSettings(ACCOUNT_SID, AUTH_TOKEN, sent_after_s=1.2)
    with start_carrier(settings, state=tmp_path / "state", clock=lambda: datetime.now(UTC)) as carrier:
        client = connect(carrier)
        sid = client.messages.create(to=PHONE, from_=NUMBER, body="您好", validity_period=1).sid
        wait_until(lambda: client.messages(sid).fetch().status == "failed")
        assert client.messages(sid).fetch().error_code == 30036


def test_the_state_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.sqlite")
    with store.transaction() as db:
        db.execute("SELECT 1")
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    store.close()
    assert modes == {0o600}


def test_state_survives_a_restart_and_messages_in_flight_arrive(tmp_path: Path, gateway: Gateway) -> None:
    state = tmp_path / "state"
    slow = CarrierSettings(ACCOUNT_SID, AUTH_TOKEN, sent_after_s=0.5, delivered_after_s=0.6)
    with start_carrier(slow, state=state, clock=lambda: datetime.now(UTC)) as carrier:
        sid = (
            connect(carrier)
            .messages.create(to=PHONE, from_=NUMBER, body="您好", status_callback=f"{gateway.url}/status/t")
            .sid
        )
    with start_carrier(slow, state=state, clock=lambda: datetime.now(UTC)) as carrier:
        wait_until(lambda: connect(carrier).messages(sid).fetch().status == "delivered")
        wait_until(lambda: {heard.status for heard in gateway.heard} >= {"queued", "sent", "delivered"})
        assert get_stats(carrier)["accepted"] == 1
