"""Frequency caps: each rule at its edge, and two hundred claims at once that find exactly one slot."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session, sessionmaker

from privacy.people.caps import CapLimits, Slot, give_back, lock_households, reserve
from privacy.people.models import Contact, Household

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stack.test_services import TestServices

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def session(people_sessions: sessionmaker[Session]) -> Iterator[Session]:
    """Give a session."""
    with people_sessions() as opened:
        yield opened


@pytest.fixture
def household_id(session: Session) -> UUID:
    """Give a household, then become the sender."""
    household = Household(household_id=uuid4(), city_code=370200, leaf_id=1)
    session.add(household)
    session.flush()
    session.execute(text("SET LOCAL ROLE field_sender"))
    return household.household_id


def _reserve(
    session: Session,
    household_id: UUID,
    *,
    ago: timedelta = timedelta(),
    message_id: UUID | None = None,
    initiator_id: UUID | None = None,
    sha256: bytes | None = None,
) -> bool:
    if not lock_households(session, [household_id], waits=True):
        return False
    slot = Slot(message_id or uuid4(), household_id, initiator_id or uuid4(), sha256 or uuid4().bytes, NOW - ago)
    return reserve(session, [slot], limits=CapLimits()) == {slot.message_id}


@pytest.mark.parametrize(
    ("before", "window"),
    [
        ([], timedelta(hours=24)),
        ([timedelta(days=2)], timedelta(days=7)),
        ([timedelta(days=2), timedelta(days=9), timedelta(days=12)], timedelta(days=30)),
    ],
)
def test_a_window_is_full_until_its_oldest_contact_is_exactly_its_length_ago(
    session: Session, household_id: UUID, before: list[timedelta], window: timedelta
) -> None:
    for ago in sorted([*before, window - SECOND], reverse=True):
        assert _reserve(session, household_id, ago=ago)
    assert not _reserve(session, household_id)
    assert _reserve(session, household_id, ago=-SECOND)


def test_the_same_initiator_waits_14_days(session: Session, household_id: UUID) -> None:
    initiator_id = uuid4()
    assert _reserve(session, household_id, ago=timedelta(days=14) - SECOND, initiator_id=initiator_id)
    assert not _reserve(session, household_id, initiator_id=initiator_id)
    assert _reserve(session, household_id, ago=-SECOND, initiator_id=initiator_id)


def test_the_same_text_waits_30_days(session: Session, household_id: UUID) -> None:
    assert _reserve(session, household_id, ago=timedelta(days=30) - SECOND, sha256=b"t" * 32)
    assert not _reserve(session, household_id, sha256=b"t" * 32)
    assert _reserve(session, household_id, ago=-SECOND, sha256=b"t" * 32)


def test_a_slot_given_back_is_free_again(session: Session, household_id: UUID) -> None:
    message_id = uuid4()
    assert _reserve(session, household_id, message_id=message_id)
    assert give_back(session, message_id=message_id)
    assert not give_back(session, message_id=message_id)
    assert _reserve(session, household_id)


def test_a_message_in_doubt_may_try_again_and_counts_from_then(session: Session, household_id: UUID) -> None:
    message_id = uuid4()
    assert _reserve(session, household_id, ago=timedelta(hours=3), message_id=message_id)
    assert _reserve(session, household_id, message_id=message_id)
    assert session.scalars(select(Contact.reserved_at)).all() == [NOW]


def test_a_message_in_doubt_that_is_refused_keeps_its_slot(session: Session, household_id: UUID) -> None:
    message_id = uuid4()
    assert _reserve(session, household_id, ago=timedelta(hours=30), message_id=message_id)
    assert _reserve(session, household_id, ago=timedelta(hours=5))
    assert not _reserve(session, household_id, message_id=message_id)
    kept = session.scalars(select(Contact.message_id).order_by(Contact.reserved_at)).all()
    assert kept[0] == message_id


def test_another_household_is_not_in_the_way(session: Session, household_id: UUID) -> None:
    other = uuid4()
    session.execute(text("RESET ROLE"))
    session.add(Household(household_id=other, city_code=370200, leaf_id=1))
    session.flush()
    assert _reserve(session, household_id)
    assert _reserve(session, other)


def test_a_household_that_is_gone_cannot_be_written_to(session: Session) -> None:
    assert not _reserve(session, uuid4())


def test_many_claims_at_once_find_one_slot(services: TestServices, people_engine: Engine) -> None:
    household_id = uuid4()
    with Session(people_engine) as session, session.begin():
        session.add(Household(household_id=household_id, city_code=370200, leaf_id=1))
    engine = create_engine(services.url("people", role="field_sender"), pool_size=10, hide_parameters=True)
    sessions = sessionmaker(engine)

    def claim(_: int) -> bool:
        with sessions.begin() as session:
            return _reserve(session, household_id)

    try:
        with ThreadPoolExecutor(10) as pool:
            assert sum(pool.map(claim, range(60))) == 1
    finally:
        engine.dispose()
        with people_engine.begin() as connection:
            connection.execute(text("TRUNCATE core.households, core.contacts"))
