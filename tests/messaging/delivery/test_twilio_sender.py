"""The real client against answers byte for byte: what each of them proves about the message."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs
from uuid import UUID

import pytest

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
    OutgoingSms,
    Rejected,
    SendResult,
    TakenSms,
)
from messaging.delivery.settings import TwilioSettings
from messaging.delivery.twilio_sender import TwilioSmsSender
from messaging.delivery.values import Timeouts
from tests.messaging.delivery.fakes import make_sid
from tests.messaging.delivery.wire import answering, http

ACCOUNT = "AC" + "1" * 32
SMS = OutgoingSms("+8619900000001", "【青禾电器】旧冰箱换新", UUID(int=5), 600)
NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
TAKEN = TakenSms(make_sid(5), SMS.token, NOW, NOW, open_phone=lambda: pytest.fail("Twilio needs no number"))


def make_sender(base: str, **changes: str) -> TwilioSmsSender:
    settings = TwilioSettings.model_validate(
        {
            "mode": "test",
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": "token",
            "twilio_from": "+861069000000",
            "twilio_api_base": base,
            "gateway_public_url": "https://gateway.example/hooks/",
        }
        | changes
    )
    return TwilioSmsSender(settings, timeouts=Timeouts(connect_s=0.5, read_s=0.5), connections=2, clock=lambda: NOW)


def error(status: str, code: int, *headers: str) -> bytes:
    """Return one of Twilio's errors, which quotes the number."""
    body = f'{{"code": {code}, "message": "The number {SMS.phone} is wrong", "status": {status[:3]}}}'
    return http(status, body, *headers)


CREATED = http("201 Created", f'{{"sid": "{make_sid(9)}", "status": "queued"}}')


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (CREATED, Accepted(make_sid(9))),
        (CREATED[:-4], InDoubt(InDoubtCause.CUT)),
        (http("201 Created", '{"sid": "SM12'), InDoubt(InDoubtCause.BROKEN_ANSWER)),
        (http("201 Created", "{}"), InDoubt(InDoubtCause.BROKEN_ANSWER)),
        (http("201 Created", '{"sid": "oops"}'), InDoubt(InDoubtCause.BROKEN_ANSWER)),
        (http("201 Created", "[]"), InDoubt(InDoubtCause.BROKEN_ANSWER)),
        (b"", InDoubt(InDoubtCause.CUT)),
        (b"not http\r\n\r\n", InDoubt(InDoubtCause.CUT)),
        (None, InDoubt(InDoubtCause.TIMEOUT)),
        (http("302 Found", "", "Location: http://127.0.0.1:1/"), InDoubt(InDoubtCause.SERVER_ERROR)),
        (error("500 Internal Server Error", 20500), InDoubt(InDoubtCause.SERVER_ERROR)),
        (http("502 Bad Gateway", "<html>"), InDoubt(InDoubtCause.SERVER_ERROR)),
        (error("503 Service Unavailable", 20503, "Retry-After: 5"), InDoubt(InDoubtCause.SERVER_ERROR)),
        (http("408 Request Timeout", ""), InDoubt(InDoubtCause.SERVER_ERROR)),
        (http("400 Bad Request", "<html>"), InDoubt(InDoubtCause.BROKEN_ANSWER)),
        (error("429 Too Many Requests", 20429, "Retry-After: 7"), NotSent(NotSentCause.BUSY, 7)),
        (error("429 Too Many Requests", 20429), NotSent(NotSentCause.BUSY, 0)),
        (error("429 Too Many Requests", 20429, "Retry-After: ²"), NotSent(NotSentCause.BUSY, 0)),
        (error("429 Too Many Requests", 20429, "Retry-After: " + "9" * 400), NotSent(NotSentCause.BUSY, 0)),
        (
            http("429 Too Many Requests", "", "Retry-After: Wed, 18 Nov 2026 04:01:00 GMT"),
            NotSent(NotSentCause.BUSY, 60),
        ),
        (error("400 Bad Request", 21610), Rejected(21610)),
        (error("400 Bad Request", 21211), Rejected(21211)),
        (error("401 Unauthorized", 20003), Blocked(20003)),
        (http("403 Forbidden", ""), Blocked(403)),
        (error("400 Bad Request", 21408), Blocked(21408)),
        (error("400 Bad Request", 21606), Blocked(21606)),
        (error("404 Not Found", 20404), Blocked(20404)),
    ],
)
def test_each_answer_proves_what_it_proves(answer: bytes | None, result: SendResult) -> None:
    with answering(answer) as (url, asked):
        assert make_sender(url).send(SMS) == result
    assert len(asked) == 1


def test_the_request_is_what_twilio_documents() -> None:
    with answering(CREATED) as (url, asked):
        make_sender(url).send(SMS)
    head, _, body = asked[0].partition(b"\r\n\r\n")
    assert head.startswith(f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1".encode())
    assert parse_qs(body.decode()) == {
        "To": [SMS.phone],
        "From": ["+861069000000"],
        "Body": [SMS.text],
        "StatusCallback": [f"https://gateway.example/hooks/twilio/status/{SMS.token}"],
        "ValidityPeriod": ["600"],
    }


def listed(number: int, **changes: str) -> str:
    fields = {
        "sid": make_sid(number), "to": SMS.phone, "body": SMS.text, "direction": "outbound-api", "status": "queued",
        "date_created": "Wed, 18 Nov 2026 04:00:00 +0000",
    } | changes  # fmt: skip
    return "{" + ", ".join(f'"{name}": "{value}"' for name, value in fields.items()) + "}"


def test_the_list_is_matched_by_phone_text_direction_and_time() -> None:
    rows = ", ".join(
        [
            listed(1, body="另一条"),
            listed(2, direction="inbound"),
            listed(3, date_created="Tue, 17 Nov 2026 04:00:00 +0000"),
            listed(4, to="+8619900000002"),
            listed(5),
        ]
    )
    with answering(http("200 OK", f'{{"messages": [{rows}], "next_page_uri": null, "page_size": 1000}}')) as (url, _):
        found = make_sender(url).find_sent(phone=SMS.phone, text=SMS.text, token=SMS.token, since=NOW)
    assert found == [CarrierRecord(make_sid(5), CarrierStatus.QUEUED)]


def test_a_status_is_fetched_by_sid() -> None:
    with answering(http("200 OK", listed(5, status="undelivered", error_code="30003"))) as (url, _):
        record = make_sender(url).find_status(TAKEN)
    assert record == CarrierRecord(make_sid(5), CarrierStatus.UNDELIVERED, 30003)
    with answering(error("404 Not Found", 20404)) as (url, _):
        assert make_sender(url).find_status(TAKEN) is None
    with answering(error("500 Internal Server Error", 20500)) as (url, _), pytest.raises(CarrierUnavailableError):
        make_sender(url).find_status(TAKEN)
