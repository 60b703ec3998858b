"""What a planner sees of conversations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from messaging.campaigns.invitation_values import Persona


class Speaker(StrEnum):
    """Who wrote a line."""

    USER = "user"
    PLANNER = "planner"


@dataclass(frozen=True, slots=True)
class LineView:
    """One masked line."""

    line_id: UUID
    speaker: Speaker
    body: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class ConversationView:
    """One conversation in the inbox. It is open until `expires_at`, whoever has left it."""

    handle: str
    invitation_id: UUID
    persona: Persona
    opened_at: datetime
    expires_at: datetime
    unread: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConversationCursor:
    """Where the next page of an inbox begins: after this one, newest first."""

    opened_at: datetime
    handle: str


@dataclass(frozen=True, slots=True)
class LineCursor:
    """Where the next page of a conversation begins: before this line, newest first."""

    at: datetime
    line_id: UUID
