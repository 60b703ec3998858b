"""Checks a request to send as Twilio does, and answers with Twilio's codes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from field_apps_mock.carrier.errors import TwilioError
from field_apps_mock.carrier.values import NewMessage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from field_apps_mock.carrier.values import CarrierSettings

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
ALPHANUMERIC_SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11}")
SHORT_CODE = re.compile(r"[0-9]{3,8}")
SERVICE_SID = re.compile(r"MG[0-9a-fA-F]{32}")
MAX_BODY = 1600
MAX_VALIDITY_S = 36_000
MAX_URL = 4000
EARLIEST_SEND, LATEST_SEND = timedelta(minutes=5), timedelta(days=35)


def read_new_message(form: Mapping[str, str], *, settings: CarrierSettings, now: datetime) -> NewMessage:
    """Check the form of a create call. Raises TwilioError; fields that Twilio knows and SMS ignores are ignored."""
    recipient = form.get("To", "")
    if not recipient:
        raise TwilioError(21604)
    if not E164.fullmatch(recipient):
        raise TwilioError(21211)
    sender, service_sid = _read_sender(form, settings)
    body = form.get("Body", "")
    if not body:
        raise TwilioError(21602)
    if len(body) > MAX_BODY:
        raise TwilioError(21617)
    return NewMessage(
        recipient=recipient,
        sender=sender,
        service_sid=service_sid,
        body=body,
        callback_url=_read_callback(form.get("StatusCallback")),
        validity_s=_read_validity(form.get("ValidityPeriod")),
        send_at=_read_send_at(form, service_sid, now),
    )


def _read_sender(form: Mapping[str, str], settings: CarrierSettings) -> tuple[str | None, str | None]:
    sender, service_sid = form.get("From") or None, form.get("MessagingServiceSid") or None
    if sender is None and service_sid is None:
        raise TwilioError(21603)
    if service_sid is not None and not SERVICE_SID.fullmatch(service_sid):
        raise TwilioError(20001)
    if sender is not None:
        if not any(form_of.fullmatch(sender) for form_of in (E164, ALPHANUMERIC_SENDER, SHORT_CODE)):
            raise TwilioError(21212)
        if settings.numbers and sender not in settings.numbers:
            raise TwilioError(21606)
    return sender, service_sid


def _read_callback(url: str | None) -> str | None:
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "_" in parts.hostname or len(url) > MAX_URL:
        raise TwilioError(21609)
    return url


def _read_validity(text: str | None) -> int:
    if not text:
        return MAX_VALIDITY_S
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_VALIDITY_S:
        raise TwilioError(21624)
    return int(text)


def _read_send_at(form: Mapping[str, str], service_sid: str | None, now: datetime) -> datetime | None:
    if not form.get("ScheduleType") and not form.get("SendAt"):
        return None
    if service_sid is None:
        raise TwilioError(35118)
    try:
        send_at = datetime.fromisoformat(form.get("SendAt", ""))
    except ValueError as error:
        raise TwilioError(35111) from error
    send_at = send_at if send_at.tzinfo else send_at.replace(tzinfo=UTC)
    if form.get("ScheduleType") != "fixed":
        raise TwilioError(35111)
    if not EARLIEST_SEND <= send_at - now <= LATEST_SEND:
        raise TwilioError(35114)
    return send_at
