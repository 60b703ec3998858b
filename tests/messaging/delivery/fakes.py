"""Carriers for tests: one that says what it is told, one that keeps a truth of its own behind what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from messaging.delivery.errors import CarrierUnavailableError
from messaging.delivery.ports import (
    Accepted,
    CarrierRecord,
    CarrierStatus,
    InboundSms,
    OutgoingSms,
    SendResult,
    TakenSms,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID


def make_sid(number: int) -> str:
    """Return the SID of the n-th message."""
    return f"SM{number:032x}"


@dataclass
class RecordingSmsSender:
    """Remembers what it was given. `answer` gives the result of a call; `holds` what lists and polls find."""

    answer: Callable[[OutgoingSms], SendResult] | None = None
    holds: list[CarrierRecord] = field(default_factory=list)
    heard: list[InboundSms] = field(default_factory=list)
    listings: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    is_silent: bool = False
    calls: list[OutgoingSms] = field(default_factory=list)
    inquiries: int = 0
    lock: Lock = field(default_factory=Lock)

    def send(self, sms: OutgoingSms) -> SendResult:
        """Remember and answer."""
        with self.lock:
            self.calls.append(sms)
            number = len(self.calls)
        return self.answer(sms) if self.answer else Accepted(make_sid(number))

    def find_sent(self, *, phone: str, text: str, token: UUID, since: datetime) -> list[CarrierRecord]:
        """Return what the test put there."""
        del phone, text, token, since
        self._count()
        return list(self.holds)

    def find_status(self, taken: TakenSms, /) -> CarrierRecord | None:
        """Return what the test put there for a SID."""
        self._count()
        return next((record for record in self.holds if record.sid == taken.sid), None)

    def find_inbound(self, *, since: datetime, before: datetime | None) -> list[InboundSms]:
        """Return what the test put there."""
        self._count()
        self.listings.append((since, before))
        return list(self.heard)

    def _count(self) -> None:
        self.inquiries += 1
        if self.is_silent:
            raise CarrierUnavailableError(reason="silent")


@dataclass
class TruthfulCarrier:
    """Takes or does not take a message whatever it answers, and lists what it took. `plan` is (takes, answer)."""

    plan: tuple[bool, SendResult | None] = (True, None)
    accepted: list[tuple[str, str]] = field(default_factory=list)
    hidden: int = 0

    def send(self, sms: OutgoingSms) -> SendResult:
        """Take the message if planned; answer with its SID unless something else is planned."""
        takes, answer = self.plan
        if takes:
            self.accepted.append((sms.phone, sms.text))
        return answer or Accepted(make_sid(len(self.accepted)))

    def find_sent(self, *, phone: str, text: str, token: UUID, since: datetime) -> list[CarrierRecord]:
        """Return what was really taken."""
        del token, since
        return [
            CarrierRecord(make_sid(number), CarrierStatus.QUEUED)
            for number, taken in enumerate(self.accepted, start=1)
            if taken == (phone, text)
        ]

    def find_status(self, taken: TakenSms, /) -> CarrierRecord | None:
        """Return delivered for anything that was taken."""
        known = {make_sid(number) for number in range(1, len(self.accepted) + 1)}
        return CarrierRecord(taken.sid, CarrierStatus.DELIVERED) if taken.sid in known else None

    def find_inbound(self, *, since: datetime, before: datetime | None) -> list[InboundSms]:
        """Return nothing: its phones do not write."""
        del since, before
        return []
