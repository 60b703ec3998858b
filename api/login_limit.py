"""The limit of log-ins from one address, counted in PostgreSQL so that it holds over all web processes."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from pydantic import SecretStr
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from api.errors import TooManyLoginsError
from api.models import LoginAttempts

KEPT = timedelta(hours=1)
IPV6_HOST_BITS = 64


@dataclass(frozen=True, slots=True)
class LoginAllowance:
    """What an address may still try in this minute; shown as RateLimit headers."""

    limit: int
    remaining: int
    reset_s: int


def hash_address(address: str, *, secret: SecretStr) -> bytes:
    """Return the keyed hash of an address; an IPv6 caller owns its whole /64."""
    try:
        parsed = ip_address(address)
        if isinstance(parsed, IPv6Address):
            parsed = IPv6Address(int(parsed) >> IPV6_HOST_BITS << IPV6_HOST_BITS)
        subject = str(parsed)
    except ValueError:
        subject = address
    return hmac.digest(secret.get_secret_value().encode(), b"login-attempts:" + subject.encode(), hashlib.sha256)


def charge_address(
    sessions: sessionmaker[Session], *, subject_sha256: bytes, now: datetime, limit: int
) -> LoginAllowance:
    """Count one try, commit, and return what is left, or raise TooManyLoginsError."""
    minute = now.replace(second=0, microsecond=0)
    reset_s = 60 - now.second
    with sessions.begin() as session:
        count = insert(LoginAttempts).values(subject_sha256=subject_sha256, minute=minute, attempts=1)
        attempts = session.scalars(
            count.on_conflict_do_update(
                index_elements=[LoginAttempts.subject_sha256, LoginAttempts.minute],
                set_={"attempts": LoginAttempts.attempts + 1},
            ).returning(LoginAttempts.attempts)
        ).one()
        if attempts == 1:
            session.execute(delete(LoginAttempts).where(LoginAttempts.minute < now - KEPT))
    if attempts > limit:
        raise TooManyLoginsError(retry_after_s=reset_s)
    return LoginAllowance(limit, limit - attempts, reset_s)
