"""What a message is to the carrier: its life, its fields, and the settings of the double."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")
API_VERSION = "2010-04-01"


class Status(StrEnum):
    """Twilio's message states, of those that an SMS without channel features can have."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    CANCELED = "canceled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    RECEIVED = "received"


FINAL = frozenset({Status.CANCELED, Status.DELIVERED, Status.UNDELIVERED, Status.FAILED, Status.RECEIVED})
ON_THE_PHONE = (Status.DELIVERED, Status.RECEIVED)
"""States in which the phone itself shows the message."""


class Direction(StrEnum):
    """Who began: our API call, or the phone."""

    OUTBOUND_API = "outbound-api"
    INBOUND = "inbound"


@dataclass(frozen=True, slots=True)
class Message:
    """One message as the carrier keeps it. `row` orders by acceptance; times are aware UTC."""

    row: int
    sid: str
    direction: Direction
    status: Status
    recipient: str
    sender: str | None
    service_sid: str | None
    body: str
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None
    valid_until: datetime | None
    callback_url: str | None
    error_code: int | None
    hidden_until: datetime | None


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A checked request to send: who, what, and how it may be told about."""

    recipient: str
    sender: str | None
    service_sid: str | None
    body: str
    callback_url: str | None
    validity_s: int
    send_at: datetime | None


@dataclass(frozen=True, slots=True)
class AliyunAccount:
    """An account at Aliyun, with its one approved signature and the one approved template, named by its code."""

    access_key_id: str
    access_key_secret: str
    sign_name: str
    template_code: str
    template_body: str


@dataclass(frozen=True, slots=True)
class CarrierSettings:
    """How the double behaves. `numbers` empty accepts any sender; an empty `inbound_url` drops what phones write.

    With an account at Aliyun it speaks Aliyun's contract too, at the same address.
    """

    account_sid: str
    auth_token: str
    inbound_url: str = ""
    numbers: tuple[str, ...] = ()
    sent_after_s: float = 0.5
    delivered_after_s: float = 1.5
    aliyun: AliyunAccount | None = None

    def __post_init__(self) -> None:
        """Refuse an account that Twilio could not have issued, and a missing secret."""
        if not ACCOUNT_SID.fullmatch(self.account_sid):
            message = "the account SID is AC and 32 hexadecimal digits"
            raise ValueError(message)
        if not self.auth_token:
            message = "an auth token is needed to check requests and to sign callbacks"
            raise ValueError(message)
