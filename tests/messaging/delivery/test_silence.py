"""What a planner is told of an invitation, at every moment, and that nothing in it tells why nobody answers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from messaging.campaigns.invitation_values import InvitationState
from messaging.delivery.models import Message
from tests.messaging.delivery.held import erase_person
from tests.messaging.delivery.talking import (
    Planner,
    find_answers,
    people_district,
    text_back,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from tests.conftest import FakeClock
    from tests.messaging.delivery.talk import Talk
    from tests.messaging.delivery.world import World


def _refuse(talk: Talk, client: FlaskClient) -> None:
    text_back(client, talk.phone, "退订")


def _ignore(talk: Talk, client: FlaskClient) -> None:
    del talk, client


def _lose(talk: Talk, client: FlaskClient) -> None:
    del client
    with talk.world.admin.begin() as session:
        session.execute(update(Message).values(state="undelivered"))


def _vanish(talk: Talk, client: FlaskClient) -> None:
    del client
    erase_person(talk.world, talk.person)


@pytest.mark.parametrize("happens", [_refuse, _ignore, _lose, _vanish])
def test_opted_out_unreachable_ignored_and_nobody_look_the_same_at_every_moment(
    talk: Talk, client: FlaskClient, clock: FakeClock, happens: Callable[[Talk, FlaskClient], None]
) -> None:
    happens(talk, client)
    shown = []
    for moment in (timedelta(), talk.sent.told_at - clock() - timedelta(seconds=1), timedelta(seconds=1),
                   timedelta(hours=72, seconds=-1), timedelta(seconds=1)):  # fmt: skip
        clock.now += moment
        talk.planner.carry()
        shown.append(asdict(talk.planner.look(talk.sent.invitation_id)))
    expected = [asdict(talk.sent) | {"state": state} for state in ("waiting", "waiting", "sent", "sent", "expired")]
    assert shown == expected


def test_an_invitation_that_found_nobody_looks_like_any_other(world: World, clock: FakeClock) -> None:
    people_district(world, 3)
    planner = Planner(world)
    sent = planner.invite()
    planner.pump()
    clock.now = sent.told_at
    assert asdict(planner.look(sent.invitation_id)) == asdict(sent) | {"state": InvitationState.SENT}


def test_an_answer_after_seventy_two_hours_is_none_and_a_second_earlier_is_one(
    talk: Talk, client: FlaskClient, clock: FakeClock, world: World
) -> None:
    assert talk.sent.answer_by == talk.sent.told_at + timedelta(hours=72)
    clock.now = talk.sent.answer_by
    assert text_back(client, talk.phone, "声音有点大") == 200
    assert talk.find_lines() == []
    clock.now = talk.sent.answer_by - timedelta(seconds=1)
    talk.answer(client)
    assert len(find_answers(world)) == 1
