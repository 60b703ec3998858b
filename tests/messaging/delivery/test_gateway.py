"""The gateway: what it takes, and everything that is not from the carrier or not about this message."""

from __future__ import annotations

import time
from threading import Event, Thread
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import sessionmaker
from twilio.request_validator import RequestValidator

from messaging.delivery.everywhere import GatewayParts
from messaging.delivery.gateway import create_gateway, make_gateway
from messaging.delivery.models import Message, MessageState, Receipt
from messaging.delivery.values import Timings
from privacy.people.consent import is_opted_out
from tests.messaging.delivery.callbacks import ACCOUNT, BASE, CURRENT, FOREIGN, PREVIOUS, Sent, make_settings, post
from tests.messaging.delivery.fakes import make_sid

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

    from tests.messaging.delivery.world import World


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (["queued"], MessageState.ACCEPTED),
        (["sent"], MessageState.SENT),
        (["queued", "sent", "delivered"], MessageState.DELIVERED),
        (["delivered", "sent", "queued"], MessageState.DELIVERED),
        (["undelivered", "delivered"], MessageState.UNDELIVERED),
        (["sent", "failed"], MessageState.FAILED),
        (["sent", "read"], MessageState.DELIVERED),
        (["sent", "a_status_of_tomorrow"], MessageState.SENT),
    ],
)
def test_receipts_go_forward_only(world: World, client: FlaskClient, statuses: list[str], state: MessageState) -> None:
    sent = Sent(world)
    assert [post(client, sent.path, sent.form(status)).status_code for status in statuses] == [204] * len(statuses)
    assert (sent.message.state, sent.message.sid) == (state, sent.sid)


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (MessageState.SENDING, MessageState.SENT),
        (MessageState.UNKNOWN, MessageState.SENT),
        (MessageState.PLANNED, MessageState.SENT),
        (MessageState.UNCONFIRMED, MessageState.UNCONFIRMED),
        (MessageState.FAILED, MessageState.FAILED),
        (MessageState.SKIPPED, MessageState.SKIPPED),
    ],
)
def test_a_callback_settles_doubt_and_stops_a_resend_but_reopens_nothing(
    world: World, client: FlaskClient, state: MessageState, after: MessageState
) -> None:
    sent = Sent(world, state=state)
    assert post(client, sent.path, sent.form("sent")).status_code == 204
    assert sent.message.state == after


def test_a_thousand_replays_are_one_receipt(world: World, client: FlaskClient) -> None:
    sent = Sent(world)
    form = sent.form("delivered")
    assert {post(client, sent.path, form).status_code for _ in range(1000)} == {204}
    with world.admin() as session:
        assert session.scalar(select(func.count()).select_from(Receipt)) == 1


def test_the_previous_token_still_signs_and_another_does_not(world: World, client: FlaskClient) -> None:
    sent = Sent(world)
    assert post(client, sent.path, sent.form("sent"), token=PREVIOUS).status_code == 204
    assert post(client, sent.path, sent.form("delivered"), token=FOREIGN).status_code == 403
    assert sent.message.state == MessageState.SENT


@pytest.mark.parametrize(
    "changes",
    [
        {"AccountSid": "AC" + "2" * 32},
        {"To": "+8619911112222"},
        {"To": "nonsense"},
        {"MessageSid": ""},
    ],
)
def test_signed_but_not_about_this_message(world: World, client: FlaskClient, changes: dict[str, str]) -> None:
    sent = Sent(world)
    assert post(client, sent.path, sent.form("delivered", **changes)).status_code == 403
    assert sent.message.state == MessageState.SENDING


def test_a_foreign_sid_is_refused(world: World, client: FlaskClient) -> None:
    known = Sent(world, state=MessageState.SENT, sid=make_sid(1))
    assert post(client, known.path, known.form("delivered")).status_code == 403
    other = Sent(world)
    assert post(client, other.path, other.form("sent", MessageSid=make_sid(1))).status_code == 403
    never_called = Sent(world, state=MessageState.PLANNED, attempt=0)
    assert post(client, never_called.path, never_called.form("sent")).status_code == 403


def test_unsigned_changed_or_misdirected_is_refused(world: World, client: FlaskClient) -> None:
    sent = Sent(world)
    form = sent.form("delivered")
    signature = RequestValidator(CURRENT).compute_signature(BASE + sent.path, form)
    signed = {"X-Twilio-Signature": signature}
    answers = [
        client.post(sent.path, data=form),
        client.post(sent.path, data=form, headers={"X-Twilio-Signature": ""}),
        client.post(sent.path, data=form, headers={"X-Twilio-Signature": "bm8="}),
        client.post(sent.path, data=form, headers={"X-Twilio-Signature": "\xff"}),
        client.post(sent.path, data=form | {"MessageStatus": "failed"}, headers=signed),
        client.post(sent.path, data=form | {"Extra": "1"}, headers=signed),
        client.post(sent.path + "?a=1", data=form, headers=signed),
        client.post(sent.path, data={"To": [form["To"], form["To"]]} | form, headers={"X-Twilio-Signature": "x"}),
        client.post(sent.path, json=form, headers=signed),
        post(client, sent.path, form, url="https://elsewhere.example" + sent.path),
        post(client, sent.path, form, url=BASE.replace("https", "http") + sent.path),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert sent.message.state == MessageState.SENDING


def test_a_query_is_signed_too(world: World, client: FlaskClient) -> None:
    sent = Sent(world)
    assert post(client, sent.path + "?a=%E4%B8%80&b=+", sent.form("sent")).status_code == 204


def test_a_field_given_twice_is_refused_although_the_signature_fits(world: World, client: FlaskClient) -> None:
    sent = Sent(world)
    form = sent.form("sent")
    signature = RequestValidator(CURRENT).compute_signature(BASE + sent.path, form)
    twice = {name: [value, value] for name, value in form.items()}
    assert client.post(sent.path, data=twice, headers={"X-Twilio-Signature": signature}).status_code == 403


def test_unknown_tokens_and_other_ways_in_do_not_exist(client: FlaskClient, world: World) -> None:
    sent = Sent(world)
    assert post(client, f"/twilio/status/{uuid4()}", sent.form("sent")).status_code == 404
    assert post(client, "/twilio/status/1", sent.form("sent")).status_code == 404
    assert client.get(sent.path).status_code == 405
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_large_body_is_refused_unread(world: World, client: FlaskClient) -> None:
    sent = Sent(world)
    answer = post(client, sent.path, sent.form("sent", Padding="x" * 1_000_000))
    assert answer.status_code == 413


def test_the_carriers_opt_out_by_receipt_counts(world: World, client: FlaskClient) -> None:
    sent = Sent(world)
    post(client, sent.path, sent.form("undelivered", ErrorCode="21610"))
    with world.admin() as session:
        assert is_opted_out(session, opt_out_hashes=[world.vault.opt_out_hash(sent.person.phone)])
    assert sent.message.reason == "carrier:21610"


@pytest.mark.parametrize(
    ("fields", "opts_out"),
    [({"Body": "退订"}, True), ({"Body": "好的，谢谢"}, False), ({"Body": "?", "OptOutType": "STOP"}, True)],
)
def test_an_inbound_word_opts_out(world: World, client: FlaskClient, fields: dict[str, str], *, opts_out: bool) -> None:
    person = world.add_household()
    form = {"AccountSid": ACCOUNT, "From": person.phone, "To": "+861069000000", "MessageSid": make_sid(1)} | fields
    answers = [post(client, "/twilio/inbound", form) for _ in range(2)]
    assert [(answer.status_code, answer.mimetype) for answer in answers] == [(200, "text/xml")] * 2
    with world.admin() as session:
        assert is_opted_out(session, opt_out_hashes=[world.vault.opt_out_hash(person.phone)]) is opts_out


def test_without_its_database_it_asks_to_be_asked_again(world: World) -> None:
    sent = Sent(world)
    nowhere = sessionmaker(create_engine("postgresql+psycopg://127.0.0.1:1/none", hide_parameters=True))
    parts = GatewayParts(nowhere, world.vault, world.clock, Timings())
    answer = post(make_gateway(make_settings(), parts=parts).test_client(), sent.path, sent.form("sent"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_slow_database_does_not_hold_the_answer_back(world: World) -> None:
    parts = GatewayParts(world.gateway, world.vault, world.clock, Timings())
    client = make_gateway(make_settings(answer_within_s=0.5), parts=parts).test_client()
    sent = Sent(world)
    locked, release = Event(), Event()

    def hold() -> None:
        with world.admin.begin() as session:
            session.scalar(select(Message).where(Message.message_id == sent.message_id).with_for_update())
            locked.set()
            release.wait(60)

    holder = Thread(target=hold)
    holder.start()
    assert locked.wait(60)
    began = time.monotonic()
    answers = [post(client, sent.path, sent.form("sent")).status_code]
    elapsed_s = time.monotonic() - began
    release.set()
    holder.join()
    assert answers == [503]
    assert elapsed_s < 10
    deadline = time.monotonic() + 60
    while sent.message.state != MessageState.SENT:
        assert time.monotonic() < deadline, "what was not in time still takes effect, once"
        time.sleep(0.02)


def test_it_starts_from_its_environment_without_a_database(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {
        "MODE": "test", "PEOPLE_URL": "postgresql+psycopg://127.0.0.1:1/none", "KEY_FILE": str(key_file),
        "GATEWAY_PUBLIC_URL": BASE, "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": CURRENT,
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    processes: list[str] = []
    monkeypatch.setattr("messaging.delivery.gateway.configure_logging", processes.append)
    client = create_gateway().test_client()
    assert processes == ["gateway"]
    form = {"AccountSid": ACCOUNT, "From": "+8619900000001", "Body": "R"}
    assert client.get("/healthz").status_code == 200
    assert post(client, "/twilio/inbound", form).status_code == 503
