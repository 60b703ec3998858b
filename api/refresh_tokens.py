"""Queries on refresh tokens: each is used once, a second use ends the whole log-in. None of them commits."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from api.accounts import Caller, get_caller
from api.models import RefreshToken
from api.tokens import hash_refresh_token, make_refresh_token


def issue(session: Session, *, account_id: UUID, family_id: UUID, now: datetime, lifetime_s: int) -> str:
    """Store and return a new refresh token, and drop the account's expired ones."""
    session.execute(delete(RefreshToken).where(RefreshToken.account_id == account_id, RefreshToken.expires_at <= now))
    token = make_refresh_token()
    row = RefreshToken(
        token_sha256=hash_refresh_token(token),
        account_id=account_id,
        family_id=family_id,
        expires_at=now + timedelta(seconds=lifetime_s),
    )
    session.add(row)
    session.flush()
    return token


def use(session: Session, *, token: str, now: datetime) -> Caller | None:
    """Mark a token as used and return whose it is. A second use revokes its family and returns None."""
    digest = hash_refresh_token(token)
    row = session.execute(
        update(RefreshToken)
        .where(
            RefreshToken.token_sha256 == digest,
            RefreshToken.used_at.is_(None),
            RefreshToken.revoked_at.is_(None),
            RefreshToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(RefreshToken.account_id, RefreshToken.family_id)
    ).one_or_none()
    if row is None:
        revoke(session, token=token, now=now)
        return None
    return get_caller(session, account_id=row.account_id, family_id=row.family_id)


def revoke(session: Session, *, token: str, now: datetime) -> UUID | None:
    """Revoke the family of a token, whatever the token's own state, and return it. Unknown: None."""
    family_id = session.scalar(
        select(RefreshToken.family_id).where(RefreshToken.token_sha256 == hash_refresh_token(token))
    )
    if family_id is not None:
        session.execute(
            update(RefreshToken)
            .where(RefreshToken.family_id == family_id, RefreshToken.revoked_at.is_(None))
            .values(revoked_at=now)
        )
    return family_id
