"""Aliyun's SDK against answers byte for byte: its error table, its template, its lists by phone and day."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from field_apps_mock.carrier.aliyun_signature import is_signed
from messaging.delivery.aliyun_sender import NOT_DOMESTIC, NOT_OUR_TEMPLATE, name_after
from messaging.delivery.errors import CarrierUnavailableError
from messaging.delivery.ports import (
    Accepted,
    Blocked,
    CarrierRecord,
    CarrierStatus,
    InDoubt,
    InDoubtCause,
    NotSent,
    NotSentCause,
    Rejected,
    SendResult,
    TakenSms,
)
from stack.paths import ROOT
from tests.messaging.delivery.aliyun import BIZ_ID, NOW, SECRET, SMS, TAKEN, answer, detail, details, make_aliyun
from tests.messaging.delivery.wire import answering
from tests.messaging.delivery.world import FINAL

if TYPE_CHECKING:
    from typing import Any

UNKNOWN = InDoubt(InDoubtCause.SERVER_ERROR)


@pytest.mark.parametrize(
    ("given", "result"),
    [
        (TAKEN, Accepted(BIZ_ID)),
        (answer("OK"), InDoubt(InDoubtCause.BROKEN_ANSWER)),
        (answer("OK", BizId="1 2"), InDoubt(InDoubtCause.BROKEN_ANSWER)),
        (answer("OK", BizId=12), InDoubt(InDoubtCause.BROKEN_ANSWER)),
        (answer("isv.MOBILE_NUMBER_ILLEGAL"), Rejected("isv.MOBILE_NUMBER_ILLEGAL")),
        (answer("isv.CUSTOMER_REFUSED"), Rejected("isv.CUSTOMER_REFUSED")),
        (answer("isv.SMS_CONTENT_ILLEGAL"), Rejected("isv.SMS_CONTENT_ILLEGAL")),
        (answer("isv.PARAM_LENGTH_LIMIT"), Rejected("isv.PARAM_LENGTH_LIMIT")),
        (answer("isv.SOMETHING_NEW"), Rejected("isv.SOMETHING_NEW")),
        (answer("MissingPhoneNumbers", status="400 Bad Request"), Rejected("MissingPhoneNumbers")),
        (answer("isv.AMOUNT_NOT_ENOUGH"), Blocked("isv.AMOUNT_NOT_ENOUGH")),
        (answer("isv.OUT_OF_SERVICE"), Blocked("isv.OUT_OF_SERVICE")),
        (answer("isv.DAY_LIMIT_CONTROL"), Blocked("isv.DAY_LIMIT_CONTROL")),
        (answer("isv.SMS_TEMPLATE_ILLEGAL"), Blocked("isv.SMS_TEMPLATE_ILLEGAL")),
        (answer("isv.SMS_SIGNATURE_ILLEGAL"), Blocked("isv.SMS_SIGNATURE_ILLEGAL")),
        (answer("isp.RAM_PERMISSION_DENY"), Blocked("isp.RAM_PERMISSION_DENY")),
        (answer("SignatureDoesNotMatch", status="400 Bad Request"), Blocked("SignatureDoesNotMatch")),
        (answer("InvalidAccessKeyId.NotFound", status="404 Not Found"), Blocked("InvalidAccessKeyId.NotFound")),
        (answer("Anything.Else", status="403 Forbidden"), Blocked("Anything.Else")),
        (answer("13 letters and spaces", status="401 Unauthorized"), Blocked(401)),
        (answer("isv.BUSINESS_LIMIT_CONTROL"), NotSent(NotSentCause.BUSY)),
        (answer("isv.BUSINESS_LIMIT_CONTROL", message="触发分钟级流控Permits:1"), NotSent(NotSentCause.BUSY, 60)),
        (answer("isv.BUSINESS_LIMIT_CONTROL", message="触发小时级流控Permits:5"), NotSent(NotSentCause.BUSY, 3600)),
        (answer("isv.BUSINESS_LIMIT_CONTROL", message="触发天级流控Permits:10"), NotSent(NotSentCause.BUSY, 21600)),
        (answer("SignatureNonceUsed", status="400 Bad Request"), NotSent(NotSentCause.BUSY)),
        (answer("Throttling.User", status="400 Bad Request"), NotSent(NotSentCause.BUSY)),
        (
            answer("Throttling", status="429 Too Many Requests", headers=("x-acs-retry-after: 2500",)),
            NotSent(NotSentCause.BUSY, 2.5),
        ),
        (
            answer("Throttling", status="429 Too Many Requests", headers=("x-acs-retry-after: ²",)),
            NotSent(NotSentCause.BUSY),
        ),
        (answer("isp.SYSTEM_ERROR"), UNKNOWN),
        (answer("isp.GATEWAY_ERROR"), UNKNOWN),
        (answer("Whatever"), UNKNOWN),
        (answer("ServiceUnavailable", status="503 Service Unavailable"), UNKNOWN),
        (answer("isv.MOBILE_NUMBER_ILLEGAL", status="500 Internal Server Error"), UNKNOWN),
        (answer(f"isv.{SMS.phone}"), InDoubt(InDoubtCause.BROKEN_ANSWER)),
    ],
)
def test_each_code_proves_what_it_proves(given: bytes, result: SendResult) -> None:
    with answering(given) as (url, asked):
        assert make_aliyun(url).send(SMS) == result
    assert len(asked) == 1


def read(asked: bytes) -> tuple[dict[str, str], dict[str, str], str]:
    """Return query, headers in small letters, and the raw query of a request."""
    lines = asked.decode().split("\r\n")
    query = urlsplit(lines[0].split(" ")[1]).query
    headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    return {name: values[0] for name, values in parse_qs(query).items()}, headers, query


def test_the_request_fills_the_template_and_is_signed() -> None:
    with answering(TAKEN) as (url, asked):
        make_aliyun(url).send(SMS)
    fields, headers, query = read(asked[0])
    values = json.loads(fields.pop("TemplateParam"))
    assert fields == {
        "PhoneNumbers": "15400000001",
        "SignName": "青禾",
        "TemplateCode": "SMS_100000001",
        "OutId": str(SMS.token),
    }
    shown = f"【青禾】{values['first']}{values['second']}App内退订"
    assert (shown, sha256(shown.encode()).digest()) == (SMS.text, FINAL.sha256)
    assert is_signed("POST", "/", query, body=b"", headers=headers, access_key_secret=SECRET)
    assert not is_signed("POST", "/", query + "&a=b", body=b"", headers=headers, access_key_secret=SECRET)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"text": SMS.text.replace("青禾", "青木")}, NOT_OUR_TEMPLATE),
        ({"text": SMS.text.removesuffix("订")}, NOT_OUR_TEMPLATE),
        ({"text": f"{SMS.text} "}, NOT_OUR_TEMPLATE),
        ({"text": f"【青禾】{'好' * 71}App内退订"}, NOT_OUR_TEMPLATE),
        ({"phone": "+15005550006"}, NOT_DOMESTIC),
    ],
)
def test_what_the_phone_would_not_show_byte_for_byte_is_refused_without_a_call(
    changes: dict[str, Any], refusal: str
) -> None:
    # Nobody listens there: a call would end as not connected.
    assert make_aliyun("http://127.0.0.1:1").send(replace(SMS, **changes)) == Rejected(refusal)


def test_the_library_has_no_way_past_our_log() -> None:
    make_aliyun("http://127.0.0.1:1")
    assert logging.getLogger("darabonba-core").handlers == []


def test_a_sender_for_another_carrier_does_not_load_this_library() -> None:
    program = (
        "import sys, messaging.delivery.pump, messaging.delivery.worker, messaging.delivery.gateway\n"
        "sys.exit(any(name.startswith(('alibabacloud', 'darabonba')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(
    ("row", "record"),
    [
        (detail(1), CarrierRecord(name_after(SMS.token), CarrierStatus.SENT)),
        (detail(3, ErrCode="DELIVERED"), CarrierRecord(name_after(SMS.token), CarrierStatus.DELIVERED)),
        (
            detail(2, ErrCode="MOBILE_IN_BLACK"),
            CarrierRecord(name_after(SMS.token), CarrierStatus.UNDELIVERED, "MOBILE_IN_BLACK"),
        ),
        (detail(2, ErrCode="15400000001"), CarrierRecord(name_after(SMS.token), CarrierStatus.UNDELIVERED)),
    ],
)
def test_a_message_in_doubt_is_found_by_our_token(row: dict[str, Any], record: CarrierRecord) -> None:
    with answering(details(detail(3, OutId="another"), row)) as (url, asked):
        found = make_aliyun(url).find_sent(phone=SMS.phone, text=SMS.text, token=SMS.token, since=NOW)
    fields, _, _ = read(asked[0])
    assert found == [record]
    assert fields == {"PhoneNumber": "15400000001", "SendDate": "20261118", "CurrentPage": "1", "PageSize": "50"}


def test_every_page_of_every_day_is_read() -> None:
    first = details(*[detail(3, OutId="another")] * 50, total=51)
    with answering(details(total=0), first, details(detail(3), total=51)) as (url, asked):
        since = NOW - timedelta(hours=13)
        found = make_aliyun(url).find_sent(phone=SMS.phone, text=SMS.text, token=SMS.token, since=since)
    assert len(found) == 1
    pages = [(fields["SendDate"], fields["CurrentPage"]) for fields, _, _ in map(read, asked)]
    assert pages == [("20261117", "1"), ("20261118", "1"), ("20261118", "2")]


def test_a_status_is_asked_for_from_the_day_of_its_receipt_id_backwards() -> None:
    taken = TakenSms(BIZ_ID, SMS.token, NOW - timedelta(days=1), NOW, open_phone=lambda: SMS.phone)
    with answering(details(total=0), details(detail(3))) as (url, asked):
        assert make_aliyun(url).find_status(taken) == CarrierRecord(BIZ_ID, CarrierStatus.DELIVERED)
    asked_for = [(fields["SendDate"], fields["BizId"]) for fields, _, _ in map(read, asked)]
    assert asked_for == [("20261118", BIZ_ID), ("20261117", BIZ_ID)]
    listed = replace(taken, sid=name_after(SMS.token), since=NOW)
    with answering(details(total=0)) as (url, asked):
        assert make_aliyun(url).find_status(listed) is None
    assert "BizId" not in read(asked[0])[0]


@pytest.mark.parametrize(
    "given", [answer("isp.SYSTEM_ERROR"), details(detail(4)), details(detail(3), total=10**9), answer("OK")]
)
def test_a_list_that_does_not_end_or_is_not_understood_is_no_list(given: bytes) -> None:
    with answering(*[given] * 20) as (url, _), pytest.raises(CarrierUnavailableError):
        make_aliyun(url).find_sent(phone=SMS.phone, text=SMS.text, token=SMS.token, since=NOW)
