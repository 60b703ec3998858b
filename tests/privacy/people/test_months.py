"""The next month: households keep their ids, and the phone decides who belongs together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from tests.privacy.people.drops import Columns, make_tables

if TYPE_CHECKING:
    from uuid import UUID

    from tests.privacy.people.conftest import Intake

A, B = 3, 150  # two customers of different chunks


@pytest.fixture
def first(intake: Intake) -> dict[str, UUID | None]:
    """Take in November; give the household of each of the two customers."""
    intake(intake.writer().write(make_tables()))
    intake.clock.now = datetime(2026, 12, 18, 4, 0, tzinfo=UTC)
    return {"A": intake.get_household(f"K{A:05}"), "B": intake.get_household(f"K{B:05}")}


def _take_in_december(intake: Intake, tables: dict[str, Columns]) -> None:
    intake(intake.writer("december", drop_id="december", month="2026-12").write(tables))


def _count_households(intake: Intake) -> int:
    [(households, phones)] = intake.ask(
        "SELECT (SELECT count(*) FROM core.households), (SELECT count(*) FROM vault.phones)"
    )
    assert households == phones
    return int(households)


def test_what_changed_changes_and_history_stays(intake: Intake, first: dict[str, UUID | None]) -> None:
    tables = make_tables()
    tables["households"]["community_code"][A] = "C9"
    tables["scores"]["score"] = [0.0] * 1600
    tables["scores"]["score"][A * 8] = 80.0
    tables["interests"]["tag"][A] = "energy"
    tables["purchases"]["bought_at"][A] = "2026-12-01"
    _take_in_december(intake, tables)
    assert intake.get_household(f"K{A:05}") == first["A"]
    assert intake.ask("SELECT leaf_id FROM core.households WHERE household_id = :id", id=first["A"]) == [(10,)]
    assert intake.ask("SELECT household_id, category, leaf_id FROM core.needs") == [(first["A"], 0, 10)]
    assert intake.ask("SELECT tag FROM core.interests WHERE household_id = :id", id=first["A"]) == [("energy",)]
    assert intake.ask("SELECT count(*) FROM core.purchases WHERE household_id = :id", id=first["A"]) == [(2,)]


def test_who_is_not_named_is_left_alone(intake: Intake, first: dict[str, UUID | None]) -> None:
    del first
    tables = {
        name: columns if name == "communities" else {key: cells[: len(cells) // 2] for key, cells in columns.items()}
        for name, columns in make_tables().items()
    }
    tables["scores"]["score"] = [0.0] * 800
    before = intake.ask("SELECT count(*) FROM core.needs")
    _take_in_december(intake, tables)
    assert before == [(400,)]
    assert intake.ask("SELECT count(*) FROM core.needs") == [(200,)]
    assert _count_households(intake) == 200


def test_a_new_number_keeps_the_household(intake: Intake, first: dict[str, UUID | None]) -> None:
    tables = make_tables()
    tables["households"]["phone"][A] = "+8610099999999"
    _take_in_december(intake, tables)
    assert intake.get_household(f"K{A:05}") == first["A"]
    assert intake.get_phone(f"K{A:05}") == "+8610099999999"
    assert _count_households(intake) == 200


def test_swapped_numbers_leave_each_with_its_household(intake: Intake, first: dict[str, UUID | None]) -> None:
    tables = make_tables()
    phones = tables["households"]["phone"]
    phones[A], phones[B] = phones[B], phones[A]
    _take_in_december(intake, tables)
    assert (intake.get_household(f"K{A:05}"), intake.get_household(f"K{B:05}")) == (first["A"], first["B"])
    assert (intake.get_phone(f"K{A:05}"), intake.get_phone(f"K{B:05}")) == (phones[A], phones[B])
    assert _count_households(intake) == 200


@pytest.mark.parametrize(("mover", "host"), [(A, B), (B, A)])
def test_who_moves_in_leaves_an_empty_household_that_goes(
    intake: Intake, first: dict[str, UUID | None], mover: int, host: int
) -> None:
    tables = make_tables()
    tables["households"]["phone"][mover] = tables["households"]["phone"][host]
    _take_in_december(intake, tables)
    kept, gone = (first["B"], first["A"]) if mover == A else (first["A"], first["B"])
    assert intake.get_household(f"K{mover:05}") == intake.get_household(f"K{host:05}") == kept
    assert _count_households(intake) == 199
    for table in ("needs", "purchases", "tickets", "interests", "topics"):
        query = f"SELECT count(*) FROM core.{table} WHERE household_id = :id"  # noqa: S608 - our own tables
        assert intake.ask(query, id=gone) == [(0,)]


@pytest.mark.parametrize("heir", [A + 1, B])
def test_a_recycled_number_is_another_household(intake: Intake, first: dict[str, UUID | None], heir: int) -> None:
    """A takes a new number; somebody new gets A's old one, in the same chunk or in another."""
    tables = make_tables()
    old = tables["households"]["phone"][A]
    tables["households"]["phone"][A] = "+8610099999999"
    tables["households"]["phone"][heir] = old
    for columns in tables.values():
        if "customer_id" in columns:
            columns["customer_id"] = [
                f"N{name[1:]}" if name == f"K{heir:05}" else name for name in columns["customer_id"]
            ]
    _take_in_december(intake, tables)
    assert intake.get_household(f"K{A:05}") == first["A"]
    assert intake.get_household(f"N{heir:05}") not in {None, *first.values()}
    assert (intake.get_phone(f"K{A:05}"), intake.get_phone(f"N{heir:05}")) == ("+8610099999999", old)


def test_who_leaves_a_shared_phone_founds_a_household(intake: Intake) -> None:
    tables = make_tables()
    tables["households"]["phone"][B] = tables["households"]["phone"][A]
    intake(intake.writer().write(tables))
    shared = intake.get_household(f"K{A:05}")
    tables["households"]["phone"][B] = "+8610099999999"
    intake.clock.now = datetime(2026, 12, 18, 4, 0, tzinfo=UTC)
    _take_in_december(intake, tables)
    assert intake.get_household(f"K{A:05}") == shared
    assert intake.get_household(f"K{B:05}") != shared
    assert intake.get_phone(f"K{A:05}") == "+8610000000003"
    assert _count_households(intake) == 200


def test_who_moves_to_another_city_counts_there_from_the_month_after(
    intake: Intake, first: dict[str, UUID | None]
) -> None:
    del first
    somewhere = "SELECT household_id FROM core.households ORDER BY household_id LIMIT 3"
    with intake.people_engine.begin() as connection:
        connection.execute(
            text(f"UPDATE core.households SET city_code = 110000 WHERE household_id IN ({somewhere})")  # noqa: S608 - fixed
        )
    _take_in_december(intake, make_tables())
    moved = intake.ask("SELECT count(*) FROM core.households WHERE city_from = '2027-01-01' AND city_code = 370200")
    stayed = intake.ask("SELECT count(*) FROM core.households WHERE city_from IS NULL")
    assert moved == [(3,)]
    assert stayed[0][0] > 0
