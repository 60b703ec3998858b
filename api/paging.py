"""Opaque cursors: where a list goes on."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from uuid import UUID

from api.errors import ArgumentFault, Fault, InvalidArgumentsError
from messaging.campaigns.values import BroadcastCursor, BroadcastView, ReviewView


def write_cursor(last: BroadcastView | ReviewView) -> str:
    """Return the cursor that goes on after a broadcast or a review."""
    plain = f"{last.created_at.isoformat()}|{last.broadcast_id}"
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> BroadcastCursor | None:
    """Return where a list goes on, or raise InvalidArgumentsError for a cursor that is none of ours."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        created_at, _, broadcast_id = base64.urlsafe_b64decode(padded).decode().partition("|")
        found = BroadcastCursor(datetime.fromisoformat(created_at), UUID(broadcast_id))
    except (ValueError, binascii.Error):
        raise InvalidArgumentsError(ArgumentFault("/cursor", Fault.FORMAT)) from None
    if found.created_at.tzinfo is None:
        raise InvalidArgumentsError(ArgumentFault("/cursor", Fault.FORMAT))
    return found
