"""What delivery needs of a carrier, as types: a call ends in one of five ways, and each is one arrow of the outbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias
from uuid import UUID

Clock: TypeAlias = Callable[[], datetime]
CarrierCode: TypeAlias = int | str
"""Why a carrier refused, in its own code: a number of Twilio's, a word of Aliyun's."""


class CarrierStatus(StrEnum):
    """What a carrier may say about a message that it took, in the words of Twilio's contract."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"


class NotSentCause(StrEnum):
    """Why a call surely reached nobody, so that the message may be planned again."""

    BUSY = "busy"
    NO_CONNECTION = "no_connection"
    LEASE_TOO_SHORT = "lease_too_short"
    WITHDRAWN = "withdrawn"


class InDoubtCause(StrEnum):
    """Why nobody knows whether the carrier took a message."""

    TIMEOUT = "timeout"
    CUT = "cut"
    SERVER_ERROR = "server_error"
    BROKEN_ANSWER = "broken_answer"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class OutgoingSms:
    """One text for one phone (E.164). Neither ever shows in a representation, so neither can reach a log."""

    phone: str
    text: str
    token: UUID
    validity_s: int

    def __repr__(self) -> str:
        """Name the type only."""
        return "OutgoingSms(...)"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier took the message under this SID."""

    sid: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Surely not sent; try again after `retry_after_s`."""

    cause: NotSentCause
    retry_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Rejected:
    """Refused for good because of this message, with the carrier's error code."""

    code: CarrierCode


@dataclass(frozen=True, slots=True)
class Blocked:
    """Refused because of the account or the sender number: every message would be. The code says which."""

    code: CarrierCode


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Taken or not, nobody knows. Never send again on this ground."""

    cause: InDoubtCause


SendResult: TypeAlias = Accepted | NotSent | Rejected | Blocked | InDoubt


@dataclass(frozen=True, slots=True)
class CarrierRecord:
    """What the carrier holds about one message."""

    sid: str
    status: CarrierStatus
    error_code: CarrierCode | None = None


@dataclass(frozen=True, slots=True)
class TakenSms:
    """A message that the carrier took under a SID, not before `since`, and that it surely holds by `until`.

    `open_phone` decrypts the number, for carriers that know a message by its phone and day only. It raises
    CarrierUnavailableError where the number is gone.
    """

    sid: str
    token: UUID
    since: datetime
    until: datetime
    open_phone: Callable[[], str]


@dataclass(frozen=True, slots=True)
class InboundSms:
    """What a phone wrote to us: its number as the carrier gives it, and the text. Neither shows in a representation."""

    phone: str
    text: str

    def __repr__(self) -> str:
        """Name the type only."""
        return "InboundSms(...)"


class SmsSender(Protocol):
    """A carrier. `send` never raises; the three questions raise CarrierUnavailableError without an answer."""

    def send(self, sms: OutgoingSms) -> SendResult:
        """Hand one message over, once, without any retry."""
        ...

    def find_sent(self, *, phone: str, text: str, token: UUID, since: datetime) -> list[CarrierRecord]:
        """Return what the carrier took for this phone with exactly this text since then, oldest first.

        A carrier that keeps our token may go by it instead of the text, and may name what it finds after it.
        """
        ...

    def find_status(self, taken: TakenSms, /) -> CarrierRecord | None:
        """Return what the carrier holds about a message, None when it knows no such message."""
        ...

    def find_inbound(self, *, since: datetime, before: datetime | None) -> list[InboundSms]:
        """Return what phones wrote to us from `since` on, all of it, in any order; `before` None leaves the end open.

        More than was asked for may come, also what came before already; less may not.
        """
        ...
