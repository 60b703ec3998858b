"""A carrier for a developer's terminal: every message is taken, and counted on standard output without its content."""

from __future__ import annotations

import secrets
from threading import Lock
from typing import TYPE_CHECKING

import click

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
    from datetime import datetime
    from uuid import UUID


class ConsoleSmsSender:
    """Prints that a message left, never to whom or what, and remembers it as delivered while the process lives."""

    def __init__(self) -> None:
        """Start with nothing sent."""
        self._lock = Lock()
        self._sent: dict[str, OutgoingSms] = {}

    def send(self, sms: OutgoingSms) -> SendResult:
        """Take a message."""
        sid = f"SM{secrets.token_hex(16)}"
        with self._lock:
            self._sent[sid] = sms
        click.echo(f"message {len(self._sent)} left: {len(sms.text)} characters, valid for {sms.validity_s} s")
        return Accepted(sid)

    def find_sent(self, *, phone: str, text: str, token: UUID, since: datetime) -> list[CarrierRecord]:
        """Return what was taken for this phone and text; the time does not matter, the memory is short."""
        del token, since
        with self._lock:
            return [
                CarrierRecord(sid, CarrierStatus.DELIVERED)
                for sid, sms in self._sent.items()
                if (sms.phone, sms.text) == (phone, text)
            ]

    def find_status(self, taken: TakenSms, /) -> CarrierRecord | None:
        """Say that a message was delivered, if this process took it."""
        with self._lock:
            return CarrierRecord(taken.sid, CarrierStatus.DELIVERED) if taken.sid in self._sent else None

    def find_inbound(self, *, since: datetime, before: datetime | None) -> list[InboundSms]:
        """Return nothing: nobody can answer a terminal."""
        del since, before
        return []
