"""Staff accounts from a file: all or nothing, and a new password ends old log-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner
from sqlalchemy import select

from api.commands import staff
from api.models import Account, RefreshToken
from api.refresh_tokens import issue
from api.staff_import import StaffFileError, StaffReport, import_staff
from tests.api.conftest import QUICK_HASHER
from tests.api.world import NAMESPACE

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session, sessionmaker

    from stack.test_services import TestServices
    from tests.conftest import FakeClock

HEADER = "login,display_name,role,territory,password\n"
GOOD = HEADER + "li.na,李娜,salesperson,370202;370203,long enough\nwang,王伟,planner,,also long enough\n"


def _write(folder: Path, content: str) -> Path:
    file = folder / "staff.csv"
    file.write_text("\ufeff" + content.replace("\n", "\r\n"), encoding="utf-8")
    return file


def _import(sessions: sessionmaker[Session], file: Path, clock: FakeClock) -> StaffReport:
    return import_staff(sessions, file=file, hasher=QUICK_HASHER, now=clock())


def test_accounts_are_created_with_hashed_passwords(
    serving_sessions: sessionmaker[Session], tmp_path: Path, clock: FakeClock
) -> None:
    assert _import(serving_sessions, _write(tmp_path, GOOD), clock) == StaffReport(created=2, updated=0)
    with serving_sessions() as session:
        account = session.scalars(select(Account).where(Account.login == "li.na")).one()
    assert account.territory == [370202, 370203]
    assert account.password_hash.startswith("$argon2id$")
    assert QUICK_HASHER.verify(account.password_hash, "long enough")


def test_a_second_import_updates_and_keeps_log_ins_unless_the_password_changed(
    serving_sessions: sessionmaker[Session], tmp_path: Path, clock: FakeClock
) -> None:
    _import(serving_sessions, _write(tmp_path, GOOD), clock)
    with serving_sessions.begin() as session:
        accounts = {account.login: account.account_id for account in session.scalars(select(Account))}
        for login in ("li.na", "wang"):
            issue(session, account_id=accounts[login], family_id=NAMESPACE, now=clock(), lifetime_s=3600)
    changed = GOOD.replace("also long enough", "another one").replace("370202;370203", "370202")
    assert _import(serving_sessions, _write(tmp_path, changed), clock) == StaffReport(created=0, updated=2)
    with serving_sessions() as session:
        revoked = {
            token.account_id: token.revoked_at is not None
            for token in session.scalars(select(RefreshToken).where(RefreshToken.family_id == NAMESPACE))
        }
        territory = session.scalars(select(Account.territory).where(Account.login == "li.na")).one()
    assert revoked == {accounts["li.na"]: False, accounts["wang"]: True}
    assert territory == [370202]


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        ("login,display_name,role,territory\nx,X,planner,\n", 1, "password"),
        (GOOD + ",X,planner,,long enough\n", 4, "login"),
        (GOOD + "x,X,director,,long enough\n", 4, "role"),
        (GOOD + "x,X,salesperson,青岛,long enough\n", 4, "territory"),
        (GOOD + "x,X,planner,,short\n", 4, "password"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_written(
    serving_sessions: sessionmaker[Session], tmp_path: Path, clock: FakeClock, content: str, line: int, column: str
) -> None:
    with pytest.raises(StaffFileError) as refused:
        _import(serving_sessions, _write(tmp_path, content), clock)
    assert (refused.value.line, refused.value.column) == (line, column)
    with serving_sessions() as session:
        assert session.scalars(select(Account).where(Account.login == "li.na")).all() == []


def test_the_operator_role_may_import_and_the_command_says_what_it_did(
    services: TestServices, serving_sessions: sessionmaker[Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVING_URL", services.url("serving", role="field_operator"))
    file = _write(tmp_path, HEADER + "operator-made,X,operator,,long enough\n")
    try:
        done = CliRunner().invoke(staff, ["import", str(file)])
        assert (done.exit_code, done.output) == (0, "staff: 1 created, 0 updated\n")
        wrong = CliRunner().invoke(staff, ["import", str(_write(tmp_path, HEADER + "x,X,boss,,long enough\n"))])
        assert wrong.exit_code == 1
        assert "line 2: column role" in wrong.output
    finally:
        with services.connect("serving") as connection:
            connection.execute("DELETE FROM staff.accounts WHERE login = 'operator-made'")
    with serving_sessions() as session:
        assert session.scalars(select(Account).where(Account.login == "operator-made")).all() == []


def test_the_real_hasher_is_argon2id() -> None:
    assert PasswordHasher().hash("x").startswith("$argon2id$")
