"""How often a household may be written to, over all senders. Reserved inside the claim, under the household's lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, or_, select, text

from privacy.people.models import Contact, Household

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

# Made once, of tables, and the same whatever the number of households: these stand in the way of every claim.
_HOUSEHOLDS = any_(bindparam("households", type_=ARRAY(Uuid)))
_HOMES, _CONTACTS = Household.__table__, Contact.__table__
_ITS = select(_HOMES.c.household_id).where(_HOMES.c.household_id == _HOUSEHOLDS)
# NO KEY: rows that point at the household need not wait, other claims must.
_LOCK = _ITS.with_for_update(key_share=True)
_LOCK_FREE = _ITS.with_for_update(key_share=True, skip_locked=True)
_COLUMNS = ("message_id", "household_id", "initiator_id", "text_sha256", "reserved_at")
_FIND = select(*(_CONTACTS.c[name] for name in _COLUMNS)).where(
    _CONTACTS.c.household_id == _HOUSEHOLDS,
    or_(
        _CONTACTS.c.reserved_at > bindparam("since"),
        _CONTACTS.c.message_id == any_(bindparam("messages", type_=ARRAY(Uuid))),
    ),
)
_TAKE = text(
    "INSERT INTO core.contacts (message_id, household_id, initiator_id, text_sha256, reserved_at)"
    " SELECT * FROM unnest(CAST(:message_ids AS uuid[]), CAST(:household_ids AS uuid[]),"
    " CAST(:initiator_ids AS uuid[]), CAST(:text_sha256s AS bytea[]), CAST(:reserved_ats AS timestamptz[]))"
)


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


@dataclass(frozen=True, slots=True)
class Slot:
    """What one message wants: room for itself in the caps of its household."""

    message_id: UUID
    household_id: UUID
    initiator_id: UUID
    text_sha256: bytes
    reserved_at: datetime


def lock_households(session: Session, household_ids: Collection[UUID], /, *, waits: bool) -> frozenset[UUID]:
    """Lock households against other claims and changes of consent, until the transaction ends; returns whose it has.

    Without waiting, those that somebody holds are left out. Wait for one household only, which is then missing only if
    it is gone: who waits for a row while holding others may be waited for in turn, for ever. What is read after this
    sees every revocation that was committed before.
    """
    statement = _LOCK if waits else _LOCK_FREE
    return frozenset(session.scalars(statement, {"households": list(household_ids)}))


def reserve(session: Session, wanted: Sequence[Slot], *, limits: CapLimits) -> frozenset[UUID]:
    """Take slots for messages, one after another; returns those that got one. The caller has locked the households.

    Counted under their locks, so two claims cannot both find room. A message that holds a slot already (its first
    sending is in doubt) does not stand in its own way; refused, it keeps the old slot, because it may have arrived.
    """
    if not wanted:
        return frozenset()
    since = min(slot.reserved_at for slot in wanted) - limits.longest
    ids = {"households": [slot.household_id for slot in wanted], "messages": [slot.message_id for slot in wanted]}
    held = [Slot(*row) for row in session.execute(_FIND, ids | {"since": since})]
    granted: list[Slot] = []
    for slot in wanted:
        if _has_room(slot, held=[*held, *granted], limits=limits):
            granted.append(slot)
    taken = frozenset(slot.message_id for slot in granted)
    for slot in held:
        if slot.message_id in taken:
            give_back(session, message_id=slot.message_id)
    if granted:
        session.execute(_TAKE, {f"{name}s": [getattr(slot, name) for slot in granted] for name in _COLUMNS})
    return taken


def give_back(session: Session, *, message_id: UUID) -> bool:
    """Free the slot of a message that surely did not leave. Returns whether it held one."""
    freed = session.scalar(delete(Contact).where(Contact.message_id == message_id).returning(Contact.message_id))
    return freed is not None


def _has_room(wanted: Slot, *, held: Sequence[Slot], limits: CapLimits) -> bool:
    others = [one for one in held if one.household_id == wanted.household_id and one.message_id != wanted.message_id]
    ages = [wanted.reserved_at - other.reserved_at for other in others]
    if any(sum(age < cap.within for age in ages) >= cap.limit for cap in limits.caps):
        return False
    return not any(
        (other.initiator_id == wanted.initiator_id and age < limits.same_initiator)
        or (other.text_sha256 == wanted.text_sha256 and age < limits.same_text)
        for other, age in zip(others, ages, strict=True)
    )
