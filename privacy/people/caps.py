"""How often a household may be written to, over all senders. Reserved inside the claim, under the household's lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from privacy.people.models import Contact, Household

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` messages within any period of this length."""

    limit: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class CapLimits:
    """The frequency rules of messaging.md B.4; windows roll and are open at their far end."""

    caps: tuple[Cap, ...] = (
        Cap(1, timedelta(hours=24)),
        Cap(2, timedelta(days=7)),
        Cap(4, timedelta(days=30)),
    )
    same_initiator: timedelta = timedelta(days=14)
    same_text: timedelta = timedelta(days=30)

    @property
    def longest(self) -> timedelta:
        """Return how far back any rule looks."""
        return max(self.same_initiator, self.same_text, *(cap.within for cap in self.caps))


def reserve(
    session: Session,
    *,
    household_id: UUID,
    message_id: UUID,
    initiator_id: UUID,
    text_sha256: bytes,
    now: datetime,
    limits: CapLimits,
) -> bool:
    """Take a slot for one message, or say no: a cap is reached, or the household is gone.

    Locks the household's row until the caller's transaction ends, then counts: two claims cannot both find room.
    A message that holds a slot already (its first sending is in doubt) does not stand in its own way; refused, it
    keeps the old slot, because it may have arrived.
    """
    if not _lock(session, household_id=household_id):
        return False
    others = session.scalars(
        select(Contact).where(
            Contact.household_id == household_id,
            Contact.reserved_at > now - limits.longest,
            Contact.message_id != message_id,
        )
    ).all()
    wanted = Contact(
        message_id=message_id,
        household_id=household_id,
        initiator_id=initiator_id,
        text_sha256=text_sha256,
        reserved_at=now,
    )
    if not _has_room(wanted, others=others, limits=limits):
        return False
    give_back(session, message_id=message_id)
    session.add(wanted)
    session.flush()
    return True


def give_back(session: Session, *, message_id: UUID) -> bool:
    """Free the slot of a message that surely did not leave. Returns whether it held one."""
    freed = session.scalar(delete(Contact).where(Contact.message_id == message_id).returning(Contact.message_id))
    return freed is not None


def _lock(session: Session, *, household_id: UUID) -> bool:
    # NO KEY: rows that point at the household need not wait, other claims must.
    row = select(Household.household_id).where(Household.household_id == household_id)
    return session.scalar(row.with_for_update(key_share=True)) is not None


def _has_room(wanted: Contact, *, others: Sequence[Contact], limits: CapLimits) -> bool:
    ages = [wanted.reserved_at - other.reserved_at for other in others]
    if any(sum(age < cap.within for age in ages) >= cap.limit for cap in limits.caps):
        return False
    return not any(
        (other.initiator_id == wanted.initiator_id and age < limits.same_initiator)
        or (other.text_sha256 == wanted.text_sha256 and age < limits.same_text)
        for other, age in zip(others, ages, strict=True)
    )
