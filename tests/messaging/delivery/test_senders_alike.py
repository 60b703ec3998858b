"""What is true of every carrier's adapter: what a broken connection proves, and that no number leaves sideways."""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from messaging.delivery.errors import CarrierUnavailableError
from messaging.delivery.ports import Accepted, InDoubt, InDoubtCause, NotSent, NotSentCause, SmsSender, TakenSms
from tests.messaging.delivery import aliyun, test_twilio_sender
from tests.messaging.delivery.aliyun import NOW, SMS
from tests.messaging.delivery.fakes import make_sid
from tests.messaging.delivery.wire import answering, http

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Kind:
    """One adapter, the answer by which its carrier takes a message under a SID, and a refusal with a phone in it."""

    make: Callable[[str], SmsSender]
    taken: bytes
    sid: str
    refusal: bytes


TWILIO = Kind(
    test_twilio_sender.make_sender,
    test_twilio_sender.CREATED,
    make_sid(9),
    http("400 Bad Request", f'{{"code": 21211, "message": "{SMS.phone}", "status": 400}}'),
)
ALIYUN = Kind(aliyun.make_aliyun, aliyun.TAKEN, aliyun.BIZ_ID, aliyun.answer("isv.MOBILE_NUMBER_ILLEGAL"))


@pytest.fixture(params=[TWILIO, ALIYUN], ids=["twilio", "aliyun"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Give each adapter in turn."""
    found: Kind = request.param
    return found


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"", InDoubtCause.CUT),
        (b"not http\r\n\r\n", InDoubtCause.CUT),
        (None, InDoubtCause.TIMEOUT),
        (http("200 OK", "<html>"), InDoubtCause.BROKEN_ANSWER),
        (http("200 OK", "[]"), InDoubtCause.BROKEN_ANSWER),
        (http("200 OK", "[1]"), InDoubtCause.BROKEN_ANSWER),
        (http("200 OK", "{}"), InDoubtCause.BROKEN_ANSWER),
        (http("400 Bad Request", "<html>"), InDoubtCause.BROKEN_ANSWER),
        (http("502 Bad Gateway", "<html>"), InDoubtCause.SERVER_ERROR),
        (http("500 Internal Server Error", "{}"), InDoubtCause.SERVER_ERROR),
    ],
)
def test_an_answer_that_proves_nothing_leaves_doubt(kind: Kind, answer: bytes | None, cause: InDoubtCause) -> None:
    with answering(answer) as (url, asked):
        assert kind.make(url).send(SMS) == InDoubt(cause)
    assert len(asked) == 1


def test_an_answer_cut_short_leaves_doubt(kind: Kind) -> None:
    with answering(kind.taken[:-4]) as (url, _):
        assert kind.make(url).send(SMS) == InDoubt(InDoubtCause.CUT)


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_no_redirect_is_followed(kind: Kind, status: str) -> None:
    with answering(kind.taken) as (elsewhere, followed):
        with answering(http(status, "", f"Location: {elsewhere}/")) as (url, _):
            assert kind.make(url).send(SMS) == InDoubt(InDoubtCause.SERVER_ERROR)
        assert followed == []
        assert kind.make(elsewhere).send(SMS) == Accepted(kind.sid)


def test_refused_is_not_sent_and_reset_is_doubt(kind: Kind) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert kind.make(f"http://127.0.0.1:{port}").send(SMS) == NotSent(NotSentCause.NO_CONNECTION)
    with answering(b"", reset=True) as (url, _):
        assert kind.make(url).send(SMS) == InDoubt(InDoubtCause.CUT)


def test_a_name_that_is_not_found_is_not_sent(kind: Kind) -> None:
    assert kind.make("http://carrier.invalid").send(SMS) == NotSent(NotSentCause.NO_CONNECTION)


def test_a_connect_timeout_is_not_sent(kind: Kind) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)  # noqa: FBT003 - the signature is Python's
            one.connect_ex(address)
        result = kind.make(f"http://127.0.0.1:{address[1]}").send(SMS)
        for one in waiting:
            one.close()
    assert result == NotSent(NotSentCause.NO_CONNECTION)


def test_plain_http_where_tls_is_expected_is_doubt(kind: Kind) -> None:
    with answering(kind.taken) as (url, _):
        assert isinstance(kind.make(url.replace("http:", "https:")).send(SMS), InDoubt)


def test_no_environment_leads_elsewhere(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TWILIO_EDGE": "sydney", "HTTP_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "socks5://x"}.items():
        monkeypatch.setenv(name, value)
    with answering(kind.taken) as (url, _):
        assert kind.make(url).send(SMS) == Accepted(kind.sid)


def test_neither_log_nor_exception_knows_the_number(
    kind: Kind, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEBUG", "sdk")  # makes Aliyun's SDK write whole requests to stderr
    caplog.set_level(logging.DEBUG)
    for answer in (kind.taken, kind.refusal, b""):
        with answering(answer) as (url, _):
            kind.make(url).send(SMS)
    # The last one, where nobody listens, is told by requests with the whole address: query and number.
    for answer, is_there in ((kind.refusal, True), (b"", True), (b"", False)):
        with answering(answer) as (url, _):
            sender = kind.make(url if is_there else "http://127.0.0.1:1")
            with pytest.raises(CarrierUnavailableError) as raised:
                sender.find_sent(phone=SMS.phone, text=SMS.text, token=SMS.token, since=NOW)
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__ or raised.value.__context__ is None
        assert SMS.phone[3:] not in f"{raised.value!r} {raised.value}"
    written = "".join(capfd.readouterr())
    assert SMS.phone.removeprefix("+86") not in caplog.text + written
    assert SMS.phone not in repr(SMS)


@pytest.mark.parametrize("answer", [http("200 OK", "<html>"), http("200 OK", "{}"), http("200 OK", "[1]"), b"", None])
def test_a_list_that_cannot_be_read_is_no_list(kind: Kind, answer: bytes | None) -> None:
    with answering(answer) as (url, _), pytest.raises(CarrierUnavailableError):
        kind.make(url).find_sent(phone=SMS.phone, text=SMS.text, token=SMS.token, since=NOW)


@pytest.mark.parametrize("answer", [http("200 OK", "<html>"), http("500 Internal Server Error", "{}"), b""])
def test_a_status_that_cannot_be_read_is_no_status(kind: Kind, answer: bytes) -> None:
    taken = TakenSms(kind.sid, SMS.token, NOW, NOW, open_phone=lambda: SMS.phone)
    with answering(answer) as (url, _), pytest.raises(CarrierUnavailableError):
        kind.make(url).find_status(taken)
