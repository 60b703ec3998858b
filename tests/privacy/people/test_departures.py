"""Who leaves a household: it goes with its customers, and whoever stays or comes has nothing of those who left."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.privacy.people.drops import Columns, make_tables

if TYPE_CHECKING:
    from uuid import UUID

    from tests.privacy.people.conftest import Intake

A, B, C = 1, 2, 150  # A and B agree (2) or not in the same chunk of 64 rows; C stands in another
NEW_PHONE = "+8610099999999"
HELD = ("needs", "consents", "purchases", "tickets", "pain_points", "interests", "topics")


class _KilledError(Exception):
    pass


def _take(intake: Intake, tables: dict[str, Columns], month: int = 11, **arguments: Any) -> None:  # noqa: ANN401 - as take_in
    intake.clock.now = datetime(2026, month, 18, 4, 0, tzinfo=UTC)
    name = f"2026-{month}"
    intake(intake.writer(name, drop_id=name, month=name).write(tables), **arguments)


def _leave_out(tables: dict[str, Columns], customer: str, *, also: str = "") -> None:
    """Take a customer's rows out of every table, but for one."""
    for name, columns in tables.items():
        if "customer_id" in columns and name != also:
            kept = [index for index, each in enumerate(columns["customer_id"]) if each != customer]
            for key in columns:
                columns[key] = [columns[key][index] for index in kept]


def _count(intake: Intake, household_id: UUID | None) -> dict[str, int]:
    one = "SELECT count(*) FROM core.{} WHERE household_id = :id"
    return {name: intake.ask(one.format(name), id=household_id)[0][0] for name in HELD}


def _has_consent(intake: Intake, customer: int) -> bool:
    query = "SELECT push_consent FROM core.households WHERE household_id = :id"
    return bool(intake.ask(query, id=intake.get_household(f"K{customer:05}"))[0][0])


def _share(tables: dict[str, Columns], *customers: int, phone: str) -> None:
    for customer in customers:
        tables["households"]["phone"][customer] = phone


@pytest.mark.parametrize("heir", [B, C])
def test_whoever_gets_a_number_gets_nothing_of_who_had_it(intake: Intake, heir: int) -> None:
    tables = make_tables()
    old = tables["households"]["phone"][A]
    _take(intake, tables)
    home = intake.get_household(f"K{A:05}")
    before = _count(intake, home)
    tables["households"]["phone"][A] = NEW_PHONE
    _leave_out(tables, f"K{heir:05}", also="households")
    tables["households"]["phone"][heir] = old
    tables["households"]["customer_id"][heir] = "NEW"
    _take(intake, tables, 12)
    heirs = intake.get_household("NEW")
    assert intake.get_household(f"K{A:05}") == home
    assert (_count(intake, home), set(_count(intake, heirs).values())) == (before, {0})
    assert intake.ask("SELECT push_consent FROM core.households WHERE household_id = :id", id=heirs) == [(False,)]
    assert (intake.get_phone(f"K{A:05}"), intake.get_phone("NEW")) == (NEW_PHONE, old)


def test_a_number_whose_customer_is_gone_is_not_handed_on_either(intake: Intake) -> None:
    tables = make_tables()
    _take(intake, tables)
    gone = intake.get_household(f"K{A:05}")
    _leave_out(tables, f"K{A:05}", also="households")
    tables["households"]["customer_id"][A] = "NEW"
    _take(intake, tables, 12)
    assert intake.get_household("NEW") not in {gone, None}
    assert set(_count(intake, gone).values()) == {0}
    assert intake.ask("SELECT count(*) FROM core.households") == [(200,)]
    assert intake.get_household(f"K{A:05}") is None


@pytest.mark.parametrize("leaver", [A, C])
def test_the_yes_of_who_left_does_not_speak_for_who_stays(intake: Intake, leaver: int) -> None:
    tables = make_tables()
    old = tables["households"]["phone"][B]
    _share(tables, A, B, C, phone=old)
    stayer = A + C - leaver
    for customer in (A, B, C):
        tables["consents"]["granted"][customer] = customer == leaver
        tables["purchases"]["model"][customer] = f"M{customer}"
    tables["consents"]["at"][leaver] = "2026-04-01T08:00:00Z"
    _take(intake, tables)
    assert _has_consent(intake, stayer)
    _share(tables, leaver, phone=NEW_PHONE)
    _take(intake, tables, 12)
    assert [_has_consent(intake, customer) for customer in (leaver, stayer, B)] == [True, False, False]
    query = "SELECT household_id FROM core.purchases WHERE model = :model"
    for customer in (leaver, stayer, B):
        assert intake.ask(query, model=f"M{customer}") == [(intake.get_household(f"K{customer:05}"),)]


def test_the_yes_of_who_stays_holds_when_another_leaves(intake: Intake) -> None:
    tables = make_tables()
    _share(tables, A, C, phone=tables["households"]["phone"][A])
    tables["consents"]["granted"][A], tables["consents"]["granted"][C] = True, False
    tables["consents"]["at"][C] = "2026-04-01T08:00:00Z"
    _take(intake, tables)
    assert not _has_consent(intake, A)
    _share(tables, C, phone=NEW_PHONE)
    _take(intake, tables, 12)
    assert [_has_consent(intake, customer) for customer in (A, C)] == [True, False]


def test_two_who_change_their_number_together_keep_their_household(intake: Intake) -> None:
    tables = make_tables()
    _share(tables, A, C, phone=tables["households"]["phone"][A])
    _take(intake, tables)
    home = intake.get_household(f"K{A:05}")
    before = _count(intake, home)
    _share(tables, A, C, phone=NEW_PHONE)
    _take(intake, tables, 12)
    assert intake.get_household(f"K{A:05}") == intake.get_household(f"K{C:05}") == home
    assert _count(intake, home) == before
    assert intake.ask("SELECT count(*) FROM core.households") == [(199,)]


@pytest.mark.parametrize("host", [B, C])
def test_no_moment_holds_a_household_beside_the_one_that_took_its_last_customer(intake: Intake, host: int) -> None:
    tables = make_tables()
    _take(intake, tables)
    gone = intake.get_household(f"K{A:05}")
    _share(tables, A, phone=tables["households"]["phone"][host])

    def die(step: str, *, done: int, total: int) -> None:
        del total
        if step == "load households" and done >= 64:
            raise _KilledError

    with pytest.raises(_KilledError):
        _take(intake, tables, 12, progress=die)
    assert intake.ask("SELECT state FROM core.drops WHERE drop_id = '2026-12'") == [("loading",)]
    assert intake.ask("SELECT count(*) FROM core.households WHERE household_id = :id", id=gone) == [(0,)]
    assert set(_count(intake, gone).values()) == {0}
    _take(intake, tables, 12)
    assert intake.get_household(f"K{A:05}") == intake.get_household(f"K{host:05}")
    assert intake.ask("SELECT count(*) FROM core.households") == [(199,)]
