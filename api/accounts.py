"""Queries on staff: accounts and the log-ins that are still good. None of them commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, exists, or_, select, update
from sqlalchemy.orm import Session

from api.models import Account, RefreshToken, Role


@dataclass(frozen=True, slots=True)
class Caller:
    """A member of staff who is signed in through one log-in (`family_id`)."""

    account_id: UUID
    family_id: UUID
    login: str
    display_name: str
    role: Role
    territory: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a log-in is checked against."""

    account_id: UUID
    password_hash: str


def get_caller(session: Session, *, account_id: UUID, family_id: UUID) -> Caller | None:
    """Return the caller while the account is active and the log-in not revoked, else None."""
    good = exists().where(RefreshToken.family_id == family_id, RefreshToken.revoked_at.is_(None))
    account = session.scalar(select(Account).where(Account.account_id == account_id, Account.is_active, good))
    if account is None:
        return None
    return Caller(
        account_id,
        family_id,
        account.login,
        account.display_name,
        Role(account.role),
        tuple(sorted(account.territory)),
    )


def charge_login(session: Session, *, login: str, now: datetime, max_failures: int, lock_s: int) -> Credentials | None:
    """Count a failure before the password is looked at, so that parallel guesses cannot slip past the lock.

    Returns None for an unknown, inactive or locked account. After a lock has run out, counting starts anew.
    """
    failures = case((Account.locked_until.is_not(None), 1), else_=Account.failed_logins + 1)
    locked_until = case((failures >= max_failures, now + timedelta(seconds=lock_s)), else_=None)
    row = session.execute(
        update(Account)
        .where(
            Account.login == login, Account.is_active, or_(Account.locked_until.is_(None), Account.locked_until <= now)
        )
        .values(failed_logins=failures, locked_until=locked_until)
        .returning(Account.account_id, Account.password_hash)
    ).one_or_none()
    return None if row is None else Credentials(row.account_id, row.password_hash)


def clear_failures(session: Session, *, account_id: UUID, new_hash: str | None) -> None:
    """Forget the failures of an account after a good log-in; store a stronger hash when there is one."""
    values: dict[str, object] = {"failed_logins": 0, "locked_until": None}
    if new_hash is not None:
        values["password_hash"] = new_hash
    session.execute(update(Account).where(Account.account_id == account_id).values(**values))
