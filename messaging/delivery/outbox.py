"""The outbox: which state may follow which, and the one guarded way to change one.

A change names the state (and, where a call is involved, the attempt) that it starts from. No row changed means that
somebody else decided meanwhile; the caller then does nothing more.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import update

from messaging.delivery.errors import ImpossibleArrowError
from messaging.delivery.models import Message, MessageState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_FINAL = frozenset({MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.FAILED})

ARROWS: Mapping[MessageState, frozenset[MessageState]] = MappingProxyType(
    {
        # To the last two from a plan to send again: the carrier says meanwhile that it had taken the first one, or the
        # household has another number since. And after a restore from any: it may have left after the backup's day.
        MessageState.PLANNED: frozenset(
            {MessageState.SENDING, MessageState.SKIPPED, MessageState.ACCEPTED, MessageState.UNCONFIRMED}
        ),
        MessageState.SENDING: frozenset(
            {MessageState.ACCEPTED, MessageState.PLANNED, MessageState.FAILED, MessageState.UNKNOWN}
        ),
        MessageState.UNKNOWN: frozenset({MessageState.ACCEPTED, MessageState.PLANNED, MessageState.UNCONFIRMED}),
        MessageState.ACCEPTED: _FINAL | {MessageState.SENT, MessageState.DELIVERY_UNKNOWN},
        MessageState.SENT: _FINAL | {MessageState.DELIVERY_UNKNOWN},
        MessageState.DELIVERED: frozenset(),
        MessageState.UNDELIVERED: frozenset(),
        MessageState.FAILED: frozenset(),
        MessageState.DELIVERY_UNKNOWN: frozenset(),
        MessageState.UNCONFIRMED: frozenset(),
        MessageState.SKIPPED: frozenset(),
    }
)

OUTSTANDING = (MessageState.PLANNED, MessageState.SENDING, MessageState.UNKNOWN)
"""States from which something may still leave, or may turn out to have left."""

AWAITED = (MessageState.ACCEPTED, MessageState.SENT)
"""States in which the carrier still owes the end."""


def check_arrows(sources: Iterable[MessageState], *, target: MessageState) -> None:
    """Raise ImpossibleArrowError unless every source may lead to the target."""
    for source in sources:
        if target not in ARROWS[source]:
            raise ImpossibleArrowError(source=source, target=target)


def move(
    session: Session,
    *,
    message_id: UUID,
    sources: tuple[MessageState, ...],
    target: MessageState,
    now: datetime,
    attempt: int | None = None,
    changes: Mapping[str, object] | None = None,
) -> bool:
    """Change one message's state if it still is in one of the sources, at this attempt. Returns whether it was."""
    check_arrows(sources, target=target)
    change = update(Message).where(Message.message_id == message_id, Message.state.in_(sources))
    if attempt is not None:
        change = change.where(Message.attempt == attempt)
    changed = session.execute(
        change.values(state=target, changed_at=now, **(changes or {})).returning(Message.message_id),
        execution_options={"synchronize_session": False},
    )
    return changed.first() is not None
