"""How many households a broadcast may reach, and how much of the day's amount is left; a day is Asia/Shanghai's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from messaging.campaigns.clock_time import ClockTime, get_day
from messaging.campaigns.errors import QuotaExceededError, QuotaUnreadableError
from messaging.campaigns.models import ActorUsage, OrganisationUsage
from messaging.campaigns.values import QuotaKind, Remaining

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from messaging.campaigns.settings import MessagingRules

_RETRY_AFTER_S = 5
_SURE_SD = 2.0


def find_allowed_quotas(need: float, *, need_sd: float, settings: MessagingRules) -> tuple[int, ...]:
    """Return the quotas that a released need allows: Q <= share x (need - 2 SD), and none below the smallest need."""
    if need < settings.audience_need_min:
        return ()
    most = settings.broadcast_quota_share * (need - _SURE_SD * need_sd)
    return tuple(quota for quota in settings.broadcast_quotas if quota <= most)


def get_reset(now: datetime) -> datetime:
    """Return the next midnight of Asia/Shanghai, UTC: when the day's amounts start anew."""
    return ClockTime(24 * 60).on(get_day(now)).astimezone(UTC)


def get_monday(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def get_week_reset(now: datetime) -> datetime:
    """Return the next Monday's first instant in Asia/Shanghai, UTC."""
    return ClockTime(0).on(get_monday(get_day(now)) + timedelta(days=7)).astimezone(UTC)


def get_remaining(session: Session, *, actor_id: UUID, now: datetime, settings: MessagingRules) -> Remaining:
    """Return what an initiator may still request today. Reads without a lock: a promise is made by `use_up` only."""
    day = get_day(now)
    used = session.get(ActorUsage, (actor_id, day))
    everybody = session.get(OrganisationUsage, day)
    broadcasts, recipients = (used.broadcasts, used.recipients) if used else (0, 0)
    organisation_left = settings.organisation_messages_per_day - (everybody.messages if everybody else 0)
    recipients_left = min(settings.actor_recipients_per_day - recipients, organisation_left)
    return Remaining(max(settings.actor_broadcasts_per_day - broadcasts, 0), max(recipients_left, 0))


@contextmanager
def _closed_when_unreadable() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise QuotaUnreadableError(retry_after_s=_RETRY_AFTER_S) from error


def lock_usage(session: Session, *, actor_id: UUID, now: datetime, settings: MessagingRules) -> ActorUsage:
    """Lock the initiator's row of today until the transaction ends; one initiator's requests then come in turn."""
    day = get_day(now)
    fresh = {"actor_id": actor_id, "day": day, "broadcasts": 0, "recipients": 0, "invitations": 0}
    with _closed_when_unreadable():
        session.execute(
            text("SELECT set_config('lock_timeout', :ms, true)"), {"ms": f"{settings.quota_lock_timeout_ms}"}
        )
        session.execute(insert(ActorUsage).values(fresh).on_conflict_do_nothing())
        return session.get_one(ActorUsage, (actor_id, day), with_for_update=True, populate_existing=True)


def _lock_organisation(session: Session, *, day: date) -> OrganisationUsage:
    with _closed_when_unreadable():
        session.execute(insert(OrganisationUsage).values(day=day, messages=0).on_conflict_do_nothing())
        return session.get_one(OrganisationUsage, day, with_for_update=True, populate_existing=True)


def use_up(session: Session, *, usage: ActorUsage, quota: int, now: datetime, settings: MessagingRules) -> None:
    """Count a broadcast of `quota` recipients on a locked row; raises QuotaExceededError and counts nothing."""
    # The row of the organisation is locked last and for the shortest time: everybody waits for it.
    _check(QuotaKind.BROADCASTS, usage.broadcasts + 1, limit=settings.actor_broadcasts_per_day, now=now)
    _check(QuotaKind.RECIPIENTS, usage.recipients + quota, limit=settings.actor_recipients_per_day, now=now)
    organisation = _lock_organisation(session, day=usage.day)
    total = organisation.messages + quota
    _check(QuotaKind.ORGANISATION, total, limit=settings.organisation_messages_per_day, now=now)
    usage.broadcasts += 1
    usage.recipients += quota
    organisation.messages = total


def give_back(session: Session, *, actor_id: UUID, quota: int, now: datetime, settings: MessagingRules) -> None:
    """Count a broadcast of `quota` recipients, requested at `now`, no longer: it was refused before anything left."""
    usage = lock_usage(session, actor_id=actor_id, now=now, settings=settings)
    organisation = _lock_organisation(session, day=usage.day)
    usage.broadcasts = max(usage.broadcasts - 1, 0)
    usage.recipients = max(usage.recipients - quota, 0)
    organisation.messages = max(organisation.messages - quota, 0)


def use_up_invitation(session: Session, *, usage: ActorUsage, now: datetime, settings: MessagingRules) -> None:
    """Count an invitation on a locked row, by day and week; raises QuotaExceededError and counts nothing."""
    week = (ActorUsage.day >= get_monday(usage.day), ActorUsage.day <= usage.day)
    used = select(func.coalesce(func.sum(ActorUsage.invitations), 0)).where(ActorUsage.actor_id == usage.actor_id)
    with _closed_when_unreadable():
        this_week = session.scalar(used.where(*week)) or 0
    _check(QuotaKind.INVITATIONS, usage.invitations + 1, limit=settings.actor_invitations_per_day, now=now)
    _check(QuotaKind.INVITATIONS_A_WEEK, this_week + 1, limit=settings.actor_invitations_per_week, now=now)
    organisation = _lock_organisation(session, day=usage.day)
    _check(QuotaKind.ORGANISATION, organisation.messages + 1, limit=settings.organisation_messages_per_day, now=now)
    usage.invitations += 1
    organisation.messages += 1


def give_back_invitation(session: Session, *, actor_id: UUID, now: datetime, settings: MessagingRules) -> None:
    """Count an invitation requested at `now` no longer: it was refused before anything left."""
    usage = lock_usage(session, actor_id=actor_id, now=now, settings=settings)
    organisation = _lock_organisation(session, day=usage.day)
    usage.invitations = max(usage.invitations - 1, 0)
    organisation.messages = max(organisation.messages - 1, 0)


def _check(kind: QuotaKind, wanted: int, *, limit: int, now: datetime) -> None:
    if wanted > limit:
        reset_at = get_week_reset(now) if kind is QuotaKind.INVITATIONS_A_WEEK else get_reset(now)
        raise QuotaExceededError(kind=kind, limit=limit, reset_at=reset_at)
