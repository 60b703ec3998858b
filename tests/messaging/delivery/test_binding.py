"""Whom an invitation finds: twenty or nobody, the wider tuple in silence, one household once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from messaging.campaigns.models import Broadcast
from messaging.campaigns.talk_models import Invitation
from messaging.delivery.binding import Member, Wanted, take_member
from messaging.delivery.models import Run, RunState
from messaging.delivery.talk_models import BoundInvitation
from privacy.people.caps import CapLimits
from privacy.people.consent import record_opt_out
from privacy.people.models import Contact
from privacy.release.models import DistrictFigures
from privacy.release.slots import Activity, AgeBand
from tests.messaging.delivery.talking import (
    BODY,
    PERSONA,
    TALK_RULES,
    Planner,
    add_members,
    count_messages,
    get_bound,
    people_district,
)  # fmt: skip

if TYPE_CHECKING:
    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import Person, World


def test_twenty_members_are_enough_and_one_of_them_is_found(world: World) -> None:
    members, planner = people_district(world, 20), Planner(world)
    sent = planner.invite()
    planner.pump()
    bound = get_bound(world, sent.invitation_id)
    assert bound is not None
    assert bound.household_id in {member.household_id for member in members}
    assert [sms.text.startswith(f"【青禾】{BODY} http") for sms in planner.sender.calls] == [True]


def test_nineteen_members_are_nobody_however_wide(world: World) -> None:
    people_district(world, 19)
    planner = Planner(world)
    sent = planner.invite()
    planner.pump()
    assert (get_bound(world, sent.invitation_id), count_messages(world), planner.sender.calls) == (None, 0, [])
    assert world.get_run(sent.invitation_id).state == RunState.FINISHED


@pytest.mark.parametrize(
    ("other", "is_found"),
    [
        ({"persona_age_band": 0}, True),
        ({"activity_score": 40}, True),
        ({"activity_score": 10}, True),
        ({"persona_category": 3}, False),
        ({"leaf_id": 8}, False),
        ({"push_consent": False}, False),
    ],
)
def test_too_small_a_tuple_is_silently_widened_but_never_beyond_district_category_and_consent(
    world: World,
    other: dict[str, Any],
    is_found: bool,  # noqa: FBT001 - a parameter of the table above
) -> None:
    people_district(world, 5)
    add_members(world, 15, **other)
    planner = Planner(world)
    sent = planner.invite()
    planner.pump()
    assert (get_bound(world, sent.invitation_id) is not None) is is_found
    view = planner.look(sent.invitation_id)
    assert (view.state, view.persona) == (sent.state, PERSONA)


def _opt_out(world: World, person: Person) -> None:
    hashes = world.vault.hash_phone(person.phone)
    with world.sender.begin() as session:
        record_opt_out(
            session, opt_out_hash=hashes.opt_out_hash, version=hashes.opt_out_version, source="test", at=world.clock()
        )


def _contact(world: World, person: Person) -> None:
    with world.admin.begin() as session:
        session.add(
            Contact(
                message_id=uuid4(), household_id=person.household_id, initiator_id=uuid4(), text_sha256=b"x",
                reserved_at=world.clock() - timedelta(hours=23),
            )
        )  # fmt: skip


@pytest.mark.parametrize("spoil", [_opt_out, _contact, lambda world, person: world.forget_phone(person)])
def test_who_cannot_be_written_to_does_not_count_towards_the_twenty(world: World, spoil: Any) -> None:  # noqa: ANN401 - one of three ways
    members, planner = people_district(world, 20), Planner(world)
    spoil(world, members[0])
    sent = planner.invite()
    planner.pump()
    assert get_bound(world, sent.invitation_id) is None


def test_of_fifty_invitations_at_once_a_household_gets_one(world: World, clock: FakeClock) -> None:
    person = people_district(world, 1)[0]
    runs = [world.add_run() for _ in range(50)]

    def take(run: Any) -> bool:  # noqa: ANN401 - an id
        wanted = Wanted(run, uuid4(), [7], 0, AgeBand.FROM_5_TO_10_YEARS, Activity.VERY_ACTIVE)
        with world.sender.begin() as session:
            member = Member(person.household_id, b"", 1)
            if not take_member(session, member, wanted=wanted, caps=CapLimits(), now=clock()):
                return False
            session.add(
                BoundInvitation(
                    campaign_id=run, household_id=person.household_id, initiator_id=uuid4(), message_id=uuid4(),
                    token_hash=run.bytes, bound_at=clock(), answer_by=clock(),
                )
            )  # fmt: skip
            return True

    with ThreadPoolExecutor(25) as pool:
        assert sum(pool.map(take, runs)) == 1
    clock.advance(days=30)
    assert take(world.add_run())


def test_a_household_is_invited_again_only_after_thirty_days(world: World, clock: FakeClock) -> None:
    people_district(world, 20)
    first = Planner(world)
    second = Planner(world, sender=first.sender)
    sent = first.invite()
    first.pump()
    again = second.invite()
    second.pump()
    assert get_bound(world, sent.invitation_id) is not None
    assert get_bound(world, again.invitation_id) is None
    clock.advance(days=30)
    later = second.invite()
    second.pump()
    assert get_bound(world, later.invitation_id) is not None


@pytest.mark.parametrize(
    "forged",
    [
        {"final_text": "【青禾】别家的话"},
        {"text_sha256": b"x"},
        {"body": "加我微信聊"},
        {"quota": 50},
        {"leaf_ids": [7]},
        {"release_id": "2026-10-370200"},
        {"city_code": 110000},
        {"category": 99},
    ],
)
def test_an_order_that_the_web_process_altered_reaches_nobody(world: World, forged: dict[str, Any]) -> None:
    people_district(world, 25)
    planner = Planner(world)
    sent = planner.invite()
    with world.serving_admin.begin() as session:
        session.execute(update(Broadcast).where(Broadcast.broadcast_id == sent.invitation_id).values(forged))
    planner.pump()
    assert (get_bound(world, sent.invitation_id), count_messages(world)) == (None, 0)
    with world.admin() as session:
        assert session.get_one(Run, sent.invitation_id).final_text == ""


@pytest.mark.parametrize("forged", [{"age_band": "young"}, {"activity": "x"}, {"district_adcode": 370203}])
def test_a_persona_that_no_release_shows_reaches_nobody(world: World, forged: dict[str, Any]) -> None:
    people_district(world, 25)
    planner = Planner(world)
    sent = planner.invite()
    with world.serving_admin.begin() as session:
        session.execute(update(Invitation).where(Invitation.invitation_id == sent.invitation_id).values(forged))
    planner.pump()
    assert (get_bound(world, sent.invitation_id), count_messages(world)) == (None, 0)


def test_a_card_that_does_not_stand_out_of_its_noise_reaches_nobody(world: World) -> None:
    people_district(world, 25)
    with world.serving_admin.begin() as session:
        session.execute(update(DistrictFigures).values(counts=[50 + 2 * 27.0 - 0.1] * 48))
    planner = Planner(world)
    planner.invite()
    planner.pump()
    assert count_messages(world) == 0


def test_a_planner_who_writes_orders_past_the_web_process_is_held_to_twice_the_day(world: World) -> None:
    people_district(world, 80)
    planner = Planner(world, rules=TALK_RULES.model_copy(update={"actor_invitations_per_day": 100}))
    for number in "一二三四五六七八九十":
        for other in "甲乙丙":
            planner.invite(body=f"想请教您对冰箱的使用感受{other}{number}")
    planner.rules = TALK_RULES
    planner.pump()
    assert count_messages(world) == 20
