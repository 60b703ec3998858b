"""A conversation: who may answer, what crosses over and how it is masked, and what a planner can tell from silence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from messaging.campaigns.errors import ConversationNotFoundError, ConversationOverError, TextRefusedError
from messaging.campaigns.invitation_values import InvitationState
from messaging.campaigns.talk_models import Answer, Conversation, PlannerMessage
from messaging.campaigns.talk_queries import find_conversations
from messaging.campaigns.values import Actor
from messaging.delivery.answers import find_by_phone, write_line
from messaging.delivery.talk_models import BoundInvitation, Line, Tombstone
from privacy.people.consent import is_opted_out
from privacy.people.errors import HandleError
from privacy.people.handles import get_epoch
from tests.messaging.delivery.held import erase_person
from tests.messaging.delivery.talking import (
    TALK_RULES,
    Planner,
    find_answers,
    find_handles,
    find_phone,
    get_bound,
    people_district,
    text_back,
)  # fmt: skip

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.conftest import FakeClock
    from tests.messaging.delivery.talk import Talk
    from tests.messaging.delivery.world import World


def test_an_answer_by_text_message_accepts_and_is_masked_before_it_is_stored(
    talk: Talk, client: FlaskClient, world: World
) -> None:
    handle = talk.answer(client, "声音大，我叫张三丰，电话13912345678，微信号：abc12345，住3号楼2单元501室")
    assert find_answers(world) == [(handle, "声音大，我叫[masked]，电话[masked]，[masked]，住[masked]")]
    assert talk.find_lines() == [(True, find_answers(world)[0][1])]
    seen = talk.planner.look(talk.sent.invitation_id)
    assert (seen.state, seen.handle) == (InvitationState.ACCEPTED, handle)


def test_a_text_message_with_a_character_that_no_database_takes_is_taken_without_it(
    talk: Talk, client: FlaskClient, world: World
) -> None:
    handle = talk.answer(client, "我觉得\x00挺好")
    assert find_answers(world) == [(handle, "我觉得 挺好")]


def test_a_planner_s_line_reaches_the_page_and_no_phone(talk: Talk, client: FlaskClient) -> None:
    handle = talk.answer(client)
    talk.say(handle)
    talk.planner.pump()
    assert talk.find_lines() == [(True, "声音有点大"), (False, "请问用了几年")]
    assert len(talk.planner.sender.calls) == 1


@pytest.mark.parametrize("body", ["打13912345678", "加我微信聊", "看 www.example.com", "扫码进群", "好的\x00再见"])
def test_a_planner_s_line_keeps_to_the_content_rules(talk: Talk, client: FlaskClient, body: str) -> None:
    handle = talk.answer(client)
    with pytest.raises(TextRefusedError):
        talk.say(handle, body)


def test_a_line_that_the_web_process_wrote_past_the_rules_is_not_shown(
    talk: Talk, client: FlaskClient, world: World
) -> None:
    handle = talk.answer(client)
    with world.web.begin() as session:
        session.add(
            PlannerMessage(
                message_id=uuid4(), handle=handle, actor_id=talk.planner.actor.account_id, body="加我微信 abc12345",
                at=world.clock(),
            )
        )  # fmt: skip
    talk.planner.carry()
    assert talk.find_lines() == [(True, "声音有点大")]


def test_a_stolen_handle_opens_nothing_for_another_planner(talk: Talk, client: FlaskClient, world: World) -> None:
    handle = talk.answer(client)
    thief = Actor(uuid4(), "planner", frozenset())
    with pytest.raises(ConversationNotFoundError):
        talk.say(handle, actor=thief)
    with world.serving_admin.begin() as session:
        session.add(
            PlannerMessage(message_id=uuid4(), handle=handle, actor_id=thief.account_id, body="您好", at=world.clock())
        )
    talk.planner.carry()
    assert talk.find_lines() == [(True, "声音有点大")]


def test_a_handle_is_good_for_one_viewer_and_epoch_and_not_when_altered(world: World) -> None:
    handles, household, viewer = world.handles, uuid4(), uuid4()
    epoch = get_epoch(world.clock())
    handle = handles.seal(household, viewer_id=viewer, epoch=epoch)
    assert handles.open(handle, viewer_id=viewer, epoch=epoch) == household
    others = {
        handles.seal(household, viewer_id=uuid4(), epoch=epoch),
        handles.seal(household, viewer_id=viewer, epoch=epoch + 1),
    }
    assert len(others | {handle}) == 3
    last = "A" if handle[-2] != "A" else "B"
    for wrong, by, at in (
        (handle, uuid4(), epoch), (handle, viewer, epoch + 1), (handle[:-2] + last + handle[-1], viewer, epoch),
        ("x" * 43, viewer, epoch), ("", viewer, epoch), ("号" * 43, viewer, epoch),
    ):  # fmt: skip
        with pytest.raises(HandleError):
            handles.open(wrong, viewer_id=by, epoch=at)


def test_a_conversation_keeps_its_handle_over_epochs_until_it_expires(
    talk: Talk, client: FlaskClient, world: World, clock: FakeClock
) -> None:
    handle = talk.answer(client)
    clock.advance(days=14, seconds=-1)
    talk.say(handle)
    clock.advance(milliseconds=1)
    talk.answer(client, "用了八年", sid="SM" + "6" * 32)
    assert find_handles(world) == [handle]
    assert [body for _, body in talk.find_lines()] == ["声音有点大", "请问用了几年", "用了八年"]
    clock.advance(milliseconds=999)
    with pytest.raises(ConversationOverError):
        talk.say(handle)
    assert text_back(client, talk.phone, "还在吗", sid="SM" + "7" * 32) == 200
    assert len(talk.find_lines()) == 3


def test_a_text_before_the_invitation_has_left_accepts_nothing(world: World, client: FlaskClient) -> None:
    members, planner = people_district(world, 20), Planner(world)
    sent = planner.invite()
    from messaging.delivery.invitation_orders import follow_invitations  # noqa: PLC0415 - one step of the pump alone

    follow_invitations(world.stores, gate=world.make_gate(rules=TALK_RULES), draw=world.make_draw(), now=world.clock())
    assert text_back(client, find_phone(world, members, sent.invitation_id), "声音有点大") == 200
    bound = get_bound(world, sent.invitation_id)
    assert bound is not None
    assert bound.accepted_at is None


def test_stop_ends_the_conversation_for_good_and_the_planner_sees_silence(
    talk: Talk, client: FlaskClient, world: World, clock: FakeClock
) -> None:
    handle = talk.answer(client)
    with world.web() as session:
        before = find_conversations(session, actor_id=talk.planner.actor.account_id, before=None, limit=9)
    assert text_back(client, talk.phone, "退订", sid="SM" + "6" * 32) == 200
    talk.say(handle)
    assert text_back(client, talk.phone, "声音有点大", sid="SM" + "7" * 32) == 200
    talk.planner.pump()
    assert talk.find_lines() == [(True, "声音有点大")]
    with world.web() as session:
        assert find_conversations(session, actor_id=talk.planner.actor.account_id, before=None, limit=9) == before
    with world.admin() as session:
        assert is_opted_out(session, opt_out_hashes=world.vault.opt_out_hashes(talk.phone))
    clock.advance(days=13)
    assert talk.say(handle) is False


def test_the_same_webhook_again_is_one_answer(talk: Talk, client: FlaskClient, world: World) -> None:
    for _ in range(20):
        talk.answer(client)
    assert len(find_answers(world)) == 1


def test_a_person_writes_at_most_thirty_lines_a_day(talk: Talk, client: FlaskClient, clock: FakeClock) -> None:
    for number in range(35):
        talk.answer(client, f"第{'一二三四五'[number % 5]}点", sid=f"SM{number:032x}")
    assert len(talk.find_lines()) == 30
    clock.advance(hours=24)
    talk.answer(client, "再说一点", sid="SM" + "f" * 32)
    assert len(talk.find_lines()) == 31


def test_an_erasure_deletes_the_conversation_on_both_sides(
    talk: Talk, client: FlaskClient, world: World, clock: FakeClock
) -> None:
    handle = talk.answer(client)
    talk.say(handle)
    talk.planner.carry()
    erase_person(world, talk.person)
    assert len(find_answers(world)) == 1
    talk.planner.carry()
    with world.admin() as session:
        assert [session.scalars(select(table)).all() for table in (BoundInvitation, Line, Tombstone)] == [[], [], []]
    with world.serving_admin() as session:
        tables = (Conversation, Answer, PlannerMessage)
        assert [session.scalars(select(table)).all() for table in tables] == [[], [], []]
    clock.now = talk.sent.answer_by
    assert talk.planner.look(talk.sent.invitation_id).state == InvitationState.EXPIRED


def test_an_erasure_waits_for_an_answer_on_its_way_and_takes_it_along(
    talk: Talk, client: FlaskClient, world: World
) -> None:
    started = Event()
    with ThreadPoolExecutor(1) as pool, world.gateway.begin() as session:
        held = find_by_phone(session, world.vault.lookup_hashes(talk.phone), now=world.clock())
        assert held is not None
        write_line(session, held, text="声音有点大", source="sms:1", now=world.clock())

        def erase() -> None:
            started.set()
            erase_person(world, talk.person)

        erasing = pool.submit(erase)
        started.wait()
        assert not wait([erasing], timeout=0.3).done
        session.commit()
        erasing.result(timeout=60)
    with world.admin() as session:
        assert session.scalars(select(Line)).all() == []
    assert text_back(client, talk.phone, "声音有点大") == 200


def test_nothing_of_the_people_side_crosses_over(talk: Talk, client: FlaskClient, world: World) -> None:
    talk.answer(client, f"我的号码是{talk.phone}")
    with world.serving_admin() as session:
        rows: list[Any] = [
            *session.execute(select(Conversation.__table__)), *session.execute(select(Answer.__table__)),
        ]  # fmt: skip
    written = repr(rows)
    for secret in (
        talk.phone,
        talk.phone.removeprefix("+86"),
        str(talk.person.household_id),
        talk.person.household_id.hex,
    ):
        assert secret not in written
