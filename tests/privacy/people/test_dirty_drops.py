"""What real platforms deliver: read right, or rejected, but never a reason to stop."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from privacy.people.drop.values import TableName
from tests.privacy.people.drops import make_tables

if TYPE_CHECKING:
    from tests.privacy.people.conftest import Intake


def test_swapped_zero_and_foreign_positions(intake: Intake) -> None:
    tables = make_tables()
    households = tables["households"]
    households["community_code"][:5] = [None, "C1", "C2", "C3", "unheard of"]
    households["lon"][:5] = [36.1, 0.0, 139.7, None, 120.5]
    households["lat"][:5] = [120.4, 0.0, 35.7, None, 36.1]
    assert intake(intake.writer().write(tables)).rejected == 0
    leaves = [
        intake.ask("SELECT leaf_id FROM core.households WHERE household_id = :id", id=intake.get_household(f"K0000{n}"))
        for n in range(5)
    ]
    assert leaves == [[(1014,)], [(2,)], [(3,)], [(4,)], [(1015,)]]


def test_no_figures_units_and_words(intake: Intake) -> None:
    tables = make_tables()
    tables["scores"]["score"] = [str(score) for score in tables["scores"]["score"]]
    tables["scores"]["score"][:8] = ["暂无数据", "85分", "８５", "", "1e2", "59.9", "-", "100.0"]
    tables["scores"]["category"][:8] = ["冰箱", "洗衣机", "空调", "热水器", "电视", "油烟机", "洗碗机", "冷柜"]
    tables["activity"]["channels"] = ["app;微信;门店"] * 199 + ["2个"]
    tables["activity"]["level"] = ["高"] * 199 + ["暂无数据"]
    assert intake(intake.writer(form="csv").write(tables)).rejected == 0
    household = intake.get_household("K00000")
    needs = intake.ask("SELECT category FROM core.needs WHERE household_id = :id ORDER BY 1", id=household)
    assert needs == [(1,), (2,), (4,), (7,)]
    activity = "SELECT activity_level, channels FROM core.households WHERE household_id = :id"
    assert intake.ask(activity, id=household) == [(3, 3)]
    assert intake.ask(activity, id=intake.get_household("K00199")) == [(None, 2)]


def test_bom_crlf_quoted_line_breaks_and_ragged_rows(intake: Intake) -> None:
    writer, tables = intake.writer(), make_tables()
    writer.write(tables)
    del writer.files["tickets.parquet"]
    rows = [f"K{number:05},freezer,noise,响,2026/2/3" for number in range(200)]
    rows[1] = 'K00001,freezer,noise,"第一行\r\n第二行\\.,""好""",2026-02-03T23:30:00Z'
    rows[2] = "K00002,freezer,noise"
    rows[3] = "K00003,freezer,noise,响,2026-02-03,more"
    content = "customer_id,category,fault_tag,free_text,opened_at\r\n" + "\r\n".join(rows) + "\r\n"
    writer.write_bytes("tickets.csv", b"\xef\xbb\xbf" + content.encode(), rows=200)
    writer.write_manifest()
    report = intake(writer)
    assert report.tables[TableName.TICKETS].rejected == 2
    assert report.rejects_path
    assert report.rejects_path.read_text().splitlines()[1:] == [
        "tickets.csv,3,,column_count",
        "tickets.csv,4,,column_count",
    ]
    [ticket] = intake.ask(
        "SELECT masked_text, opened_on FROM core.tickets WHERE household_id = :id", id=intake.get_household("K00001")
    )
    assert ticket == ('第一行\r\n第二行\\.,"好"', date(2026, 2, 4))


@pytest.mark.parametrize(
    "spelling", ["10000000001", "+86 100-0000-0001", "0086 10000000001", "＋８６１０００００００００１"]
)
def test_one_phone_however_written_is_one_household(intake: Intake, spelling: str) -> None:
    tables = make_tables()
    tables["households"]["phone"][150] = spelling
    assert intake(intake.writer().write(tables)).rejected == 0
    assert intake.get_household("K00150") == intake.get_household("K00001")
    assert intake.ask("SELECT count(*) FROM core.households") == [(199,)]
    assert intake.ask("SELECT count(*) FROM vault.customers") == [(200,)]
    members = "SELECT count(*) FROM core.purchases WHERE household_id = :id"
    assert intake.ask(members, id=intake.get_household("K00001")) == [(1,)]  # the same purchase, told twice


def test_members_of_a_household_are_taken_together(intake: Intake) -> None:
    tables = make_tables()
    tables["households"]["phone"][150] = tables["households"]["phone"][1]
    tables["activity"]["score"][150] = 99.6
    tables["interests"]["weight"][150] = 0.9
    tables["topics"]["stance"][150] = -1
    intake(intake.writer().write(tables))
    household = intake.get_household("K00001")
    assert intake.ask("SELECT activity_score FROM core.households WHERE household_id = :id", id=household) == [(100,)]
    assert intake.ask("SELECT weight FROM core.interests WHERE household_id = :id", id=household) == [(0.9,)]
    assert intake.ask("SELECT stance FROM core.topics WHERE household_id = :id", id=household) == [(0,)]
    needs = intake.ask("SELECT category, counted FROM core.needs WHERE household_id = :id", id=household)
    assert {category for category, _ in needs} == {2, 3, 6, 7}
    assert sum(counted for _, counted in needs) == 2
