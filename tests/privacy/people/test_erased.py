"""Whoever was erased stays out of the next drop, and comes in again by a consent that is newer, and by nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from tests.privacy.people.drops import Columns, add_row, make_tables

if TYPE_CHECKING:
    from privacy.people.drop.values import IntakeReport
    from tests.privacy.people.conftest import Intake

ERASED = 3
PHONE = f"+86100{ERASED:08}"
CUSTOMER = f"K{ERASED:05}"
AT = datetime(2026, 11, 10, 8, 0, tzinfo=UTC)


def _note(intake: Intake, *, at: datetime = AT, source: str | None = None) -> None:
    """Note the erasure, and maybe an opt-out before it, as the erasing role does."""
    hashes = intake.vault.hash_phone(PHONE)
    with intake.people_engine.begin() as connection:
        connection.execute(text("SET LOCAL ROLE field_eraser"))
        its: dict[str, Any] = {"hash": hashes.opt_out_hash, "version": hashes.opt_out_version, "at": at}
        connection.execute(text("INSERT INTO vault.erasures VALUES (:hash, :version, :at)"), its)
        if source:
            row = (
                "INSERT INTO vault.opt_outs (opt_out_hash, version, source, at) VALUES (:hash, :version, :source, :at)"
            )
            connection.execute(text(row), its | {"source": source})


def _take_in(intake: Intake, tables: dict[str, Columns], name: str = "drop") -> IntakeReport:
    return intake(intake.writer(name, drop_id=name).write(tables))


def _agree(tables: dict[str, Columns], *, at: str, granted: bool = True, customer: str = CUSTOMER) -> None:
    add_row(
        tables["consents"], customer_id=customer, purpose="push_info", granted=granted, policy_version="2026-01",
        source="app", at=at,
    )  # fmt: skip


def test_a_drop_leaves_out_whoever_was_erased_and_says_how_many(intake: Intake) -> None:
    _note(intake)
    report = _take_in(intake, make_tables(20))
    assert (report.erased, report.rejected) == (1, 0)
    assert intake.get_household(CUSTOMER) is None
    assert intake.ask("SELECT count(*) FROM core.households") == [(19,)]
    assert intake.ask("SELECT count(DISTINCT household_id) FROM core.purchases") == [(19,)]
    assert intake.ask("SELECT count(*) FROM vault.erasures") == [(1,)]


def test_a_newer_consent_lets_the_person_in_and_the_erasure_is_over(intake: Intake) -> None:
    _note(intake)
    tables = make_tables(20)
    _agree(tables, at="2026-11-11T08:00:00Z")
    assert _take_in(intake, tables).erased == 0
    assert intake.get_phone(CUSTOMER) == PHONE
    assert intake.ask("SELECT count(*) FROM vault.erasures") == [(0,)]
    assert intake.ask(
        "SELECT push_consent FROM core.households WHERE household_id = :id", id=intake.get_household(CUSTOMER)
    ) == [(True,)]
    assert _take_in(intake, make_tables(20), "again").erased == 0


@pytest.mark.parametrize(
    ("words"),
    [
        [("2026-11-10T08:00:00Z", True)],
        [("2026-11-11T08:00:00Z", False)],
        [("2026-11-11T08:00:00Z", True), ("2026-11-12T08:00:00Z", False)],
        [("2026-11-11T08:00:00Z", True), ("2026-11-11T08:00:00Z", False)],
    ],
)
def test_an_older_consent_or_a_revoked_one_lets_nobody_in(intake: Intake, words: list[tuple[str, bool]]) -> None:
    _note(intake)
    tables = make_tables(20)
    for at, granted in words:
        _agree(tables, at=at, granted=granted)
    assert _take_in(intake, tables).erased == 1
    assert intake.get_household(CUSTOMER) is None


def test_the_consent_of_somebody_else_lets_nobody_in(intake: Intake) -> None:
    _note(intake)
    tables = make_tables(20)
    _agree(tables, at="2026-11-11T08:00:00Z", customer="K00004")
    assert _take_in(intake, tables).erased == 1


def test_a_refusal_from_before_the_erasure_holds_after_the_return(intake: Intake) -> None:
    _note(intake, source="inbound")
    tables = make_tables(20)
    _agree(tables, at="2026-11-11T08:00:00Z")
    _take_in(intake, tables)
    assert intake.get_household(CUSTOMER) is not None
    assert intake.ask("SELECT source FROM vault.opt_outs") == [("inbound",)]


def test_a_phone_whose_key_was_lost_is_sealed_again_by_the_next_drop(intake: Intake) -> None:
    _take_in(intake, make_tables(20))
    household_id = intake.get_household(CUSTOMER)
    with intake.people_engine.begin() as connection:
        connection.execute(text("DELETE FROM vault.data_keys WHERE household_id = :id"), {"id": household_id})
    others = intake.ask("SELECT xmin, t::text FROM vault.data_keys AS t ORDER BY 2")
    _take_in(intake, make_tables(20), "next")
    assert (intake.get_household(CUSTOMER), intake.get_phone(CUSTOMER)) == (household_id, PHONE)
    assert set(others) < set(intake.ask("SELECT xmin, t::text FROM vault.data_keys AS t"))
