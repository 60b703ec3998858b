"""Deciding about a doubtful text, once, by another person than its author."""

from __future__ import annotations

from typing import TYPE_CHECKING

from messaging.campaigns import quotas
from messaging.campaigns.acceptance import schedule
from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.values import Verdict, write_findings
from messaging.campaigns.errors import OwnReviewError, ReviewClosedError, ReviewNotFoundError, TextRefusedError
from messaging.campaigns.models import Broadcast, BroadcastState, Review, ReviewDecision
from messaging.campaigns.queries import view_broadcast
from messaging.campaigns.review_queries import is_reviewed, view_review
from messaging.campaigns.rule_versions import get_rules
from messaging.campaigns.talk_models import Invitation
from messaging.campaigns.values import ReviewState

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session, sessionmaker

    from messaging.campaigns.models import ReviewReason
    from messaging.campaigns.ports import Clock, JobQueue
    from messaging.campaigns.settings import MessagingRules
    from messaging.campaigns.values import Actor, ReviewView


def decide(
    sessions: sessionmaker[Session],
    *,
    reviewer: Actor,
    broadcast_id: UUID,
    decision: ReviewDecision,
    reason: ReviewReason,
    clock: Clock,
    queue: JobQueue,
    settings: MessagingRules,
) -> ReviewView:
    """Approve or refuse a text that waits; the same reviewer's same decision again changes nothing.

    An approved broadcast starts as if requested now. A refused one gives back what was counted for it. Raises
    ReviewNotFoundError, OwnReviewError, ReviewClosedError, or TextRefusedError for an approval of what the newest rules
    are certain about.
    """
    now = clock()
    with sessions.begin() as session:
        # The row is held while it is judged: of two at once, reviewers or the author, the second sees the first.
        row = session.get(Broadcast, broadcast_id, with_for_update=True)
        given = session.get(Review, broadcast_id)
        if row is None or not is_reviewed(row, given):
            raise ReviewNotFoundError
        if row.actor_id == reviewer.account_id:
            raise OwnReviewError
        table = get_rules(session)
        if given is None:
            if view_broadcast(row, now=now, settings=settings).state is not BroadcastState.IN_REVIEW:
                raise ReviewClosedError
            given = Review(broadcast_id=broadcast_id, reviewer_id=reviewer.account_id, decision=decision, reason=reason)
            _settle(session, row, given, now=now, settings=settings)
            session.add(given)
        elif (given.reviewer_id, given.decision, given.reason) != (reviewer.account_id, decision, reason):
            raise ReviewClosedError
        view = view_review(row, given, table=table, settings=settings)
    if view.state is ReviewState.APPROVED:
        queue.wake(campaign_id=broadcast_id)
    return view


def _settle(session: Session, row: Broadcast, given: Review, *, now: datetime, settings: MessagingRules) -> None:
    content = check_text(row.body, rules=settings, table=get_rules(session))
    given.text_sha256, given.rules_version = row.text_sha256, content.rules_version
    given.findings, given.decided_at = write_findings(content.findings), now
    if given.decision == ReviewDecision.REFUSE:
        row.state, row.refused_for = BroadcastState.REFUSED, given.reason
        _give_back(session, row, settings=settings)
        return
    if content.verdict is Verdict.REFUSE:
        raise TextRefusedError(content=content)
    row.state = BroadcastState.ACCEPTED
    schedule(row, now=now, settings=settings)


def _give_back(session: Session, row: Broadcast, *, settings: MessagingRules) -> None:
    at = row.created_at
    if session.get(Invitation, row.broadcast_id) is None:
        quotas.give_back(session, actor_id=row.actor_id, quota=row.quota, now=at, settings=settings)
    else:
        quotas.give_back_invitation(session, actor_id=row.actor_id, now=at, settings=settings)
