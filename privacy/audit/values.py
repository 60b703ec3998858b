"""Words and values of the audit: who did what with whose data, as ids, counts and fixed words only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeAlias

from privacy.audit.errors import UnfitEntryError
from privacy.redaction import mask_phones

Detail: TypeAlias = str | int | bool

KEY_BYTES: Final = 32
MAC_BYTES: Final = 32
ALLOWED_DETAILS: Final = frozenset(
    {
        "message_id", "campaign_id", "purpose", "reason", "source", "state", "month", "city_code", "products", "count",
        "rows", "rejected", "households", "messages", "phones", "key", "old_version", "version", "sha256",
    }
)  # fmt: skip
_LARGEST: Final = 10**10  # a phone number has eleven digits
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_WORDS = re.compile(r"[A-Za-z0-9_.:\[\]-]{1,80}")


class Actor(StrEnum):
    """The processes that act; `operator` is a person at the command line."""

    INTAKE = "intake"
    RELEASE = "release"
    SENDER = "sender"
    GATEWAY = "gateway"
    ERASER = "eraser"
    KEEPER = "keeper"
    OPERATOR = "operator"


class Action(StrEnum):
    """Everything that leaves an entry."""

    PHONE_READ = "phone_read"
    DROP_TAKEN_IN = "drop_taken_in"
    BUDGET_CHARGED = "budget_charged"
    RELEASE_PUBLISHED = "release_published"
    CAMPAIGN_ADOPTED = "campaign_adopted"
    CAMPAIGN_REFUSED = "campaign_refused"
    CAMPAIGN_PAUSED = "campaign_paused"
    CAMPAIGN_RESUMED = "campaign_resumed"
    CAMPAIGN_CANCELLED = "campaign_cancelled"
    VALVE_TURNED = "valve_turned"
    HOUSEHOLD_ERASED = "household_erased"
    HOUSEHOLD_EXPORTED = "household_exported"
    KEY_ROTATED = "key_rotated"
    RESTORE_SETTLED = "restore_settled"


class ReadPurpose(StrEnum):
    """Why a phone was read."""

    SEND = "send"
    INQUIRE = "inquire"
    EXPORT = "export"
    ROTATE = "rotate"


@dataclass(frozen=True, slots=True)
class AuditKey:
    """The key of the chain, 32 bytes. It never shows in a representation."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a key of another length."""
        if len(self.secret) != KEY_BYTES:
            raise ValueError(KEY_BYTES)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act: when (aware, UTC), whose process, what, with which thing (an id), and a few allowed details.

    Raises UnfitEntryError for text that could be free or hold a phone number, and for a time without a zone.
    """

    at: datetime
    actor: Actor
    action: Action
    subject: str
    details: Mapping[str, Detail] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every part."""
        if self.at.tzinfo is None:
            raise UnfitEntryError(field="at")
        if not _is_fit(self.subject):
            raise UnfitEntryError(field="subject")
        for name, value in self.details.items():
            if name not in ALLOWED_DETAILS or not _is_fit(value):
                raise UnfitEntryError(field=name if name in ALLOWED_DETAILS else "details")


def _is_fit(value: Detail) -> bool:
    if isinstance(value, int):
        return abs(value) < _LARGEST
    if not isinstance(value, str):
        return False
    # A random id may look like a landline here and there.
    return bool(_ID.fullmatch(value) or (_WORDS.fullmatch(value) and mask_phones(value) == value))


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A row as it stands in the database, in whatever state somebody left it; `mac` is 32 bytes."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: Mapping[str, object]
    mac: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: the number of its last entry, 0 for an empty one, and that entry's mac."""

    number: int
    mac: bytes


START: Final = Head(0, bytes(MAC_BYTES))


@dataclass(frozen=True, slots=True)
class KeptHead:
    """A head that was written down elsewhere at a time, aware, UTC."""

    head: Head
    at: datetime


def to_utc(at: datetime, /) -> str:
    """Return a time as the chain and a kept head write it: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
