"""Deciding about doubtful texts: by whom, once, within a day, and what the decision is bound to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from messaging.campaigns import control
from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.values import Verdict
from messaging.campaigns.errors import (
    BroadcastStateError,
    CampaignError,
    OwnReviewError,
    QuotaExceededError,
    ReviewClosedError,
    ReviewNotFoundError,
    TextRefusedError,
)
from messaging.campaigns.models import ActorUsage, Broadcast, BroadcastState, OrganisationUsage, Review
from messaging.campaigns.models import ReviewDecision as Decision
from messaging.campaigns.models import ReviewReason as Reason
from messaging.campaigns.queries import get_broadcast
from messaging.campaigns.review_queries import find_waiting, is_approved
from messaging.campaigns.reviews import decide
from messaging.campaigns.rule_versions import get_rules
from messaging.campaigns.values import Actor, BroadcastCursor, BroadcastView, ReviewState, ReviewView
from tests.messaging.campaigns.examples import DOUBTFUL, RULES, Desk, add_rules, make_actor, make_request

if TYPE_CHECKING:
    from uuid import UUID

    from tests.conftest import FakeClock

REVIEWER = make_actor()


def ask(desk: Desk, *, body: str = DOUBTFUL, key: str = "key-00001", quota: int = 100) -> BroadcastView:
    return desk.ask(make_request(body=body, quota=quota), key=key).view


def settle(
    desk: Desk,
    broadcast_id: UUID,
    decision: Decision = Decision.APPROVE,
    reason: Reason = Reason.HARMLESS,
    *,
    reviewer: Actor = REVIEWER,
) -> ReviewView:
    return decide(
        desk.sessions,
        reviewer=reviewer,
        broadcast_id=broadcast_id,
        decision=decision,
        reason=reason,
        clock=desk.clock,
        queue=desk.queue,
        settings=RULES,
    )


def look(desk: Desk, broadcast_id: UUID) -> BroadcastView:
    with desk.sessions() as session:
        return get_broadcast(
            session, actor_id=desk.actor.account_id, broadcast_id=broadcast_id, now=desk.clock(), settings=RULES
        )


def wait_for(
    desk: Desk, *, reviewer: Actor = REVIEWER, after: BroadcastCursor | None = None, limit: int = 10
) -> list[UUID]:
    with desk.sessions() as session:
        found = find_waiting(
            session, reviewer_id=reviewer.account_id, after=after, limit=limit, now=desk.clock(), settings=RULES
        )
    return [one.broadcast_id for one in found]


def count_used(desk: Desk) -> tuple[int, int, int]:
    with desk.sessions() as session:
        used = session.scalars(select(ActorUsage)).one()
        return used.broadcasts, used.recipients, session.scalars(select(OrganisationUsage)).one().messages


def test_an_approved_broadcast_starts_from_the_decision_and_wakes_the_sender(desk: Desk, clock: FakeClock) -> None:
    asked = ask(desk)
    clock.advance(hours=3)
    assert settle(desk, asked.broadcast_id).state is ReviewState.APPROVED
    view = look(desk, asked.broadcast_id)
    assert (view.state, view.starts_at, view.refused_for) == (BroadcastState.ACCEPTED, clock(), None)
    assert view.expires_at - view.starts_at == asked.expires_at - asked.starts_at
    assert view.done_at > clock()
    assert desk.queue.woken == [asked.broadcast_id]
    assert count_used(desk) == (1, 100, 100)


def test_an_approval_is_bound_to_text_rules_and_findings_and_says_by_whom_and_when(desk: Desk) -> None:
    asked = ask(desk)
    settle(desk, asked.broadcast_id)
    with desk.sessions() as session:
        kept, row = session.get_one(Review, asked.broadcast_id), session.get_one(Broadcast, asked.broadcast_id)
    assert (kept.reviewer_id, kept.decided_at, kept.reason) == (REVIEWER.account_id, desk.clock(), "harmless")
    assert (kept.text_sha256, kept.rules_version) == (row.text_sha256, asked.rules_version)
    assert [one["rule"] for one in kept.findings] == ["private_contact_hint"]


def test_a_refused_broadcast_gives_back_what_it_used_up_and_says_why(desk: Desk) -> None:
    first = ask(desk, quota=1000)
    with pytest.raises(QuotaExceededError):
        ask(desk, body=DOUBTFUL + "吧", key="key-00002", quota=50)
    settle(desk, first.broadcast_id, Decision.REFUSE, Reason.PRIVATE_CONTACT)
    view = look(desk, first.broadcast_id)
    assert (view.state, view.refused_for) == (BroadcastState.REFUSED, Reason.PRIVATE_CONTACT)
    assert [DOUBTFUL[one.start : one.end] for one in view.findings] == ["扫码"]
    assert count_used(desk) == (0, 0, 0)
    ask(desk, body=DOUBTFUL + "吧", key="key-00002", quota=1000)
    assert desk.queue.woken == []


def test_nobody_decides_about_an_own_text_nor_is_shown_it(desk: Desk) -> None:
    asked = ask(desk)
    with pytest.raises(OwnReviewError):
        settle(desk, asked.broadcast_id, reviewer=desk.actor)
    assert wait_for(desk, reviewer=desk.actor) == []
    assert wait_for(desk) == [asked.broadcast_id]


def test_the_same_decision_again_changes_nothing_and_any_other_comes_too_late(desk: Desk, clock: FakeClock) -> None:
    asked = ask(desk)
    first = settle(desk, asked.broadcast_id)
    clock.advance(minutes=5)
    assert settle(desk, asked.broadcast_id) == first
    assert look(desk, asked.broadcast_id).starts_at == asked.starts_at
    for decision, reason, reviewer in (
        (Decision.APPROVE, Reason.PROVEN, REVIEWER),
        (Decision.REFUSE, Reason.UNSUITABLE, REVIEWER),
        (Decision.APPROVE, Reason.HARMLESS, make_actor()),
    ):
        with pytest.raises(ReviewClosedError):
            settle(desk, asked.broadcast_id, decision, reason, reviewer=reviewer)


def test_of_two_reviewers_at_once_one_decides(desk: Desk) -> None:
    asked = ask(desk)
    barrier = Barrier(2)

    def run(decision: Decision, reason: Reason) -> type[CampaignError] | None:
        barrier.wait(60)
        try:
            settle(desk, asked.broadcast_id, decision, reason, reviewer=make_actor())
        except CampaignError as error:
            return type(error)
        return None

    with ThreadPoolExecutor(2) as pool:
        approved = pool.submit(run, Decision.APPROVE, Reason.HARMLESS)
        refused = pool.submit(run, Decision.REFUSE, Reason.MISLEADING)
        outcomes = [approved.result(10), refused.result(10)]
    assert sorted(outcomes, key=str) == [ReviewClosedError, None]
    state = look(desk, asked.broadcast_id).state
    assert state is (BroadcastState.ACCEPTED if outcomes[0] is None else BroadcastState.REFUSED)


def test_after_a_day_nobody_can_decide_and_the_author_is_told_so(desk: Desk, clock: FakeClock) -> None:
    asked = ask(desk)
    clock.advance(hours=23, minutes=59)
    assert wait_for(desk) == [asked.broadcast_id]
    clock.advance(minutes=1)
    assert wait_for(desk) == []
    with pytest.raises(ReviewClosedError):
        settle(desk, asked.broadcast_id)
    view = look(desk, asked.broadcast_id)
    assert (view.state, view.refused_for) == (BroadcastState.REFUSED, Reason.NO_DECISION)


def test_what_the_author_cancelled_waits_no_longer(desk: Desk) -> None:
    asked = ask(desk)
    control.change(
        desk.sessions,
        control.CANCEL,
        actor=desk.actor,
        broadcast_id=asked.broadcast_id,
        clock=desk.clock,
        queue=desk.queue,
        settings=RULES,
    )
    assert wait_for(desk) == []
    with pytest.raises(ReviewClosedError):
        settle(desk, asked.broadcast_id)


def test_a_refused_broadcast_cannot_be_resumed(desk: Desk) -> None:
    asked = ask(desk)
    settle(desk, asked.broadcast_id, Decision.REFUSE, Reason.UNSUITABLE)
    with pytest.raises(BroadcastStateError):
        control.change(
            desk.sessions,
            control.RESUME,
            actor=desk.actor,
            broadcast_id=asked.broadcast_id,
            clock=desk.clock,
            queue=desk.queue,
            settings=RULES,
        )


def test_a_text_that_needed_no_review_is_not_there(desk: Desk) -> None:
    accepted = desk.ask().view
    with pytest.raises(ReviewNotFoundError):
        settle(desk, accepted.broadcast_id)


def test_what_the_rules_became_certain_about_cannot_be_approved_but_refused(desk: Desk) -> None:
    asked = ask(desk)
    add_rules(desk, "扫码,contact,refuse,")
    with pytest.raises(TextRefusedError):
        settle(desk, asked.broadcast_id)
    assert look(desk, asked.broadcast_id).state is BroadcastState.IN_REVIEW
    refused = settle(desk, asked.broadcast_id, Decision.REFUSE, Reason.PRIVATE_CONTACT)
    assert refused.rules_version.endswith("-1")


def test_an_approval_covers_what_was_known_and_nothing_newer(desk: Desk) -> None:
    asked = ask(desk)
    settle(desk, asked.broadcast_id)

    def is_covered(*, text_sha256: bytes | None = None, initiator: Actor = desk.actor) -> bool:
        with desk.sessions() as session:
            row = session.get_one(Broadcast, asked.broadcast_id)
            content = check_text(row.body, rules=RULES, table=get_rules(session))
            assert content.verdict is Verdict.REVIEW
            return is_approved(
                session,
                broadcast_id=asked.broadcast_id,
                initiator_id=initiator.account_id,
                text_sha256=text_sha256 or row.text_sha256,
                findings=content.findings,
            )

    assert is_covered()
    assert not is_covered(text_sha256=b"another text")
    assert not is_covered(initiator=REVIEWER)
    add_rules(desk, "蓝鲸,trade,refuse,")
    assert is_covered()
    add_rules(desk, "预约,trade,review,")
    assert not is_covered()


def test_texts_wait_oldest_first_page_by_page(desk: Desk, clock: FakeClock) -> None:
    ids = []
    for number in range(3):
        ids.append(ask(desk, body=DOUBTFUL + "吧" * number, key=f"key-0000{number}").broadcast_id)
        clock.advance(minutes=1)
    assert wait_for(desk, limit=2) == ids[:2]
    second = look(desk, ids[1])
    assert wait_for(desk, after=BroadcastCursor(second.created_at, second.broadcast_id)) == ids[2:]


def test_the_web_process_can_neither_change_nor_delete_a_decision(desk: Desk) -> None:
    settle(desk, ask(desk).broadcast_id)
    for statement in ("UPDATE campaigns.reviews SET decision = 'refuse'", "DELETE FROM campaigns.reviews"):
        with desk.sessions() as session, pytest.raises(ProgrammingError):
            session.execute(text(statement))
