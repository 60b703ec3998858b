"""An act and its entry are one: both commit or neither, and the numbers of all writers make one row without gaps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from privacy.audit.errors import UnfitEntryError
from privacy.audit.recording import PhoneRead, record
from privacy.audit.values import Action, Actor, AuditEntry, AuditKey, ReadPurpose
from tests.privacy.audit.conftest import KEY, NOW

if TYPE_CHECKING:
    from tests.privacy.audit.conftest import Book

ROOT = Path(__file__).parents[3]
RUNTIME = ("field_intake", "field_release", "field_sender", "field_gateway", "field_eraser")


def _turn_valve(book: Book, *, count: int = 1) -> None:
    for _ in range(count):
        with book.recorder.begin(book.sender) as act:
            act.note(Action.VALVE_TURNED, subject="valve", at=NOW, state="open")


def test_an_entry_says_who_did_what_when(book: Book) -> None:
    household_id, message_id = uuid4(), uuid4()
    with book.recorder.begin(book.sender) as act:
        PhoneRead(act, NOW, ReadPurpose.SEND, message_id).note(household_id)
        act.note(Action.VALVE_TURNED, subject="valve", at=NOW, state="open")
    read, turned = book.read()
    assert (read.number, read.at, read.actor, read.action) == (1, NOW, "sender", "phone_read")
    assert (read.subject, read.details) == (str(household_id), {"purpose": "send", "message_id": str(message_id)})
    assert (turned.number, turned.action) == (2, "valve_turned")
    assert book.check() == 2


def test_a_rolled_back_act_leaves_no_entry_and_no_gap(book: Book) -> None:
    _turn_valve(book)
    with suppress(RuntimeError), book.recorder.begin(book.sender) as act:
        act.note(Action.VALVE_TURNED, subject="valve", at=NOW)
        raise RuntimeError
    with book.sender() as session:
        record(session, entries=[AuditEntry(NOW, Actor.SENDER, Action.VALVE_TURNED, "valve")], key=KEY)
        session.rollback()
    _turn_valve(book)
    assert [entry.number for entry in book.read()] == [1, 2]
    assert book.check() == 2


def test_twenty_writers_make_one_chain_without_a_gap(book: Book) -> None:
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: _turn_valve(book, count=10), range(20)))
    assert book.check() == 200


def test_the_lock_of_the_head_is_taken_after_everything_else(book: Book) -> None:
    """An act under way, however long, keeps nobody from writing."""
    with book.recorder.begin(book.sender) as act:
        act.session.execute(text("SELECT 1 FROM delivery.valve FOR UPDATE"))
        act.note(Action.VALVE_TURNED, subject="valve", at=NOW, state="open")
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_turn_valve, book).result(timeout=60)
    assert book.check() == 2


_DIE_BEFORE_COMMIT = """
import os, signal, sys
from datetime import UTC, datetime
from sqlalchemy import create_engine, event
from sqlalchemy.orm import sessionmaker
from privacy.audit.recording import Recorder
from privacy.audit.values import Action, Actor, AuditKey
engine = create_engine(sys.argv[1])
event.listen(engine, "commit", lambda _: os.kill(os.getpid(), signal.SIGKILL))
with Recorder(AuditKey(bytes(range(32))), Actor.SENDER).begin(sessionmaker(engine)) as act:
    act.note(Action.VALVE_TURNED, subject="valve", at=datetime.now(UTC))
"""


def test_a_writer_that_dies_between_entry_and_commit_leaves_nothing(book: Book) -> None:
    url = book.services.url("people", role="field_sender")
    died = subprocess.run([sys.executable, "-c", _DIE_BEFORE_COMMIT, url], cwd=ROOT, check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    _turn_valve(book)
    assert book.check() == 1


@pytest.mark.parametrize("role", RUNTIME)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.entries SET subject = 'x'",
        "DELETE FROM audit.entries",
        "TRUNCATE audit.entries",
        "DELETE FROM audit.head",
        "UPDATE audit.head SET head_id = 2",
        "INSERT INTO audit.head VALUES (1, 0, '')",
    ],
)
def test_no_role_may_change_what_is_written(book: Book, role: str, statement: str) -> None:
    engine = create_engine(book.services.url("people", role=role))
    with engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize("statement", ["UPDATE audit.entries SET actor = 'x'", "DELETE FROM audit.head"])
def test_not_even_the_owner_changes_an_entry_by_mistake(book: Book, statement: str) -> None:
    _turn_valve(book)
    with book.owner.connect() as connection, pytest.raises(DBAPIError, match="never changed") as caught:
        connection.execute(text(statement))
    assert isinstance(caught.value.orig, psycopg.errors.InsufficientPrivilege)


@pytest.mark.parametrize(
    "subject",
    [
        "+8615400000001", "15400000001", "154-0000-0001", "call-15400000001", "王先生", "two words", "", "x" * 81,
        "1" * 11,
    ],
)  # fmt: skip
def test_no_phone_and_no_free_text_gets_into_an_entry(subject: str) -> None:
    with pytest.raises(UnfitEntryError):
        AuditEntry(NOW, Actor.SENDER, Action.PHONE_READ, subject)
    with pytest.raises(UnfitEntryError):
        AuditEntry(NOW, Actor.SENDER, Action.PHONE_READ, "valve", {"reason": subject})


def test_details_are_allowed_words_counts_and_ids_only() -> None:
    for name, value in {"phone": 1, "count": 15_400_000_001, "rows": 1.5, "state": None, "source": ["a"]}.items():
        with pytest.raises(UnfitEntryError):
            AuditEntry(NOW, Actor.SENDER, Action.PHONE_READ, "valve", {name: value})  # type: ignore[dict-item]
    with pytest.raises(UnfitEntryError):
        AuditEntry(datetime(2026, 11, 18), Actor.SENDER, Action.PHONE_READ, "valve")  # noqa: DTZ001 - what is refused
    # An id that a landline's pattern would find.
    AuditEntry(NOW, Actor.SENDER, Action.PHONE_READ, "aaaaaaaa-0123-4567-8901-aaaaaaaaaaaa")


def test_the_key_shows_nowhere_and_has_its_length() -> None:
    assert "0102" not in repr(KEY)
    assert "secret" not in repr(KEY)
    with pytest.raises(ValueError, match="32"):
        AuditKey(os.urandom(16))
