"""From an invitation to one household: a random member of the persona that agreed and may be written to now.

Where fewer than twenty could be meant, an invitation would say whom: then the wider tuple is drawn from, without the
age band, then also without the activity, and nobody where that is too small as well. None of it is told to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, and_, any_, exists, func, literal, select, true

from messaging.delivery.talk_models import BoundInvitation
from privacy.people.caps import lock_households
from privacy.people.models import Contact, Household, OptOut, Phone
from privacy.release.slots import ACTIVE_FROM, VERY_ACTIVE_FROM, Activity, AgeBand

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from privacy.people.caps import CapLimits

LEAST_MEMBERS: Final = 20
"""How many households an invitation must be able to mean."""

INVITED_ONCE_IN: Final = timedelta(days=30)
"""A household gets at most one invitation in this time, over all planners."""

_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom an invitation is for: households of these leaves that own the category, this old and this active."""

    campaign_id: UUID
    initiator_id: UUID
    leaf_ids: Sequence[int]
    category: int
    age_band: AgeBand
    activity: Activity


@dataclass(frozen=True, slots=True)
class Member:
    """Who was drawn."""

    household_id: UUID
    lookup_hash: bytes
    lookup_version: int


def draw_member(session: Session, wanted: Wanted, *, caps: CapLimits, now: datetime) -> Member | None:
    """Draw and lock one household of the narrowest tuple that is large enough, None where none is.

    The lock lasts as long as the caller's transaction, in which the invitation is to be written.
    """
    fits = next((width for width in _widen(wanted) if _is_large(session, wanted, width, caps=caps, now=now)), None)
    for _ in range(_TRIES if fits is not None else 0):
        row = session.execute(_select(wanted, fits, caps=caps, now=now).order_by(_rank(wanted)).limit(1)).first()
        if row is None:
            return None
        member = Member(*row)
        if take_member(session, member, wanted=wanted, caps=caps, now=now):
            return member
    return None


def take_member(session: Session, member: Member, *, wanted: Wanted, caps: CapLimits, now: datetime) -> bool:
    """Lock a household and look once more: of many who draw it at once, the first to commit has it."""
    lock_households(session, [member.household_id], waits=True)
    again = _select(wanted, true(), caps=caps, now=now).where(Household.household_id == member.household_id)
    return session.execute(again).first() is not None


def _widen(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return the tuples to try, the narrowest first."""
    is_very = wanted.activity is Activity.VERY_ACTIVE
    score = Household.activity_score
    activity = score >= VERY_ACTIVE_FROM if is_very else score.between(ACTIVE_FROM, VERY_ACTIVE_FROM - 1)
    age_band = Household.persona_age_band == list(AgeBand).index(wanted.age_band)
    return [and_(activity, age_band), activity, true()]


def _is_large(session: Session, wanted: Wanted, width: ColumnElement[bool], *, caps: CapLimits, now: datetime) -> bool:
    few = _select(wanted, width, caps=caps, now=now).limit(LEAST_MEMBERS).subquery()
    return (session.scalar(select(func.count()).select_from(few)) or 0) >= LEAST_MEMBERS


def _select(
    wanted: Wanted, width: ColumnElement[bool] | None, *, caps: CapLimits, now: datetime
) -> Select[UUID, bytes, int]:
    leaf_ids = literal(list(wanted.leaf_ids), ARRAY(BigInteger))
    invited = BoundInvitation.household_id == Household.household_id
    return (
        select(Household.household_id, Phone.lookup_hash, Phone.lookup_version)
        .join(Phone, Phone.household_id == Household.household_id)
        .where(
            Household.leaf_id == any_(leaf_ids),
            Household.persona_category == wanted.category,
            Household.push_consent.is_(True),
            true() if width is None else width,
            ~exists().where(OptOut.opt_out_hash == Phone.opt_out_hash),
            ~exists().where(invited, BoundInvitation.bound_at > now - INVITED_ONCE_IN),
            *(~_has(cap.limit, now - cap.within) for cap in caps.caps),
            ~_has(1, now - caps.same_initiator, initiator_id=wanted.initiator_id),
        )
    )


def _has(limit: int, since: datetime, *, initiator_id: UUID | None = None) -> ColumnElement[bool]:
    """Say whether a household got that many messages since a time, those of one initiator or all."""
    its = [Contact.household_id == Household.household_id, Contact.reserved_at > since]
    if initiator_id is not None:
        its.append(Contact.initiator_id == initiator_id)
    return select(func.count()).where(*its).correlate(Household).scalar_subquery() >= limit


def _rank(wanted: Wanted) -> ColumnElement[bytes]:
    return func.sha256(func.uuid_send(literal(wanted.campaign_id)).concat(func.uuid_send(Household.household_id)))
