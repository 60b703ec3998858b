"""Pause, resume, cancel, and the state that is shown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from messaging.campaigns import control
from messaging.campaigns.errors import BroadcastNotFoundError, BroadcastStateError
from messaging.campaigns.models import BroadcastState
from messaging.campaigns.queries import find_broadcasts, find_control_rows, get_broadcast
from messaging.campaigns.values import Actor, BroadcastCursor, BroadcastView
from privacy.release.values import Category
from tests.messaging.campaigns.examples import DOUBTFUL, HONEST, RULES, Desk, make_actor, make_request

if TYPE_CHECKING:
    from tests.conftest import FakeClock

TURNS = {"pause": control.PAUSE, "resume": control.RESUME, "cancel": control.CANCEL}


def change(desk: Desk, name: str, broadcast_id: UUID, *, actor: Actor | None = None) -> BroadcastView:
    return control.change(
        desk.sessions,
        TURNS[name],
        actor=actor or desk.actor,
        broadcast_id=broadcast_id,
        clock=desk.clock,
        queue=desk.queue,
        settings=RULES,
    )


def show(desk: Desk, broadcast_id: UUID) -> BroadcastView:
    with desk.sessions() as session:
        return get_broadcast(
            session, actor_id=desk.actor.account_id, broadcast_id=broadcast_id, now=desk.clock(), settings=RULES
        )


def test_pause_resume_cancel_in_turn(desk: Desk) -> None:
    broadcast_id = desk.ask().view.broadcast_id
    assert change(desk, "pause", broadcast_id).state is BroadcastState.PAUSED
    assert change(desk, "resume", broadcast_id).state is BroadcastState.ACCEPTED
    assert change(desk, "cancel", broadcast_id).state is BroadcastState.CANCELLED
    assert desk.queue.woken == [broadcast_id] * 4
    assert show(desk, broadcast_id).state is BroadcastState.CANCELLED


@pytest.mark.parametrize("name", ["pause", "cancel"])
def test_asking_again_is_no_error(desk: Desk, name: str) -> None:
    broadcast_id = desk.ask().view.broadcast_id
    assert change(desk, name, broadcast_id) == change(desk, name, broadcast_id)


@pytest.mark.parametrize("name", TURNS)
def test_somebody_elses_broadcast_looks_like_none(desk: Desk, name: str) -> None:
    broadcast_id = desk.ask().view.broadcast_id
    with pytest.raises(BroadcastNotFoundError):
        change(desk, name, broadcast_id, actor=make_actor())
    with pytest.raises(BroadcastNotFoundError):
        change(desk, name, uuid4())
    assert show(desk, broadcast_id).state is BroadcastState.ACCEPTED


@pytest.mark.parametrize("name", ["pause", "resume"])
def test_from_cancelled_nothing_leads_back(desk: Desk, name: str) -> None:
    broadcast_id = desk.ask().view.broadcast_id
    change(desk, "cancel", broadcast_id)
    with pytest.raises(BroadcastStateError) as caught:
        change(desk, name, broadcast_id)
    assert caught.value.state is BroadcastState.CANCELLED


def test_a_broadcast_in_review_can_be_cancelled_but_not_paused(desk: Desk) -> None:
    broadcast_id = desk.ask(make_request(body=DOUBTFUL)).view.broadcast_id
    with pytest.raises(BroadcastStateError):
        change(desk, "pause", broadcast_id)
    assert change(desk, "cancel", broadcast_id).state is BroadcastState.CANCELLED


def test_done_is_shown_at_its_slot(desk: Desk, clock: FakeClock) -> None:
    broadcast = desk.ask().view
    assert broadcast.done_at == datetime(2026, 11, 18, 7, tzinfo=UTC)
    clock.now = broadcast.done_at - timedelta(seconds=1)
    assert show(desk, broadcast.broadcast_id).state is BroadcastState.ACCEPTED
    clock.now = broadcast.done_at
    assert show(desk, broadcast.broadcast_id).state is BroadcastState.DONE
    with pytest.raises(BroadcastStateError):
        change(desk, "resume", broadcast.broadcast_id)


def test_what_still_leaves_after_done_can_be_paused_and_cancelled(desk: Desk, clock: FakeClock) -> None:
    broadcast = desk.ask().view
    clock.now = broadcast.done_at
    assert change(desk, "pause", broadcast.broadcast_id).state is BroadcastState.PAUSED
    resumed = change(desk, "resume", broadcast.broadcast_id)
    assert resumed.state is BroadcastState.ACCEPTED
    assert resumed.done_at > clock.now
    clock.now = min(resumed.done_at, broadcast.expires_at - timedelta(seconds=1))
    assert change(desk, "cancel", broadcast.broadcast_id).state is BroadcastState.CANCELLED
    with desk.sessions() as session:
        (order,) = find_control_rows(session, since=clock.now)
    assert order.state is BroadcastState.CANCELLED


@pytest.mark.parametrize("paused", [False, True])
def test_with_its_expiry_all_changes_end(desk: Desk, clock: FakeClock, *, paused: bool) -> None:
    broadcast = desk.ask().view
    if paused:
        change(desk, "pause", broadcast.broadcast_id)
    clock.now = broadcast.expires_at
    for name in TURNS:
        with pytest.raises(BroadcastStateError) as caught:
            change(desk, name, broadcast.broadcast_id)
        assert caught.value.state is BroadcastState.DONE


def test_a_review_that_nobody_gives_is_shown_as_a_refusal(desk: Desk, clock: FakeClock) -> None:
    broadcast_id = desk.ask(make_request(body=DOUBTFUL)).view.broadcast_id
    clock.advance(hours=23, minutes=59)
    assert show(desk, broadcast_id).state is BroadcastState.IN_REVIEW
    clock.advance(minutes=1)
    assert show(desk, broadcast_id).state is BroadcastState.REFUSED
    with pytest.raises(BroadcastStateError):
        change(desk, "cancel", broadcast_id)


def test_a_pause_delays_done_and_a_pause_beyond_the_end_is_done(desk: Desk, clock: FakeClock) -> None:
    broadcast = desk.ask().view
    change(desk, "pause", broadcast.broadcast_id)
    clock.now = broadcast.done_at + timedelta(hours=1)
    assert show(desk, broadcast.broadcast_id).state is BroadcastState.PAUSED
    resumed = change(desk, "resume", broadcast.broadcast_id)
    assert resumed.done_at == datetime(2026, 11, 19, 1, tzinfo=UTC)
    change(desk, "pause", broadcast.broadcast_id)
    clock.now = broadcast.expires_at
    assert show(desk, broadcast.broadcast_id).state is BroadcastState.DONE


def test_of_pause_and_cancel_at_the_same_moment_cancel_stays(desk: Desk) -> None:
    broadcast_id = desk.ask().view.broadcast_id

    def attempt(name: str) -> None:
        try:
            change(desk, name, broadcast_id)
        except BroadcastStateError as error:
            assert error.state is BroadcastState.CANCELLED  # noqa: PT017 - the loser may be any of twenty

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(attempt, ["pause", "cancel"] * 10))
    assert show(desk, broadcast_id).state is BroadcastState.CANCELLED


def test_broadcasts_come_newest_first_page_by_page(desk: Desk, clock: FakeClock) -> None:
    asked = []
    for number in range(3):
        asked.append(desk.ask(make_request(leaf_ids=(number,)), key=f"key-0000{number}").view)
        clock.advance(minutes=1)
    with desk.sessions() as session:
        actor_id, now = desk.actor.account_id, desk.clock()
        first = find_broadcasts(session, actor_id=actor_id, before=None, limit=2, now=now, settings=RULES)
        cursor = BroadcastCursor(first[-1].created_at, first[-1].broadcast_id)
        second = find_broadcasts(session, actor_id=actor_id, before=cursor, limit=2, now=now, settings=RULES)
        others = find_broadcasts(session, actor_id=uuid4(), before=None, limit=2, now=now, settings=RULES)
    assert [*first, *second] == asked[::-1]
    assert others == []


def test_the_sender_sees_what_it_must_know_until_the_campaign_expires(desk: Desk, clock: FakeClock) -> None:
    accepted = desk.ask().view
    clock.advance(seconds=1)
    desk.ask(make_request(body=DOUBTFUL), key="key-review")
    cancelled = desk.ask(make_request(leaf_ids=(9,)), key="key-cancel").view
    change(desk, "cancel", cancelled.broadcast_id)
    with desk.sessions() as session:
        orders = find_control_rows(session, since=clock())
        assert find_control_rows(session, since=cancelled.expires_at) == []
    assert [(each.campaign_id, each.state) for each in orders] == [
        (accepted.broadcast_id, BroadcastState.ACCEPTED),
        (cancelled.broadcast_id, BroadcastState.CANCELLED),
    ]
    order = orders[0]
    assert (order.initiator_id, order.category, order.leaf_ids) == (
        desk.actor.account_id,
        Category.REFRIGERATOR.column,
        (1, 2, 3),
    )
    assert (order.body, order.final_text, order.quota) == (HONEST, accepted.final_text, 100)
    assert HONEST not in repr(order)


def test_the_question_of_the_sender_is_answered_by_an_index(desk: Desk) -> None:
    with desk.sessions() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.scalars(
            text("EXPLAIN SELECT * FROM campaigns.broadcasts WHERE expires_at > now() AND state IN ('accepted')")
        ).all()
    assert "broadcasts_live" in " ".join(plan)
