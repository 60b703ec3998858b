"""Import of staff accounts from a CSV file. Runs as an operator, never in the web process."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from api.models import Account, RefreshToken, Role

COLUMNS = ("login", "display_name", "role", "territory", "password")
MIN_PASSWORD = 8


class StaffFileError(Exception):
    """A staff file that cannot be taken in: which line, which column. Nothing was written."""

    def __init__(self, *, line: int, column: str) -> None:
        """Keep what is said about it."""
        super().__init__(f"line {line}: {column}")
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One account as the file has it."""

    login: str
    display_name: str
    role: Role
    territory: tuple[int, ...]
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StaffReport:
    """How many accounts are new, and how many were brought up to date."""

    created: int
    updated: int


def read_staff(file: Path) -> Iterator[StaffRow]:
    """Yield the rows of a CSV file: login, display_name, role, territory (adcodes separated by ;), password."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        if missing := sorted(set(COLUMNS) - set(reader.fieldnames or ())):
            raise StaffFileError(line=1, column=missing[0])
        for row in reader:
            yield _read_row({name: (row[name] or "").strip() for name in COLUMNS}, line=reader.line_num)


def _read_row(row: dict[str, str], *, line: int) -> StaffRow:
    for name in ("login", "display_name"):
        if not row[name]:
            raise StaffFileError(line=line, column=name)
    if row["role"] not in set(Role):
        raise StaffFileError(line=line, column="role")
    codes = [code.strip() for code in row["territory"].split(";") if code.strip()]
    if not all(code.isdecimal() and len(code) == len("370202") for code in codes):
        raise StaffFileError(line=line, column="territory")
    if len(row["password"]) < MIN_PASSWORD:
        raise StaffFileError(line=line, column="password")
    territory = tuple(sorted({int(code) for code in codes}))
    return StaffRow(row["login"], row["display_name"], Role(row["role"]), territory, row["password"])


def import_staff(sessions: sessionmaker[Session], *, file: Path, hasher: PasswordHasher, now: datetime) -> StaffReport:
    """Create or update every account of a file in one transaction.

    A changed password ends the log-ins of its account. Accounts that the file does not name stay as they are.
    """
    created = updated = 0
    rows = list(read_staff(file))
    with sessions.begin() as session:
        for row in rows:
            account = session.scalar(select(Account).where(Account.login == row.login))
            if account is None:
                account = Account(account_id=uuid4(), login=row.login, password_hash="", failed_logins=0)
                session.add(account)
                created += 1
            else:
                updated += 1
            account.display_name, account.role, account.is_active = row.display_name, row.role.value, True
            account.territory = list(row.territory)
            _set_password(session, account=account, password=row.password, hasher=hasher, now=now)
    return StaffReport(created, updated)


def _set_password(session: Session, *, account: Account, password: str, hasher: PasswordHasher, now: datetime) -> None:
    try:
        if account.password_hash and hasher.verify(account.password_hash, password):
            return
    except (VerificationError, InvalidHashError):
        _revoke_all(session, account_id=account.account_id, now=now)
    account.password_hash = hasher.hash(password)
    account.failed_logins, account.locked_until = 0, None
    # Two rows may name one account: the second must find what the first did.
    session.flush()


def _revoke_all(session: Session, *, account_id: UUID, now: datetime) -> None:
    session.execute(
        update(RefreshToken)
        .where(RefreshToken.account_id == account_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )
