"""What is read at once is what would have been read cell by cell, for any text and any time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.people.drop.tables import get_columns
from privacy.people.drop.values import TableName

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
MOST_PAST, MOST_FUTURE = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1900, 2030))
PHONES = st.from_regex(r"\A[+]?(00)?(86)?[ -]?1[0-9]{9,11}\Z") | st.text("+0186 -x１８", max_size=16)
TEXTS = st.text(st.sampled_from("aZ0~! \t\n\x00\x7f中\ufeff\xa0-/"), max_size=8) | st.sampled_from(
    ["null", "NULL", "n/a", "-", "--", "暂无", "nan", " none ", "x" * 64, "x" * 65, "\\n"]
)


def _compare(table: TableName, name: str, raw: pa.Array) -> None:
    [column] = [column for column in get_columns(table, now=NOW) if column.name == name]
    assert column.quick is not None
    quick, slow = column.parse(raw), replace(column, quick=None).parse(raw)
    assert quick.values.to_pylist() == slow.values.to_pylist()
    assert quick.values.type == slow.values.type
    assert quick.reasons.tolist() == slow.reasons.tolist()


@settings(max_examples=200, deadline=None)
@given(st.lists(PHONES | st.none(), max_size=12))
def test_phones(texts: list[str | None]) -> None:
    _compare(TableName.HOUSEHOLDS, "phone", pa.array(texts, type=pa.string()))


@settings(max_examples=200, deadline=None)
@given(st.lists(TEXTS | st.none(), max_size=12))
def test_texts(texts: list[str | None]) -> None:
    _compare(TableName.HOUSEHOLDS, "customer_id", pa.array(texts, type=pa.string()))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.datetimes(MOST_PAST, MOST_FUTURE) | st.none(), max_size=8),
    st.sampled_from(["s", "ms", "us"]),
    st.sampled_from([None, "UTC", "Asia/Shanghai"]),
)
def test_instants(moments: list[datetime | None], unit: str, zone: str | None) -> None:
    known = [None if moment is None else moment.replace(microsecond=0) for moment in moments]
    _compare(TableName.CONSENTS, "at", pa.array(known, type=pa.timestamp(unit, tz=zone)))


def test_the_last_instant_that_is_not_in_the_future() -> None:
    edge = NOW + timedelta(hours=1)
    moments = [edge, edge + timedelta(microseconds=1)]
    _compare(TableName.CONSENTS, "at", pa.array(moments, type=pa.timestamp("us", tz="UTC")))
