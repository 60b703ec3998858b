"""A good drop: everything arrives, once, sealed, whatever its file format."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from privacy.people.drop.values import TableName
from tests.privacy.people.conftest import LOCKS, TABLES
from tests.privacy.people.drops import add_row, make_tables

if TYPE_CHECKING:
    from tests.privacy.people.conftest import Intake

COUNTS = """
SELECT (SELECT count(*) FROM core.households), (SELECT count(*) FROM vault.phones),
    (SELECT count(*) FROM vault.customers), (SELECT count(*) FROM core.consents), (SELECT count(*) FROM core.needs),
    (SELECT count(*) FROM core.purchases), (SELECT count(*) FROM core.tickets), (SELECT count(*) FROM core.interests),
    (SELECT count(*) FROM core.topics)
"""
EXPECTED = [(200, 200, 200, 200, 400, 200, 200, 200, 200)]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_everything_arrives_once(intake: Intake, form: str) -> None:
    writer = intake.writer(form=form)
    writer.write(make_tables())
    report = intake(writer)
    assert (report.rejected, report.rejects_path, report.is_replay) == (0, None, False)
    assert report.tables[TableName.SCORES].rows == 1600
    assert intake.ask(COUNTS) == EXPECTED
    assert intake.ask("SELECT state, progress->>'topics', month FROM core.drops") == [
        ("done", "200", date(2026, 11, 1))
    ]
    assert not list(intake.folder.glob("*.rejects.csv"))


def test_a_household_is_placed_and_its_phone_opens(intake: Intake) -> None:
    intake(intake.writer().write(make_tables()))
    by_code = intake.ask(
        "SELECT city_code, leaf_id, opened_on, activity_score, activity_level, channels, push_consent"
        " FROM core.households WHERE household_id = :id",
        id=intake.get_household("K00003"),
    )
    assert by_code == [(370200, 4, date(2019, 5, 3), 50, 2, 3, False)]
    by_position = intake.ask(
        "SELECT leaf_id, push_consent FROM core.households WHERE household_id = :id", id=intake.get_household("K00010")
    )
    assert by_position == [(1013, True)]
    assert intake.get_phone("K00003") == "+8610000000003"


def test_needs_carry_place_and_bound(intake: Intake) -> None:
    tables = make_tables()
    tables["scores"]["score"][:8] = [60, 100, 59.99, 61, 60, 90, 0, 99]
    intake(intake.writer().write(tables))
    needs = intake.ask(
        "SELECT category, city_code, leaf_id, counted FROM core.needs WHERE household_id = :id ORDER BY category",
        id=intake.get_household("K00000"),
    )
    assert [need[0] for need in needs] == [0, 1, 3, 4, 5, 7]
    assert {need[1:3] for need in needs} == {(370200, 1013)}
    assert sum(need[3] for need in needs) == 2


def test_nobody_can_be_read_from_the_database(intake: Intake) -> None:
    intake(intake.writer().write(make_tables()))
    dump = ""
    for table in TABLES.split(","):
        dump += str(intake.ask(f"SELECT t::text FROM {table} AS t"))  # noqa: S608 - our own table names
    assert "没有画面" in dump
    for secret in ("1000000", "K0000", "13912345678", b"1000000".hex(), b"K0000".hex()):
        assert secret not in dump


def test_the_same_drop_again_does_nothing(intake: Intake) -> None:
    writer = intake.writer()
    writer.write(make_tables())
    intake(writer)
    before = intake.ask("SELECT xmin, household_id FROM core.households ORDER BY 2")
    assert intake(writer).is_replay
    assert intake.ask("SELECT xmin, household_id FROM core.households ORDER BY 2") == before


HELD = (
    *("core.households", "core.needs", "core.consents", "core.purchases", "core.tickets", "core.interests"),
    *("core.topics", "core.pain_points", "vault.phones", "vault.data_keys", "vault.customers"),
)


def _find_versions(intake: Intake) -> dict[str, set[tuple[str, ...]]]:
    """Return every row with the transactions that wrote and locked it: a lock is a write, too."""
    query = "SELECT xmin::text, xmax::text, t::text FROM {} AS t"
    return {name: set(intake.ask(query.format(name))) for name in HELD}


def test_the_same_rows_under_another_id_change_nothing(intake: Intake) -> None:
    intake(intake.writer().write(make_tables()))
    before = _find_versions(intake)
    report = intake(intake.writer("again", drop_id="qd-2026-11-b").write(make_tables()))
    assert not report.is_replay
    assert _find_versions(intake) == before
    assert intake.ask(COUNTS) == EXPECTED


def test_a_second_drop_writes_what_has_changed_and_nothing_else(intake: Intake) -> None:
    tables = make_tables()
    intake(intake.writer().write(tables))
    before = _find_versions(intake)
    tables["activity"]["score"][7] = 99.0
    tables["interests"]["weight"][8] = 0.75
    tables["scores"]["score"][9 * 8] = 80.0  # one need more, which may take the place of another among those that count
    tables["households"]["community_code"][11] = "C9"
    intake(intake.writer("again", drop_id="qd-2026-11-b").write(tables))
    changed = {name: len(rows - before[name]) for name, rows in _find_versions(intake).items()}
    [(moved,)] = intake.ask(
        "SELECT count(*) FROM core.needs WHERE household_id = :id", id=intake.get_household("K00011")
    )
    assert moved + 1 <= changed.pop("core.needs") <= moved + 2
    assert {name: count for name, count in changed.items() if count} == {"core.households": 2, "core.interests": 1}


def test_working_copies_are_gone(intake: Intake) -> None:
    intake(intake.writer().write(make_tables()))
    deadline = time.monotonic() + 10  # the server ends a session a moment after its client has gone
    query = "SELECT relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'"
    while (intake.ask(query) or intake.ask(LOCKS)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert intake.ask(query) == []
    assert intake.ask(LOCKS) == []


def test_the_newest_consent_holds(intake: Intake) -> None:
    tables = make_tables()
    for granted, at in ((False, "2026-05-01T00:00:00Z"), (True, "2026-04-30T00:00:00+08:00")):
        consent = {"purpose": "push_info", "granted": granted, "policy_version": "2", "source": "app", "at": at}
        add_row(tables["consents"], customer_id="K00000", **consent)
    intake(intake.writer().write(tables))
    household = intake.get_household("K00000")
    assert intake.ask("SELECT push_consent FROM core.households WHERE household_id = :id", id=household) == [(False,)]
    ledger = intake.ask("SELECT granted, at FROM core.consents WHERE household_id = :id ORDER BY at", id=household)
    assert ledger[1] == (True, datetime(2026, 4, 29, 16, tzinfo=UTC))


def test_a_refusal_given_elsewhere_is_not_overwritten_by_an_older_yes(intake: Intake) -> None:
    intake(intake.writer().write(make_tables()))
    household = intake.get_household("K00000")
    with intake.people_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO core.consents (household_id, purpose, granted, policy_version, source, at)"
            " VALUES (%s, 'push_info', false, '2026-01', 'inbound', '2026-11-01')",
            (household,),
        )
    intake(intake.writer("next", drop_id="next").write(make_tables()))
    assert intake.ask("SELECT push_consent FROM core.households WHERE household_id = :id", id=household) == [(False,)]


def test_progress_tells_every_step(intake: Intake) -> None:
    heard: dict[str, tuple[int, int]] = {}

    def tell(step: str, *, done: int, total: int) -> None:
        assert heard.get(step, (0, 0))[0] < done <= total
        heard[step] = (done, total)

    intake(intake.writer().write(make_tables()), progress=tell)
    assert set(heard) == {f"check {table}" for table in TableName} | {"load households", "merge buckets"}
    assert all(done == total for done, total in heard.values())


def test_an_intake_is_told_to_the_audit_once(intake: Intake) -> None:
    tables = make_tables()
    tables["households"]["phone"][0] = "no phone"
    folder = intake.writer(drop_id="qd-15400000001").write(tables)
    newest = "SELECT number, actor, action, subject, details FROM audit.entries ORDER BY number DESC LIMIT 1"
    before = intake.ask("SELECT number FROM audit.head")[0][0]
    intake(folder)
    intake(folder)
    [(number, actor, action, subject, details)] = intake.ask(newest)
    assert (number, actor, action, subject) == (before + 1, "intake", "drop_taken_in", "qd-[phone]")
    assert (details["households"], details["rejected"], details["month"]) == (199, 1, "2026-11")


def test_where_a_row_lies_in_the_vault_tells_nobody_where_it_stood_in_the_file(intake: Intake) -> None:
    intake(intake.writer(group_rows=200).write(make_tables()), chunk_rows=200)
    lying = intake.ask("SELECT household_id FROM vault.data_keys ORDER BY ctid")
    assert lying == sorted(lying)
    places = "SELECT leaf_id, p.household_id FROM vault.phones AS p JOIN core.households USING (household_id)"
    lying = intake.ask(f"{places} ORDER BY p.ctid")
    assert lying == sorted(lying)
    customers = [bytes(row[0]) for row in intake.ask("SELECT customer_hash FROM vault.customers ORDER BY ctid")]
    assert customers == sorted(customers)


def test_first_customers_without_a_day_and_with_numbers_from_abroad_come_in_like_others(intake: Intake) -> None:
    tables = make_tables()
    tables["households"]["opened_at"][3] = None
    tables["households"]["phone"][4] = "+442079460000"
    intake(intake.writer().write(tables))
    opened = "SELECT opened_on FROM core.households WHERE household_id = :id"
    assert intake.ask(opened, id=intake.get_household("K00003")) == [(None,)]
    assert intake.ask(opened, id=intake.get_household("K00004")) == [(date(2019, 5, 3),)]
    assert intake.get_phone("K00004") == "+442079460000"
    assert intake.ask(COUNTS) == EXPECTED
