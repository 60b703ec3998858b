"""What the one who checks sees: `audit verify`, `audit head`, `audit show`, as field_eraser with one key."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from click.testing import CliRunner

from privacy.audit.recording import PhoneRead
from privacy.audit.values import Action, ReadPurpose
from privacy.people.audit_commands import audit
from tests.privacy.audit.conftest import KEY, NOW

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from tests.privacy.audit.conftest import Book


@pytest.fixture
def runner(book: Book, tmp_path: Path) -> CliRunner:
    key_file = tmp_path / "audit-keys.json"
    key_file.touch(mode=0o600)
    key_file.write_text(json.dumps({"audit": base64.b64encode(KEY.secret).decode()}))
    people_url = book.services.url("people", role="field_eraser")
    return CliRunner(env={"MODE": "test", "PEOPLE_URL": people_url, "KEY_FILE": str(key_file), "COLUMNS": "200"})


def _run(runner: CliRunner, *arguments: str) -> Result:
    return runner.invoke(audit, list(arguments), catch_exceptions=False)


def _write(book: Book, *, count: int) -> None:
    for number in range(count):
        with book.recorder.begin(book.sender) as act:
            act.note(Action.VALVE_TURNED, subject="valve", at=NOW, count=number)


def test_a_whole_chain_verifies_also_against_a_kept_head(book: Book, runner: CliRunner, tmp_path: Path) -> None:
    _write(book, count=3)
    kept = tmp_path / "heads"
    kept.write_text(_run(runner, "head").output)
    _write(book, count=2)
    assert "5 entries, all in order; without a kept head" in _run(runner, "verify").output
    verified = _run(runner, "verify", "--head", str(kept))
    assert (verified.exit_code, "as in 1 kept heads" in verified.output) == (0, True)


def test_an_edit_ends_with_its_number_and_exit_code_1(book: Book, runner: CliRunner) -> None:
    _write(book, count=3)
    book.tamper("UPDATE audit.entries SET actor = 'operator' WHERE number = 2")
    verified = _run(runner, "verify")
    assert verified.exit_code == 1
    assert "entry 2 was altered" in verified.output


def test_a_chain_set_back_with_its_head_is_told_by_a_kept_head_only(
    book: Book, runner: CliRunner, tmp_path: Path
) -> None:
    _write(book, count=3)
    kept = tmp_path / "heads"
    kept.write_text(_run(runner, "head").output)
    book.tamper("UPDATE audit.head SET number = 1, mac = (SELECT mac FROM audit.entries WHERE number = 1)")
    book.tamper("DELETE FROM audit.entries WHERE number > 1")
    assert _run(runner, "verify").exit_code == 0
    verified = _run(runner, "verify", "--head", str(kept))
    assert (verified.exit_code, "entry 2 is missing, and so is all after it" in verified.output) == (1, True)
    kept.write_text(kept.read_text().replace('"number": 3', '"number": 1'))
    assert "signature" in _run(runner, "verify", "--head", str(kept)).output


def test_show_finds_what_was_done_with_one_household(book: Book, runner: CliRunner) -> None:
    household_id, message_id = uuid4(), uuid4()
    _write(book, count=1)
    with book.recorder.begin(book.sender) as act:
        PhoneRead(act, NOW, ReadPurpose.SEND, message_id).note(household_id)
    _write(book, count=1)
    shown = _run(runner, "show", "--subject", str(household_id)).output
    assert f"message_id={message_id}" in shown
    assert "valve" not in shown
    assert _run(runner, "show", "--action", "valve_turned", "--last", "1").output.count("valve_turned") == 1
    assert "phone_read" not in _run(runner, "show", "--actor", "operator").output
