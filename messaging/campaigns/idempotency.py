"""One answer to one key: a request that sends is carried out once, however often it is repeated.

The key is kept in the transaction of what it stands for; while that runs, an advisory lock marks the key as busy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_

from messaging.campaigns.errors import (
    IdempotencyKeyBusyError,
    IdempotencyKeyInvalidError,
    IdempotencyKeyMissingError,
    IdempotencyKeyReusedError,
)
from messaging.campaigns.models import IdempotencyKey

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from messaging.campaigns.settings import MessagingRules

_KEY = re.compile(r"[\x21-\x7e]{8,128}")
_RETRY_AFTER_S = 1
_FORGET_AT_ONCE = 100


def check_key(key: str | None) -> str:
    """Return a key of 8 to 128 visible ASCII characters; raises when it is missing or anything else."""
    if not key:
        raise IdempotencyKeyMissingError
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalidError
    return key


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """What a key stands for: a route and the SHA-256 of a canonical body, of one actor."""

    actor_id: UUID
    route: str
    key: str
    body_sha256: bytes


def find_answer(
    session: Session, request: KeyedRequest, *, now: datetime, settings: MessagingRules
) -> IdempotencyKey | None:
    """Take the key for this transaction, and return the first answer where there was one.

    Raises IdempotencyKeyBusyError while another transaction holds the key, IdempotencyKeyReusedError for another body.
    """
    name = func.hashtextextended(f"{request.actor_id}\n{request.route}\n{request.key}", 0)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(name))):
        raise IdempotencyKeyBusyError(retry_after_s=_RETRY_AFTER_S)
    identity = (request.actor_id, request.route, request.key)
    known = session.get(IdempotencyKey, identity, populate_existing=True)
    if known is None:
        return None
    if known.created_at <= now - timedelta(hours=settings.idempotency_kept_h):
        session.delete(known)
        session.flush()
        return None
    if known.body_sha256 != request.body_sha256:
        raise IdempotencyKeyReusedError
    return known


def remember_answer(
    session: Session, request: KeyedRequest, *, resource_id: UUID, answer: dict[str, str], now: datetime
) -> None:
    """Keep the first answer to a key, in the transaction of what it stands for."""
    session.add(
        IdempotencyKey(
            actor_id=request.actor_id,
            route=request.route,
            key=request.key,
            body_sha256=request.body_sha256,
            resource_id=resource_id,
            answer=answer,
            created_at=now,
        )
    )


def forget_expired(session: Session, *, now: datetime, settings: MessagingRules) -> None:
    """Delete some keys that are kept no longer, passing over rows that another transaction is deleting."""
    identity = (IdempotencyKey.actor_id, IdempotencyKey.route, IdempotencyKey.key)
    expired = (
        select(*identity)
        .where(IdempotencyKey.created_at <= now - timedelta(hours=settings.idempotency_kept_h))
        .limit(_FORGET_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(IdempotencyKey).where(tuple_(*identity).in_(expired)))
