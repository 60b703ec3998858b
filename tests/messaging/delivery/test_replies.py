"""Answers of phones: to which message, once, and without a word of what was written."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from messaging.delivery.models import MessageState
from messaging.delivery.replies import record_reply
from tests.messaging.delivery.callbacks import ACCOUNT, post
from tests.messaging.delivery.fakes import make_sid

if TYPE_CHECKING:
    from uuid import UUID

    from flask.testing import FlaskClient

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import Person, World


def send(world: World, person: Person) -> UUID:
    return world.add_message(person, state=MessageState.DELIVERED, attempt=1, accepted_at=world.clock())


def write(client: FlaskClient, phone: str, body: str) -> int:
    form = {"AccountSid": ACCOUNT, "From": phone, "To": "+861069000000", "MessageSid": make_sid(1), "Body": body}
    return post(client, "/twilio/inbound", form).status_code


def test_an_answer_is_noted_once_for_the_last_message(world: World, client: FlaskClient, clock: FakeClock) -> None:
    person = world.add_household()
    send(world, person)
    clock.advance(hours=1)
    last = send(world, person)
    clock.advance(hours=1)
    answered_at = clock()
    assert write(client, person.phone, "好的，周末来看看") == 200
    clock.advance(hours=1)
    assert write(client, person.phone, "几点开门？") == 200
    assert world.find_replies() == [(last, answered_at)]
    with world.admin() as session:
        kept = session.execute(text("SELECT to_jsonb(reply) FROM delivery.replies AS reply")).scalar_one()
    assert set(kept) == {"message_id", "received_at"}


@pytest.mark.parametrize("body", ["退订", "R", "不要再发了"])
def test_a_refusal_is_no_answer(world: World, client: FlaskClient, body: str) -> None:
    person = world.add_household()
    send(world, person)
    assert write(client, person.phone, body) == 200
    assert (world.find_replies(), world.count_opt_outs()) == ([], 1)


@pytest.mark.parametrize(("days", "replies"), [(6.9, 1), (7.0, 0)])
def test_after_a_week_nobody_answers_a_message(
    world: World, client: FlaskClient, clock: FakeClock, days: float, replies: int
) -> None:
    person = world.add_household()
    send(world, person)
    clock.advance(hours=days * 24)
    write(client, person.phone, "好的")
    assert len(world.find_replies()) == replies


def test_what_strangers_and_phones_not_reached_yet_write_is_forgotten(world: World, client: FlaskClient) -> None:
    world.add_message(world.add_household(phone="+8615400000011"))
    send(world, world.add_household(phone="+8615400000012"))
    for phone in ("+8615400000011", "+8615400000013", "+15005550006"):
        assert write(client, phone, "好的") == 200
    assert world.find_replies() == []


def test_a_message_of_the_future_is_not_answered_yet(world: World) -> None:
    person = world.add_household()
    send(world, person)
    with world.gateway.begin() as session:
        earlier = world.clock() - timedelta(seconds=1)
        assert not record_reply(session, lookup_hashes=world.vault.lookup_hashes(person.phone), now=earlier)
