"""The real client against answers byte for byte: what each of them proves about the message."""

from __future__ import annotations

import logging
import re
import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
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
)
from messaging.delivery.settings import TwilioSettings
from messaging.delivery.twilio_sender import Timeouts, TwilioSmsSender
from tests.messaging.delivery.fakes import make_sid

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "AC" + "1" * 32
SMS = OutgoingSms("+8619900000001", "【青禾电器】旧冰箱换新", UUID(int=5), 600)
NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)


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


@contextmanager
def answering(answer: bytes | None, *, reset: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one connection with these bytes, then close; None never answers. Yields the URL and what was asked."""
    asked: list[bytes] = []
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                asked.append(read_request(connection))
                if answer is None:
                    over.wait(5)
                elif reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                else:
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        over.set()
        thread.join()


def read_request(connection: socket.socket) -> bytes:
    """Read one request with its body; what is no HTTP is read once."""
    asked = connection.recv(65536)
    length = re.search(rb"Content-Length: ([0-9]+)", asked)
    while length and len(asked.partition(b"\r\n\r\n")[2]) < int(length[1]):
        asked += connection.recv(65536)
    return asked


def http(status: str, body: str, *headers: str) -> bytes:
    """Return an HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", "Connection: close", *headers, "", body]
    return "\r\n".join(lines).encode()


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


def test_refused_is_not_sent_and_reset_is_doubt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert make_sender(f"http://127.0.0.1:{port}").send(SMS) == NotSent(NotSentCause.NO_CONNECTION)
    with answering(b"", reset=True) as (url, _):
        assert make_sender(url).send(SMS) == InDoubt(InDoubtCause.CUT)


def test_a_name_that_is_not_found_is_not_sent() -> None:
    assert make_sender("http://carrier.invalid").send(SMS) == NotSent(NotSentCause.NO_CONNECTION)


def test_a_connect_timeout_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)  # noqa: FBT003 - the signature is Python's
            one.connect_ex(address)
        result = make_sender(f"http://127.0.0.1:{address[1]}").send(SMS)
        for one in waiting:
            one.close()
    assert result == NotSent(NotSentCause.NO_CONNECTION)


def test_plain_http_where_tls_is_expected_is_doubt() -> None:
    with answering(CREATED) as (url, _):
        assert isinstance(make_sender(url.replace("http:", "https:")).send(SMS), InDoubt)


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


def test_no_environment_leads_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with answering(CREATED) as (url, _):
        assert make_sender(url).send(SMS) == Accepted(make_sid(9))


def test_neither_log_nor_exception_knows_the_number(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with answering(error("400 Bad Request", 21211)) as (url, _):
        make_sender(url).send(SMS)
    with answering(error("500 Internal Server Error", 20500)) as (url, _):
        with pytest.raises(CarrierUnavailableError) as raised:
            make_sender(url).find_sent(phone=SMS.phone, text=SMS.text, since=NOW)
        assert (raised.value.reason, raised.value.__cause__) == ("TwilioException", None)
    assert SMS.phone.removeprefix("+") not in caplog.text
    assert SMS.phone not in repr(SMS)


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
        found = make_sender(url).find_sent(phone=SMS.phone, text=SMS.text, since=NOW)
    assert found == [CarrierRecord(make_sid(5), CarrierStatus.QUEUED)]


@pytest.mark.parametrize("answer", [http("200 OK", "<html>"), http("200 OK", "{}"), b"", None])
def test_a_list_that_cannot_be_read_is_no_list(answer: bytes | None) -> None:
    with answering(answer) as (url, _), pytest.raises(CarrierUnavailableError):
        make_sender(url).find_sent(phone=SMS.phone, text=SMS.text, since=NOW)


def test_a_status_is_fetched_by_sid() -> None:
    with answering(http("200 OK", listed(5, status="undelivered", error_code="30003"))) as (url, _):
        record = make_sender(url).find_status(sid=make_sid(5))
    assert record == CarrierRecord(make_sid(5), CarrierStatus.UNDELIVERED, 30003)
    with answering(error("404 Not Found", 20404)) as (url, _):
        assert make_sender(url).find_status(sid=make_sid(5)) is None
    with answering(error("500 Internal Server Error", 20500)) as (url, _), pytest.raises(CarrierUnavailableError):
        make_sender(url).find_status(sid=make_sid(5))
