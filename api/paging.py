"""Opaque cursors: where a list goes on."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from api.errors import ArgumentFault, Fault, InvalidArgumentsError
from messaging.campaigns.values import BroadcastCursor

Key = TypeVar("Key")
Item = TypeVar("Item")


def write_next(found: Sequence[Item], *, limit: int, place: Callable[[Item], tuple[datetime, object]]) -> str | None:
    """Return the cursor that goes on after the first `limit` items, where one more was found."""
    return write_place(*place(found[limit - 1])) if len(found) > limit else None


def read_cursor(cursor: str | None) -> BroadcastCursor | None:
    """Return where a list goes on, or raise InvalidArgumentsError for a cursor that is none of ours."""
    place = read_place(cursor, UUID)
    return None if place is None else BroadcastCursor(*place)


def write_place(at: datetime, key: object) -> str:
    """Return the cursor that goes on after what has this time and key."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{key}".encode()).decode().rstrip("=")


def read_place(cursor: str | None, read_key: Callable[[str], Key]) -> tuple[datetime, Key] | None:
    """Return the time and key of a cursor, or raise InvalidArgumentsError for one that is none of ours."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, _, key = base64.urlsafe_b64decode(padded).decode().partition("|")
        found = datetime.fromisoformat(at), read_key(key)
    except (ValueError, binascii.Error):
        raise InvalidArgumentsError(ArgumentFault("/cursor", Fault.FORMAT)) from None
    if found[0].tzinfo is None or "\0" in key:
        raise InvalidArgumentsError(ArgumentFault("/cursor", Fault.FORMAT))
    return found
