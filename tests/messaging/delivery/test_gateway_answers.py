"""What the gateway answers to what it cannot use, and to faults of its own: little, and nothing that was brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from messaging.delivery.models import MessageState, Receipt
from tests.messaging.delivery.callbacks import Sent, post
from tests.messaging.delivery.fakes import make_sid

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.messaging.delivery.world import World


@pytest.mark.parametrize("code", ["²", "٣", "９", "1" * 5000, "-1", "1.0", "0x1", " 1", "", "21610\u0000", "1234567"])
def test_a_code_that_is_none_is_none(world: World, client: FlaskClient, code: str) -> None:
    sent = Sent(world)
    assert post(client, sent.path, sent.form("undelivered", ErrorCode=code)).status_code == 204
    with world.admin() as session:
        assert session.scalars(select(Receipt.error_code)).all() == [None]


@pytest.mark.parametrize(
    "sid", ["²", "SM", "SM" + "g" * 32, "SM" + "1" * 3000, make_sid(77) + "\u0000", "CA" + "1" * 32]
)
def test_a_sid_that_is_none_is_refused(world: World, client: FlaskClient, sid: str) -> None:
    sent = Sent(world)
    assert post(client, sent.path, sent.form("sent", MessageSid=sid)).status_code == 403
    assert sent.message.state == MessageState.SENDING


def test_a_fault_of_ours_is_an_empty_answer_and_a_type_in_the_log(
    world: World, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Sent(world)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(sent.person.phone)

    monkeypatch.setattr("messaging.delivery.gateway.record_callback", fail)
    with capture_logs() as logged:
        answer = post(client, sent.path, sent.form("sent"))
    assert (answer.status_code, answer.data) == (500, b"")
    assert logged == [{"event": "request_failed", "log_level": "error", "reason": "RuntimeError"}]


def test_every_refusal_is_empty(world: World, client: FlaskClient) -> None:
    sent = Sent(world)
    answers = [
        client.get("/"),
        client.get(sent.path),
        client.delete("/twilio/inbound"),
        post(client, sent.path, sent.form("sent", Padding="x" * 10_000)),
        client.post("/twilio/status/<script>"),
    ]
    assert [(answer.status_code, answer.data) for answer in answers] == [
        (404, b""), (405, b""), (405, b""), (413, b""), (404, b"")
    ]  # fmt: skip
    assert {answer.mimetype for answer in answers} == {"text/plain"}
    assert set(answers[1].headers["Allow"].split(", ")) == {"POST", "OPTIONS"}
