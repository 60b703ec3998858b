"""That a household answered: which message, and when. What it wrote is read for a refusal and then forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import DateTime, exists, insert, literal, select

from messaging.delivery.models import Message, Reply

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

ANSWERED_WITHIN: Final = timedelta(days=7)
"""How long after a message a text from its phone counts as an answer to it."""


def record_reply(session: Session, *, lookup_hashes: Collection[bytes], now: datetime) -> bool:
    """Note an answer to the last message that the carrier took for a phone within the last seven days, once.

    Returns whether it was news: a webhook may be posted again by anybody who saw it, and its signature has no date.
    """
    message_id = session.scalar(
        select(Message.message_id)
        .where(
            Message.lookup_hash.in_(lookup_hashes),
            Message.accepted_at > now - ANSWERED_WITHIN,
            Message.accepted_at <= now,
        )
        .order_by(Message.accepted_at.desc())
        .limit(1)
    )
    if message_id is None:
        return False
    reply = select(literal(message_id), literal(now, DateTime(timezone=True)))
    first = reply.where(~exists(select(Reply.message_id).where(Reply.message_id == message_id)))
    noted = session.execute(insert(Reply).from_select(["message_id", "received_at"], first).returning(Reply.message_id))
    return noted.first() is not None
