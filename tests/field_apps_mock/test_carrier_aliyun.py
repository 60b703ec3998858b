"""The double as Aliyun, with the sender's own adapter in front: what arrives, what is listed, and each way to fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import requests

from field_apps_mock.carrier.server import RunningCarrier, start_carrier
from field_apps_mock.carrier.values import AliyunAccount, CarrierSettings
from messaging.delivery.aliyun_sender import AliyunSmsSender, name_after
from messaging.delivery.errors import CarrierUnavailableError
from messaging.delivery.ports import (
    Accepted,
    Blocked,
    CarrierStatus,
    InDoubt,
    InDoubtCause,
    NotSent,
    NotSentCause,
    OutgoingSms,
    Rejected,
    SendResult,
    TakenSms,
)
from messaging.delivery.settings import AliyunSettings
from messaging.delivery.values import Timeouts
from tests.field_apps_mock.conftest import ACCOUNT_SID, AUTH_TOKEN, get_stats, order
from tests.messaging.delivery.aliyun import SETTINGS, SMS
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT = AliyunAccount(
    SETTINGS["aliyun_access_key_id"],
    SETTINGS["aliyun_access_key_secret"],
    SETTINGS["aliyun_sign_name"],
    SETTINGS["aliyun_template_code"],
    SETTINGS["aliyun_template_body"],
)


def tell_time() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def carrier(tmp_path: Path) -> Iterator[RunningCarrier]:
    """Run a double of both carriers on a free port."""
    settings = CarrierSettings(ACCOUNT_SID, AUTH_TOKEN, sent_after_s=0.02, delivered_after_s=0.05, aliyun=ACCOUNT)
    with start_carrier(settings, state=tmp_path / "carrier.sqlite", clock=tell_time) as running:
        yield running


def connect(carrier: RunningCarrier, **changes: str) -> AliyunSmsSender:
    settings = AliyunSettings.model_validate(SETTINGS | {"aliyun_api_base": carrier.url} | changes)
    return AliyunSmsSender(settings, timeouts=Timeouts(1, 1), connections=2, clock=tell_time)


def make_sms() -> OutgoingSms:
    return replace(SMS, token=uuid4())


def ask(sender: AliyunSmsSender, sms: OutgoingSms, sid: str) -> CarrierStatus | None:
    now = tell_time()
    record = sender.find_status(TakenSms(sid, sms.token, now, now, open_phone=lambda: sms.phone))
    return record.status if record else None


def test_a_message_arrives_byte_for_byte_and_its_end_is_found_by_asking(carrier: RunningCarrier) -> None:
    sender, sms = connect(carrier), make_sms()
    sent = sender.send(sms)
    assert isinstance(sent, Accepted)
    wait_until(lambda: ask(sender, sms, sent.sid) is CarrierStatus.DELIVERED)
    shown = requests.get(f"{carrier.url}/_inbox/phones/{sms.phone}", timeout=60).json()
    assert [row["body"] for row in shown] == [sms.text]
    assert ask(sender, make_sms(), sent.sid) is None


@pytest.mark.parametrize(
    ("mode", "fields", "result", "taken"),
    [
        ("accepted_dropped", {}, InDoubt(InDoubtCause.CUT), 1),
        ("accepted_500", {}, InDoubt(InDoubtCause.SERVER_ERROR), 1),
        ("truncated_201", {}, InDoubt(InDoubtCause.CUT), 1),
        ("hang", {"seconds": 3}, InDoubt(InDoubtCause.TIMEOUT), 1),
        ("dropped", {}, InDoubt(InDoubtCause.CUT), 0),
        ("error_500", {}, InDoubt(InDoubtCause.SERVER_ERROR), 0),
        ("html_502", {}, InDoubt(InDoubtCause.SERVER_ERROR), 0),
        ("429", {"seconds": 7}, NotSent(NotSentCause.BUSY, 7), 0),
        ("error", {"code": "isv.BUSINESS_LIMIT_CONTROL"}, NotSent(NotSentCause.BUSY), 0),
        ("error", {"code": "isv.AMOUNT_NOT_ENOUGH"}, Blocked("isv.AMOUNT_NOT_ENOUGH"), 0),
        ("error", {"code": "isv.SMS_CONTENT_ILLEGAL"}, Rejected("isv.SMS_CONTENT_ILLEGAL"), 0),
    ],
)
def test_whatever_breaks_the_list_tells_whether_it_was_taken(
    carrier: RunningCarrier, mode: str, fields: dict[str, Any], result: SendResult, taken: int
) -> None:
    sender, sms = connect(carrier), make_sms()
    order(carrier, mode, count=1, **fields)
    assert sender.send(sms) == result
    found = sender.find_sent(phone=sms.phone, text=sms.text, token=sms.token, since=tell_time())
    assert [record.sid for record in found] == [name_after(sms.token)] * taken
    assert get_stats(carrier)["create_requests"] == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aliyun_access_key_id": "LTAI9999999999999999"}, "InvalidAccessKeyId.NotFound"),
        ({"aliyun_access_key_secret": "another"}, "SignatureDoesNotMatch"),
        ({"aliyun_template_code": "SMS_2"}, "isv.SMS_TEMPLATE_ILLEGAL"),
    ],
)
def test_a_wrong_account_or_template_blocks(carrier: RunningCarrier, changes: dict[str, str], code: str) -> None:
    assert connect(carrier, **changes).send(make_sms()) == Blocked(code)


def test_a_phone_that_said_stop_is_refused(carrier: RunningCarrier) -> None:
    sender = connect(carrier)
    carrier.network.receive(phone=SMS.phone, number="+15005550006", body="STOP")
    assert sender.send(make_sms()) == Rejected("isv.CUSTOMER_REFUSED")


def test_a_list_that_fails_or_lags_is_told_apart(carrier: RunningCarrier) -> None:
    sender, sms = connect(carrier), make_sms()
    order(carrier, "listing_late", count=1, seconds=30)
    sender.send(sms)
    since = tell_time() - timedelta(days=1)
    assert sender.find_sent(phone=sms.phone, text=sms.text, token=sms.token, since=since) == []
    order(carrier, "listing_fails", count=1)
    with pytest.raises(CarrierUnavailableError) as raised:
        sender.find_sent(phone=sms.phone, text=sms.text, token=sms.token, since=since)
    assert raised.value.reason == "isp.SYSTEM_ERROR"


def test_a_request_without_a_signature_is_refused(carrier: RunningCarrier) -> None:
    answer = requests.post(carrier.url, headers={"x-acs-action": "SendSms"}, timeout=60)
    assert (answer.status_code, answer.json()["Code"]) == (404, "InvalidAccessKeyId.NotFound")
