"""The newest word counts, an opt-out is noted once; under the rights of intake, which alone records consent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from privacy.people.consent import has_push_consent, is_opted_out, record_consent, record_opt_out
from privacy.people.models import Household

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import sessionmaker

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)


@pytest.fixture
def session(people_sessions: sessionmaker[Session]) -> Iterator[Session]:
    """Give a session that the test may use as intake."""
    with people_sessions() as opened:
        yield opened


@pytest.fixture
def household_id(session: Session) -> UUID:
    """Give a household, then become intake."""
    household = Household(household_id=uuid4(), city_code=370200, leaf_id=1)
    session.add(household)
    session.flush()
    session.execute(text("SET LOCAL ROLE field_intake"))
    return household.household_id


def _record(session: Session, household_id: UUID, *, granted: bool, at: datetime) -> bool:
    return record_consent(session, household_id=household_id, granted=granted, policy_version="1", source="app", at=at)


def test_nobody_has_agreed_by_default(session: Session, household_id: UUID) -> None:
    assert not has_push_consent(session, household_id=household_id)


def test_the_newest_entry_holds_whatever_comes_in_last(session: Session, household_id: UUID) -> None:
    assert _record(session, household_id, granted=True, at=NOW)
    assert not _record(session, household_id, granted=False, at=NOW + timedelta(days=1))
    assert not _record(session, household_id, granted=True, at=NOW + timedelta(hours=1))
    mirror = "SELECT push_consent FROM core.households WHERE household_id = :id"
    assert session.execute(text(mirror), {"id": household_id}).scalar_one() is False
    assert _record(session, household_id, granted=True, at=NOW + timedelta(days=2))
    assert session.execute(text(mirror), {"id": household_id}).scalar_one() is True
    assert has_push_consent(session, household_id=household_id)


def test_at_the_same_instant_the_refusal_counts(session: Session, household_id: UUID) -> None:
    _record(session, household_id, granted=False, at=NOW)
    assert not _record(session, household_id, granted=True, at=NOW)


def test_another_purpose_is_no_consent(session: Session, household_id: UUID) -> None:
    session.execute(
        text(
            "INSERT INTO core.consents (household_id, purpose, granted, policy_version, source, at)"
            " VALUES (:id, 'research', true, '1', 'app', now())"
        ),
        {"id": household_id},
    )
    assert not has_push_consent(session, household_id=household_id)


@pytest.mark.parametrize("role", ["field_gateway", "field_sender", "field_intake"])
def test_an_opt_out_is_noted_once(session: Session, role: str) -> None:
    assert not is_opted_out(session, opt_out_hashes=[b"x" * 32])
    session.execute(text(f"SET LOCAL ROLE {role}"))
    assert record_opt_out(session, opt_out_hash=b"x" * 32, version=1, source="inbound", at=NOW)
    again = NOW + timedelta(days=1)
    assert not record_opt_out(session, opt_out_hash=b"x" * 32, version=1, source="app", at=again)
    session.execute(text("RESET ROLE"))
    assert is_opted_out(session, opt_out_hashes=[b"z" * 32, b"x" * 32])
    assert not is_opted_out(session, opt_out_hashes=[b"y" * 32])
    kept = session.execute(text("SELECT source, at FROM vault.opt_outs")).all()
    assert [tuple(row) for row in kept] == [("inbound", NOW)]
