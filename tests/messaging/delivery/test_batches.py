"""Many messages in one commit mean what one by one would have meant."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text
from sqlalchemy.orm import sessionmaker

from messaging.delivery import valve
from messaging.delivery.claiming import Batch, claim_many
from messaging.delivery.finishing import Ended, Finish, finish_many
from messaging.delivery.models import MessageState, SkipReason, Valve
from messaging.delivery.pools import create_pool
from messaging.delivery.ports import Accepted, InDoubt, InDoubtCause, Rejected, SendResult
from messaging.delivery.values import Timings
from messaging.delivery.valve import ValveLimits
from privacy.audit.checking import check_chain
from privacy.audit.models import EntryRow
from privacy.audit.queries import get_head, stream_entries
from tests.messaging.delivery.fakes import make_sid
from tests.messaging.delivery.world import QUICK

if TYPE_CHECKING:
    from tests.messaging.delivery.world import Person, World

RULES = Finish(timings=Timings(), valve=QUICK)


def take(world: World, *, most: int = 50) -> Batch:
    return claim_many(world.sender, gate=world.make_gate(), now=world.clock(), most=most)


def plan(world: World, *people: Person) -> None:
    campaign_id = world.add_run()
    for person in people:
        world.add_message(person, campaign_id=campaign_id)


def test_a_batch_takes_leases_slots_and_one_entry_each(world: World) -> None:
    people = world.add_households(7)
    plan(world, *people)
    told = select(func.count()).select_from(EntryRow)
    with world.admin() as session:
        before = session.scalar(told) or 0
    batch = take(world, most=5)
    assert (len(batch.claims), batch.passed, batch.held) == (5, 0, frozenset())
    with world.admin() as session:
        assert session.scalar(told) == before + 5
        check_chain(stream_entries(session), key=world.recorder.key, head=get_head(session))
    assert world.count_states() == {MessageState.SENDING: 5, MessageState.PLANNED: 2}
    assert world.count_slots() == 5
    assert {one.phone for one in (*batch.claims, *take(world).claims)} == {person.phone for person in people}


def test_two_messages_to_one_household_in_a_batch_share_its_cap(world: World) -> None:
    person, refused = world.add_household(), world.add_household(consent=False)
    plan(world, person, refused)
    world.add_message(person, campaign_id=world.add_run(text="另一条"))
    batch = take(world)
    assert ([one.phone for one in batch.claims], batch.passed) == ([person.phone], 2)
    assert world.find_skip_reasons() == {SkipReason.CAP, SkipReason.CONSENT}
    assert world.count_slots() == 1


def test_ends_in_one_commit_are_what_each_alone_would_be(world: World) -> None:
    plan(world, *world.add_households(6))
    claims = take(world).claims
    results: list[SendResult] = [
        Accepted(make_sid(1)), Accepted(make_sid(2)), InDoubt(InDoubtCause.CUT), Rejected(21211), Accepted(make_sid(3)),
        Accepted(make_sid(4)),
    ]  # fmt: skip
    ended = [Ended(claim, result) for claim, result in zip(claims, results, strict=True)]
    finish_many(world.sender, ended, now=world.clock(), rules=RULES)
    states = [world.get_message(one.message_id).state for one in claims]
    accepted = MessageState.ACCEPTED
    assert states == [accepted, accepted, MessageState.UNKNOWN, MessageState.FAILED, accepted, accepted]
    message = world.get_message(claims[0].message_id)
    assert (message.sid, message.lease_until) == (make_sid(1), None)
    assert message.check_at == world.clock() + timedelta(minutes=30)
    with world.sender() as session:
        assert session.scalar(select(Valve.recent_in_doubt)) == "001000"


def test_a_sid_that_another_message_holds_spoils_its_own_end_only(world: World) -> None:
    plan(world, *world.add_households(3))
    claims = take(world).claims
    sids = [make_sid(1), make_sid(2), make_sid(1)]
    ended = [Ended(claim, Accepted(sid)) for claim, sid in zip(claims, sids, strict=True)]
    with pytest.raises(Exception, match="sid"):
        finish_many(world.sender, ended, now=world.clock(), rules=RULES)
    assert world.count_states() == {MessageState.ACCEPTED: 2, MessageState.SENDING: 1}


def test_an_end_that_somebody_else_decided_is_left_alone(world: World) -> None:
    plan(world, *world.add_households(2))
    first, second = take(world).claims
    with world.admin.begin() as session:
        session.execute(
            text("UPDATE delivery.messages SET attempt = 2 WHERE message_id = :id"), {"id": first.message_id}
        )
    ended = [Ended(first, Accepted(make_sid(1))), Ended(second, Accepted(make_sid(2)))]
    finish_many(world.sender, ended, now=world.clock(), rules=RULES)
    assert world.get_message(first.message_id).state == MessageState.SENDING
    assert world.get_message(second.message_id).state == MessageState.ACCEPTED


def test_one_more_definite_end_of_many_waits_for_nobody_at_the_valve(world: World) -> None:
    limits = ValveLimits(window=3, share=1.0)
    with world.sender.begin() as session:
        valve.record_results(session, [True, False, False, False], now=world.clock(), limits=limits)
    with world.admin.begin() as holder:
        holder.execute(select(Valve).with_for_update())
        with world.sender.begin() as session:
            session.execute(text("SET LOCAL lock_timeout = '100ms'"))
            assert not valve.record_results(session, [False, False], now=world.clock(), limits=limits)
            with pytest.raises(Exception, match="lock timeout"):
                valve.record_results(session, [True], now=world.clock(), limits=limits)


def test_a_connection_that_its_server_has_ended_is_replaced_before_anything_is_asked(world: World) -> None:
    url = SecretStr(world.services.url("people", role="field_sender"))
    engine = create_pool(url, connections=1, statement_timeout_ms=5_000)
    sessions = sessionmaker(engine)
    with sessions() as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
    with world.admin.begin() as session:
        assert session.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    with sessions() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != pid
    engine.dispose()
