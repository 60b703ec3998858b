"""The carrier's list of what phones wrote: the request, the pages, and answers that are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from messaging.delivery.errors import CarrierUnavailableError
from messaging.delivery.ports import InboundSms
from tests.messaging.delivery.test_twilio_sender import SMS, listed, make_sender
from tests.messaging.delivery.wire import answering, http

SINCE = datetime(2026, 11, 18, 3, 50, tzinfo=UTC)
NUMBER = "+861069000000"


def page(*rows: str) -> bytes:
    body = ", ".join(rows)
    return http("200 OK", f'{{"messages": [{body}], "next_page_uri": null, "page_size": 1000}}')


def inbound(number: int, text: str) -> str:
    return listed(number, direction="inbound", **{"from": SMS.phone, "to": NUMBER, "body": text, "status": "received"})


def test_only_what_came_in_is_returned() -> None:
    with answering(page(listed(1), inbound(2, "退订"), inbound(3, "好"))) as (url, _):
        found = make_sender(url).find_inbound(since=SINCE, before=None)
    assert found == [InboundSms(SMS.phone, "退订"), InboundSms(SMS.phone, "好")]


@pytest.mark.parametrize(
    ("changes", "before", "query"),
    [
        ({}, None, {"To": [NUMBER]}),
        (
            {"twilio_from": "", "twilio_messaging_service_sid": "MG" + "1" * 32},
            SINCE.replace(hour=0, minute=0) + timedelta(days=1),
            {"DateSent<": ["2026-11-19T00:00:00Z"]},
        ),
    ],
)
def test_the_request_names_number_and_time(
    changes: dict[str, str], before: datetime | None, query: dict[str, list[str]]
) -> None:
    with answering(page()) as (url, asked):
        assert make_sender(url, **changes).find_inbound(since=SINCE, before=before) == []
    target = asked[0].split(b" ")[1].decode()
    assert parse_qs(urlsplit(target).query) == query | {"DateSent>": ["2026-11-18T03:50:00Z"], "PageSize": ["1000"]}


@pytest.mark.parametrize("answer", [http("200 OK", "<html>"), http("500 Internal Server Error", "{}"), b"", None])
def test_a_list_that_cannot_be_read_is_no_list(answer: bytes | None) -> None:
    with answering(answer) as (url, _), pytest.raises(CarrierUnavailableError):
        make_sender(url).find_inbound(since=SINCE, before=None)
