"""Reads of the reviews: what waits for a reviewer, and whether the sender may count on an approval."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, tuple_

from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.values import read_findings
from messaging.campaigns.models import Broadcast, BroadcastState, Review, ReviewDecision, ReviewReason
from messaging.campaigns.rule_versions import get_rules
from messaging.campaigns.values import BroadcastCursor, ReviewState, ReviewView
from privacy.release.values import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from messaging.campaigns.content.values import Finding
    from messaging.campaigns.content.words import RuleTable
    from messaging.campaigns.settings import MessagingRules

_DECIDED = {ReviewDecision.APPROVE: ReviewState.APPROVED, ReviewDecision.REFUSE: ReviewState.REFUSED}


def find_waiting(
    session: Session,
    *,
    reviewer_id: UUID,
    after: BroadcastCursor | None,
    limit: int,
    now: datetime,
    settings: MessagingRules,
) -> list[ReviewView]:
    """Return at most `limit` texts that wait for a decision of this reviewer, oldest first, none of the own."""
    query = select(Broadcast).where(
        Broadcast.state == BroadcastState.IN_REVIEW,
        Broadcast.created_at > now - timedelta(hours=settings.review_expires_h),
        Broadcast.actor_id != reviewer_id,
    )
    if after is not None:
        place = tuple_(Broadcast.created_at, Broadcast.broadcast_id)
        query = query.where(place > (after.created_at, after.broadcast_id))
    rows = session.scalars(query.order_by(Broadcast.created_at, Broadcast.broadcast_id).limit(limit)).all()
    table = get_rules(session)
    return [view_review(row, None, table=table, settings=settings) for row in rows]


def is_reviewed(row: Broadcast, given: Review | None) -> bool:
    """Whether a broadcast needed a review: what was accepted at once has no findings."""
    return given is not None or bool(row.findings) or row.state == BroadcastState.IN_REVIEW


def view_review(row: Broadcast, given: Review | None, *, table: RuleTable, settings: MessagingRules) -> ReviewView:
    """Return what a reviewer is shown; a text that waits is judged anew by the rules given."""
    if given is None:
        content = check_text(row.body, rules=settings, table=table)
        findings, version = content.findings, content.rules_version
    else:
        findings, version = read_findings(given.findings), given.rules_version
    return ReviewView(
        broadcast_id=row.broadcast_id,
        state=ReviewState.WAITING if given is None else _DECIDED[ReviewDecision(given.decision)],
        created_at=row.created_at,
        decide_by=row.created_at + timedelta(hours=settings.review_expires_h),
        category=CATEGORIES[row.category],
        leaf_ids=tuple(row.leaf_ids),
        body=row.body,
        final_text=row.final_text,
        findings=findings,
        rules_version=version,
        reason=None if given is None else ReviewReason(given.reason),
    )


def is_approved(
    session: Session, *, broadcast_id: UUID, initiator_id: UUID, text_sha256: bytes, findings: Sequence[Finding]
) -> bool:
    """Whether somebody else approved exactly this text, knowing every one of these findings.

    Findings of newer rules that the reviewer could not know are not covered; those inside a known one are.
    """
    given = session.get(Review, broadcast_id)
    if given is None or given.decision != ReviewDecision.APPROVE or given.reviewer_id == initiator_id:
        return False
    known = read_findings(given.findings)
    return given.text_sha256 == text_sha256 and all(_is_known(finding, known=known) for finding in findings)


def _is_known(finding: Finding, *, known: Sequence[Finding]) -> bool:
    return any(one.rule is finding.rule and one.start <= finding.start and finding.end <= one.end for one in known)
