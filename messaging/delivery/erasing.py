"""Erases a household, whole or not at all: everything with its id goes in one transaction, the key of its phone first.

A keyed hash of the phone stays, so that nobody writes to it and no later drop brings the person back unasked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.errors import LockNotAvailable
from sqlalchemy import DateTime, delete, func, insert, literal, select, update
from sqlalchemy.exc import OperationalError

from messaging.delivery.errors import HouseholdBusyError
from messaging.delivery.models import Message, MessageState, PastMessage
from messaging.delivery.talk_models import BoundInvitation, Tombstone
from privacy.audit.values import Action
from privacy.people.erasures import NOBODY, find_household, is_keyless, note_erasure
from privacy.people.holdings import delete_holdings
from privacy.people.key_uses import check_phones_found
from privacy.people.loading.journal import keep_intake_out, refuse_half_in
from privacy.people.loading.staging import clear_dead
from privacy.people.models import Household

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session, sessionmaker

    from privacy.audit.recording import Act, Recorder
    from privacy.people.vault import Vault


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure removed; zero rows where nothing was held."""

    rows: int
    messages: int


def erase(sessions: sessionmaker[Session], *, phone: str, vault: Vault, recorder: Recorder, now: datetime) -> Erased:
    """Erase whoever has a phone, as field_eraser. Called again it finds nothing, and the note stays.

    Raises HouseholdBusyError while a message to the phone is on its way, IntakeRunningError, IntakeUnfinishedError, and
    KeyMissingError where this process could not find everybody.
    """
    with _begin(sessions, recorder=recorder) as act:
        check_phones_found(act.session, vault=vault)
        note_erasure(act.session, phone=phone, vault=vault, at=now)
        household_id = find_household(act.session, phone=phone, vault=vault)
        if household_id is not None:
            return _erase(act, household_id, now=now)
        act.note(Action.HOUSEHOLD_ERASED, subject=NOBODY, at=now, rows=0, messages=0)
        return Erased(0, 0)


def erase_keyless(
    sessions: sessionmaker[Session], *, recorder: Recorder, now: datetime, household_ids: Sequence[UUID]
) -> list[Erased]:
    """Erase households whose data key is gone, a transaction each; returns what went of each.

    After a restore of older data with the newest keys these are the people who were erased in between. Left is whoever
    has a key by now, since an intake sealed the phone again after somebody looked. Raises HouseholdBusyError,
    IntakeRunningError, IntakeUnfinishedError; what is done stays done.
    """
    erased = []
    for household_id in household_ids:
        with _begin(sessions, recorder=recorder) as act:
            if is_keyless(act.session, household_id=household_id):
                erased.append(_erase(act, household_id, now=now))
    return erased


@contextmanager
def _begin(sessions: sessionmaker[Session], *, recorder: Recorder) -> Iterator[Act]:
    """Open a transaction that keeps the intake out, and begins with every drop in whole.

    What is half in goes on from where it stood, and knows the erased of before only. A check that died is begun anew:
    what it left of anybody is emptied. Raises HouseholdBusyError where a lock is held too long.
    """
    try:
        with recorder.begin(sessions) as act:
            keep_intake_out(act.session, is_shared=True)
            refuse_half_in(act.session)
            clear_dead(act.session)
            yield act
    except OperationalError as failure:
        if isinstance(failure.orig, LockNotAvailable):
            raise HouseholdBusyError from None
        raise


def _erase(act: Act, household_id: UUID, *, now: datetime) -> Erased:
    session = act.session
    # Waits for the claim or the draw that holds the household, and from here on there is none for others to find.
    session.execute(delete(Household).where(Household.household_id == household_id))
    messages = _take_messages(session, household_id=household_id, now=now)
    _leave_tombstones(session, household_id=household_id, now=now)
    rows = 1 + delete_holdings(session, household_id=household_id)
    act.note(Action.HOUSEHOLD_ERASED, subject=str(household_id), at=now, rows=rows, messages=messages)
    return Erased(rows, messages)


def _leave_tombstones(session: Session, *, household_id: UUID, now: datetime) -> None:
    """Leave word of each invitation, without whose it was: the pump deletes what planners still see of it.

    Each is ended first, so that an answer on its way to it is waited for, and none comes after.
    """
    is_its = BoundInvitation.household_id == household_id
    session.execute(update(BoundInvitation).where(is_its).values(ended_at=now))
    its = select(BoundInvitation.campaign_id, literal(now, DateTime(timezone=True))).where(is_its)
    session.execute(insert(Tombstone).from_select(["campaign_id", "at"], its))


def _take_messages(session: Session, *, household_id: UUID, now: datetime) -> int:
    """Lock every message of a household; returns how many there are, past ones too, which nobody changes any more.

    Does not wait: who holds one may wait for the household.

    A call whose lease runs is left to end, since what it sends would be known to nobody. One that ran out is in doubt
    like any other: nothing more leaves for it.
    """
    its = select(Message.state, Message.lease_until).where(Message.household_id == household_id)
    messages = session.execute(its.with_for_update(nowait=True)).all()
    if any(state == MessageState.SENDING and until is not None and until >= now for state, until in messages):
        raise HouseholdBusyError
    past = select(func.count()).where(PastMessage.household_id == household_id)
    return len(messages) + (session.scalar(past) or 0)
