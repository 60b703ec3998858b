"""Whatever is done to the rows without the key is found, at the first number that it touches."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.audit.chain import Chain
from privacy.audit.checking import check_chain, read_head, write_head
from privacy.audit.errors import ChainBrokenError, Flaw, KeptHeadError
from privacy.audit.values import START, Action, Actor, AuditEntry, AuditKey, Head, KeptHead, StoredEntry
from tests.privacy.audit.conftest import KEY, NOW

if TYPE_CHECKING:
    from tests.privacy.audit.conftest import Book

_ENTRIES = st.builds(
    AuditEntry,
    at=st.integers(0, 10**9).map(lambda us: NOW + timedelta(microseconds=us)),
    actor=st.sampled_from(Actor),
    action=st.sampled_from(Action),
    subject=st.uuids().map(str),
    details=st.dictionaries(st.sampled_from(["count", "rows"]), st.integers(0, 99) | st.booleans(), max_size=2),
)
_SOME = settings(max_examples=40, deadline=None)
_COLUMNS = [field.name for field in fields(StoredEntry)]


def _make_chain(entries: list[AuditEntry]) -> tuple[list[StoredEntry], Head]:
    rows = Chain(KEY).extend(START, entries=entries)
    return rows, Head(rows[-1].number, rows[-1].mac)


def _find_flaw(rows: list[StoredEntry], head: Head, *kept: Head) -> ChainBrokenError:
    with pytest.raises(ChainBrokenError) as caught:
        check_chain(rows, key=KEY, head=head, kept=kept)
    return caught.value


def _change(row: StoredEntry, column: str, draw: Any) -> StoredEntry:  # noqa: ANN401 - Hypothesis's own
    changed: dict[str, Any] = {
        "number": row.number + 1 + draw(st.integers(0, 5)),
        "at": row.at + timedelta(microseconds=1 + draw(st.integers(0, 10**6))),
        "actor": row.actor + draw(st.text(min_size=1)),
        "action": draw(st.text()) + "\0" + row.action,
        "subject": draw(st.text().filter(lambda text: text != row.subject)),
        "details": {**row.details, draw(st.text()): draw(st.none() | st.floats(0.5, 0.75) | st.text())},
        "mac": bytes(byte ^ 1 for byte in row.mac),
    }
    return replace(row, **{column: changed[column]})


@_SOME
@given(st.lists(_ENTRIES, min_size=1, max_size=6), st.data())
def test_an_edit_of_any_column_is_found_where_it_is(entries: list[AuditEntry], data: st.DataObject) -> None:
    rows, head = _make_chain(entries)
    at = data.draw(st.integers(0, len(rows) - 1))
    rows[at] = _change(rows[at], data.draw(st.sampled_from(_COLUMNS)), data.draw)
    assert _find_flaw(rows, head).number == at + 1


@_SOME
@given(st.lists(_ENTRIES, min_size=2, max_size=6), st.data())
def test_a_deletion_is_found_with_its_number(entries: list[AuditEntry], data: st.DataObject) -> None:
    rows, head = _make_chain(entries)
    at = data.draw(st.integers(0, len(rows) - 1))
    del rows[at]
    flaw = _find_flaw(rows, head)
    assert flaw.number == at + 1
    assert flaw.flaw in (Flaw.MISSING, Flaw.TRUNCATED)


@_SOME
@given(st.lists(_ENTRIES, min_size=2, max_size=6), st.data())
def test_a_deletion_with_new_numbers_behind_it_is_found(entries: list[AuditEntry], data: st.DataObject) -> None:
    rows, head = _make_chain(entries)
    at = data.draw(st.integers(0, len(rows) - 2))
    rows = rows[:at] + [replace(row, number=row.number - 1) for row in rows[at + 1 :]]
    assert _find_flaw(rows, Head(head.number - 1, head.mac)).number == at + 1


@_SOME
@given(st.lists(_ENTRIES, min_size=2, max_size=6), st.data())
def test_two_rows_in_each_others_place_are_found(entries: list[AuditEntry], data: st.DataObject) -> None:
    rows, head = _make_chain(entries)
    first, second = sorted(data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=2, max_size=2)))
    numbers = rows[first].number, rows[second].number
    rows[first], rows[second] = replace(rows[second], number=numbers[0]), replace(rows[first], number=numbers[1])
    assert _find_flaw(rows, head).number == first + 1


@_SOME
@given(st.lists(_ENTRIES, min_size=1, max_size=6), _ENTRIES, st.binary(min_size=32, max_size=32), st.data())
def test_a_row_forged_without_the_key_is_found(
    entries: list[AuditEntry], forged: AuditEntry, secret: bytes, data: st.DataObject
) -> None:
    rows, head = _make_chain(entries)
    at = data.draw(st.integers(0, len(rows)))
    start = Head(rows[at - 1].number, rows[at - 1].mac) if at else START
    rows = rows[:at] + Chain(AuditKey(secret)).extend(start, entries=[forged, *entries[at:]])
    assert _find_flaw(rows, Head(rows[-1].number, rows[-1].mac)).number == at + 1
    assert head.number == len(entries)


@_SOME
@given(st.lists(_ENTRIES, min_size=1, max_size=6), st.data())
def test_a_cut_off_end_is_found_by_the_head_or_by_a_kept_one(entries: list[AuditEntry], data: st.DataObject) -> None:
    rows, head = _make_chain(entries)
    left = data.draw(st.integers(0, len(rows) - 1))
    cut, end = rows[:left], Head(rows[left - 1].number, rows[left - 1].mac) if left else START
    assert _find_flaw(cut, head).number == left + 1
    # Set the head back too, and the database alone tells nothing any more.
    assert check_chain(cut, key=KEY, head=end) == left
    flaw = _find_flaw(cut, end, head)
    assert (flaw.number, flaw.flaw) == (left + 1, Flaw.TRUNCATED)


def test_an_end_that_was_cut_off_and_grew_again_to_the_same_number_is_told_by_the_older_head() -> None:
    def make_entry(subject: str) -> AuditEntry:
        return AuditEntry(NOW, Actor.ERASER, Action.HOUSEHOLD_ERASED, subject, {})

    rows, monday = _make_chain([make_entry("one"), make_entry("two")])
    grown = Chain(KEY).extend(Head(1, rows[0].mac), entries=[make_entry("three")])
    tuesday = Head(2, grown[0].mac)
    for kept in ((monday, tuesday), (tuesday, monday)):
        flaw = _find_flaw([rows[0], *grown], tuesday, *kept)
        assert (flaw.number, flaw.flaw) == (2, Flaw.REWRITTEN)
    assert check_chain(rows, key=KEY, head=monday, kept=[monday, monday]) == 2


@_SOME
@given(st.lists(_ENTRIES, min_size=1, max_size=4), st.lists(_ENTRIES, min_size=1, max_size=4))
def test_another_past_written_with_the_key_differs_from_a_kept_head(
    entries: list[AuditEntry], others: list[AuditEntry]
) -> None:
    rows, kept = _make_chain(entries)
    written, head = _make_chain([others[0], *entries])
    if written[kept.number - 1].mac != rows[-1].mac:
        assert _find_flaw(written, head, kept).flaw is Flaw.REWRITTEN
    assert check_chain(written, key=KEY, head=head) == len(entries) + 1


def test_a_kept_head_is_read_back_and_no_other_is_taken() -> None:
    kept = KeptHead(Head(7, bytes(range(32))), NOW)
    line = write_head(kept, key=KEY)
    assert read_head(line, key=KEY) == kept
    for other, reason in (
        (line.replace('"number": 7', '"number": 6'), "signature"),
        (line.replace("0102", "0203"), "signature"),
        (line.replace("2026", "2025"), "signature"),
        ("{}", "syntax"),
        ("[1]", "syntax"),
        ("no json", "syntax"),
    ):
        with pytest.raises(KeptHeadError, match=reason):
            read_head(other, key=KEY)


@pytest.mark.parametrize(
    ("statement", "number", "flaw"),
    [
        ("UPDATE audit.entries SET details = '{\"count\": 3}' WHERE number = 3", 3, Flaw.ALTERED),
        ("UPDATE audit.entries SET at = at + interval '1 microsecond' WHERE number = 5", 5, Flaw.ALTERED),
        ("DELETE FROM audit.entries WHERE number = 2", 2, Flaw.MISSING),
        ("DELETE FROM audit.entries WHERE number > 4", 5, Flaw.TRUNCATED),
        ("UPDATE audit.head SET number = number - 1", 6, Flaw.HEAD_DIFFERS),
        (
            "INSERT INTO audit.entries SELECT 6, at, actor, action, subject, details, mac FROM audit.entries LIMIT 1",
            6,
            Flaw.ALTERED,
        ),
    ],
)
def test_what_is_done_to_the_database_is_found(book: Book, statement: str, number: int, flaw: Flaw) -> None:
    for count in range(5):
        with book.recorder.begin(book.sender) as act:
            act.note(Action.VALVE_TURNED, subject="valve", at=NOW, count=count)
    assert book.check() == 5
    book.tamper(statement)
    with pytest.raises(ChainBrokenError) as caught:
        book.check()
    assert (caught.value.number, caught.value.flaw) == (number, flaw)
