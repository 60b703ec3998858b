"""Broken drops: each gives its problem or its rejects lines, and both databases stay as they were."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, text

from privacy.people.drop.errors import DropError, TooManyRejectedError
from privacy.people.drop.values import DropProblem
from tests.privacy.people.drops import Columns, DropWriter, make_tables

if TYPE_CHECKING:
    from tests.privacy.people.conftest import Intake

Break = Callable[[DropWriter, dict[str, Columns]], None]


def _remove_manifest(writer: DropWriter, _: dict[str, Columns]) -> None:
    (writer.folder / "manifest.json").unlink()


def _truncate_manifest(writer: DropWriter, _: dict[str, Columns]) -> None:
    path = writer.folder / "manifest.json"
    path.write_text(path.read_text()[:-20])


def _change(**changes: object) -> Break:
    return lambda writer, _: writer.write_manifest(**changes)


def _leave_manifest(writer: DropWriter, _: dict[str, Columns]) -> None:
    writer.files["../households.parquet"] = writer.files.pop("households.parquet")
    writer.write_manifest()


def _forget_table(writer: DropWriter, _: dict[str, Columns]) -> None:
    del writer.files["consents.parquet"]
    writer.write_manifest()


def _name_table_twice(writer: DropWriter, tables: dict[str, Columns]) -> None:
    writer.form = "csv"
    writer.write_table("topics", tables["topics"])
    writer.write_manifest()


def _remove_file(writer: DropWriter, _: dict[str, Columns]) -> None:
    (writer.folder / "scores.parquet").unlink()


def _link_file(writer: DropWriter, _: dict[str, Columns]) -> None:
    path = writer.folder / "scores.parquet"
    path.rename(writer.folder.parent / "elsewhere.parquet")
    path.symlink_to(writer.folder.parent / "elsewhere.parquet")


def _flip_byte(writer: DropWriter, _: dict[str, Columns]) -> None:
    path = writer.folder / "activity.parquet"
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)


def _promise_more_rows(writer: DropWriter, _: dict[str, Columns]) -> None:
    writer.files["interests.parquet"]["rows"] += 1
    writer.write_manifest()


def _cut_parquet(writer: DropWriter, _: dict[str, Columns]) -> None:
    path = writer.folder / "topics.parquet"
    writer.write_bytes(path.name, path.read_bytes()[:-100], rows=200)
    writer.write_manifest()


def _write_gbk(writer: DropWriter, _: dict[str, Columns]) -> None:
    del writer.files["topics.parquet"]
    content = "customer_id,topic,platform,stance\nK00001,节能,论坛,1\n".encode("gbk")
    writer.write_bytes("topics.csv", content, rows=1)
    writer.write_manifest()


def _empty_file(writer: DropWriter, _: dict[str, Columns]) -> None:
    del writer.files["topics.parquet"]
    writer.write_bytes("topics.csv", b"", rows=0)
    writer.write_manifest()


def _drop_column(writer: DropWriter, tables: dict[str, Columns]) -> None:
    del tables["households"]["phone"]
    writer.write(tables)


def _add_column(writer: DropWriter, tables: dict[str, Columns]) -> None:
    tables["households"]["full_name"] = ["王小明"] * 200
    writer.write(tables)


def _nest_column(writer: DropWriter, tables: dict[str, Columns]) -> None:
    tables["tickets"]["fault_tag"] = [{"code": "x"}] * 200
    writer.write(tables)


def _spoil(table: str, column: str, value: object, *, count: int = 3) -> Break:
    def spoil(writer: DropWriter, tables: dict[str, Columns]) -> None:
        tables[table][column][:count] = [value] * count
        if isinstance(value, str):
            tables[table][column] = [None if cell is None else str(cell) for cell in tables[table][column]]
        writer.write(tables)

    return spoil


PROBLEMS: list[tuple[str, Break, DropProblem, str | None]] = [
    ("no manifest", _remove_manifest, DropProblem.MANIFEST_MISSING, None),
    ("cut manifest", _truncate_manifest, DropProblem.MANIFEST_MALFORMED, None),
    ("month 13", _change(month="2026-13"), DropProblem.MANIFEST_MALFORMED, None),
    ("unknown datum", _change(datum="cgcs2000"), DropProblem.MANIFEST_MALFORMED, None),
    ("drop id with a path", _change(drop_id="../../etc"), DropProblem.MANIFEST_MALFORMED, None),
    ("unknown entry", _change(author="x"), DropProblem.MANIFEST_MALFORMED, None),
    ("month to come", _change(month="2026-12"), DropProblem.MONTH_AHEAD, None),
    ("file outside the folder", _leave_manifest, DropProblem.FILE_NAME_UNKNOWN, None),
    ("table not named", _forget_table, DropProblem.TABLE_MISSING, "consents"),
    ("table twice", _name_table_twice, DropProblem.TABLE_TWICE, "topics"),
    ("file missing", _remove_file, DropProblem.FILE_MISSING, "scores.parquet"),
    ("file linked", _link_file, DropProblem.FILE_MISSING, "scores.parquet"),
    ("one bit wrong", _flip_byte, DropProblem.CHECKSUM_WRONG, "activity.parquet"),
    ("rows missing", _promise_more_rows, DropProblem.ROW_COUNT_WRONG, "interests.parquet"),
    ("cut Parquet", _cut_parquet, DropProblem.FILE_UNREADABLE, "topics.parquet"),
    ("CSV not in UTF-8", _write_gbk, DropProblem.FILE_UNREADABLE, "topics.csv"),
    ("empty CSV", _empty_file, DropProblem.COLUMNS_WRONG, "topics.csv"),
    ("column missing", _drop_column, DropProblem.COLUMNS_WRONG, "households.parquet"),
    ("names of people", _add_column, DropProblem.COLUMNS_WRONG, "households.parquet"),
    ("nested column", _nest_column, DropProblem.COLUMNS_WRONG, "tickets"),
]

REJECTS: list[tuple[str, Break, tuple[str, str, str]]] = [
    ("no phone", _spoil("households", "phone", None), ("households.parquet", "phone", "missing")),
    ("landline", _spoil("households", "phone", "0532-88888888"), ("households.parquet", "phone", "not_a_phone")),
    ("no customer", _spoil("households", "customer_id", None), ("households.parquet", "customer_id", "missing")),
    ("twice", _spoil("households", "customer_id", "K00100"), ("households.parquet", "customer_id", "duplicate")),
    ("no date", _spoil("households", "opened_at", "2019-02-30"), ("households.parquet", "opened_at", "malformed")),
    ("Tokyo", _spoil("communities", "lon", 139.7), ("communities.parquet", "lon", "unplaced")),
    ("purpose", _spoil("consents", "purpose", "sell_data"), ("consents.parquet", "purpose", "unknown_value")),
    ("granted", _spoil("consents", "granted", "maybe"), ("consents.parquet", "granted", "unknown_value")),
    ("tomorrow", _spoil("consents", "at", "2026-11-20T00:00Z"), ("consents.parquet", "at", "in_future")),
    ("category", _spoil("scores", "category", "toaster", count=17), ("scores.parquet", "category", "unknown_value")),
    ("score 101", _spoil("scores", "score", 101.0, count=17), ("scores.parquet", "score", "out_of_range")),
    ("score abc", _spoil("scores", "score", "abc", count=17), ("scores.parquet", "score", "malformed")),
    ("stranger", _spoil("activity", "customer_id", "Z1"), ("activity.parquet", "customer_id", "unknown_customer")),
    ("level 2.5", _spoil("activity", "level", "2.5"), ("activity.parquet", "level", "out_of_range")),
    ("model", _spoil("purchases", "model", "x" * 200), ("purchases.parquet", "model", "too_long")),
    ("control", _spoil("tickets", "fault_tag", "a\0b"), ("tickets.parquet", "fault_tag", "malformed")),
    ("1900", _spoil("tickets", "opened_at", "1900-01-01"), ("tickets.parquet", "opened_at", "out_of_range")),
    ("weight", _spoil("interests", "weight", -0.1), ("interests.parquet", "weight", "out_of_range")),
    ("stance", _spoil("topics", "stance", 2), ("topics.parquet", "stance", "out_of_range")),
]


@pytest.fixture
def fingerprint(people_engine: Engine, serving_engine: Engine) -> Callable[[], dict[str, Any]]:
    """Give a function that hashes every row of every table of both databases."""

    def take() -> dict[str, Any]:
        found = {}
        for engine in (people_engine, serving_engine):
            with engine.connect() as connection:
                tables = connection.execute(
                    text(
                        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'public')"
                        " AND schemaname NOT LIKE 'pg_temp%'"
                    )
                ).scalars()
                for table in tables.all():
                    query = f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} AS t"  # noqa: S608 - our own tables
                    found[f"{engine.url.database} {table}"] = connection.execute(text(query)).scalar_one()
        return found

    return take


@pytest.mark.parametrize(
    ("damage", "problem", "file"), [case[1:] for case in PROBLEMS], ids=[case[0] for case in PROBLEMS]
)
def test_a_broken_drop_is_refused_whole(
    intake: Intake, fingerprint: Callable[[], dict[str, Any]], damage: Break, problem: DropProblem, file: str | None
) -> None:
    writer, tables = intake.writer(), make_tables()
    writer.write(tables)
    damage(writer, tables)
    before = fingerprint()
    with pytest.raises(DropError) as caught:
        intake(writer)
    assert (caught.value.problem, caught.value.file) == (problem, file)
    assert fingerprint() == before


@pytest.mark.parametrize(("damage", "line"), [case[1:] for case in REJECTS], ids=[case[0] for case in REJECTS])
def test_more_than_one_percent_of_bad_rows_abort(
    intake: Intake, fingerprint: Callable[[], dict[str, Any]], damage: Break, line: tuple[str, str, str]
) -> None:
    writer = intake.writer()
    damage(writer, make_tables())
    before = fingerprint()
    with pytest.raises(TooManyRejectedError) as caught:
        intake(writer)
    lines = list(csv.DictReader(caught.value.rejects_path.read_text().splitlines()))
    assert caught.value.rejects_path == intake.folder / "drop.rejects.csv"
    assert {(found["file"], found["column"], found["reason"]) for found in lines} == {line}
    spoilt = ["2", "3", "101"] if line[2] == "duplicate" else ["1", "2", "3"]
    assert [found["row"] for found in lines][:3] == spoilt
    assert len(lines) == caught.value.rejected
    assert fingerprint() == before


def test_up_to_one_percent_is_rejected_by_line_and_the_rest_goes_in(intake: Intake) -> None:
    tables = make_tables()
    tables["households"]["phone"][7] = "call me"
    tables["households"]["lon"][10] = 0.0  # K00010 has no community code either
    rejects_path = intake.folder / "mine.csv"
    report = intake(intake.writer().write(tables), rejects_path=rejects_path)
    assert sorted(rejects_path.read_text().splitlines()) == [
        "file,row,column,reason",
        "households.parquet,11,lon,missing",
        "households.parquet,8,phone,not_a_phone",
    ]
    assert (report.rejected, report.rejects_path) == (2, rejects_path)
    assert {count.left_out for name, count in report.tables.items() if name == "consents"} == {2}
    assert intake.ask("SELECT count(*) FROM core.households") == [(198,)]
    assert intake.ask("SELECT count(*) FROM core.purchases") == [(198,)]
    assert intake.get_household("K00007") is None


def test_a_drop_that_has_changed_is_refused(intake: Intake, fingerprint: Callable[[], dict[str, Any]]) -> None:
    writer, tables = intake.writer(), make_tables()
    intake(writer.write(tables))
    tables["activity"]["score"][0] = 99.0
    before = fingerprint()
    with pytest.raises(DropError) as caught:
        intake(writer.write(tables))
    assert caught.value.problem is DropProblem.CONTENT_CHANGED
    assert fingerprint() == before


def test_an_older_month_is_refused(intake: Intake, fingerprint: Callable[[], dict[str, Any]]) -> None:
    intake(intake.writer().write(make_tables()))
    before = fingerprint()
    with pytest.raises(DropError) as caught:
        intake(intake.writer("old", drop_id="old", month="2026-10").write(make_tables()))
    assert caught.value.problem is DropProblem.MONTH_SUPERSEDED
    assert fingerprint() == before


def test_errors_and_rejects_hold_nobody(intake: Intake) -> None:
    tables = make_tables()
    tables["households"]["phone"][:5] = ["13912345678王小明K00009"] * 5
    with pytest.raises(TooManyRejectedError) as caught:
        intake(intake.writer().write(tables))
    written = str(caught.value) + caught.value.rejects_path.read_text() + json.dumps(str(vars(caught.value)))
    assert "13912345678" not in written
    assert "K0000" not in written
