"""Twilio behind the port, by its own client: our timeouts, no retries, and no number in any log or exception."""

from __future__ import annotations

import logging
import re
import threading
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from messaging.delivery.carrier_codes import is_sid, read_code
from messaging.delivery.carrier_errors import classify_failure
from messaging.delivery.errors import CarrierUnavailableError
from messaging.delivery.ports import (
    Accepted,
    Blocked,
    CarrierRecord,
    CarrierStatus,
    Clock,
    InboundSms,
    InDoubt,
    InDoubtCause,
    NotSent,
    NotSentCause,
    OutgoingSms,
    Rejected,
    SendResult,
    TakenSms,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from twilio.rest.api.v2010.account.message import MessageInstance

    from messaging.delivery.settings import TwilioSettings
    from messaging.delivery.values import Timeouts

_SECONDS = re.compile(r"[0-9]{1,9}")
_BUSY_CODES = frozenset({20429})
_ACCOUNT_STATUSES = frozenset({401, 403, 404})
_ACCOUNT_CODES = frozenset({20003, 20404, 21408, 21606})
_REQUEST_TIMEOUT = 408
_TOO_MANY = 429
_LISTED_AT_MOST = 1000
_INBOUND = "inbound"
_LONGEST_WAIT_S = 3600.0


class CarrierHttpClient(HttpClient):  # type: ignore[misc]  # the library carries no types
    """Twilio's transport without its logging, its environment and its memory of the last request."""

    def __init__(self, *, timeouts: Timeouts, connections: int, proxy: str = "") -> None:
        """Make one pool of connections for all threads."""
        super().__init__(logging.getLogger("twilio.http_client"), is_async=False)
        self._timeouts = timeouts
        self._adapter = HTTPAdapter(max_retries=0, pool_maxsize=connections)
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._last = threading.local()

    @property
    def retry_after(self) -> str:
        """Return the Retry-After header of this thread's last answer, empty without one."""
        return str(getattr(self._last, "retry_after", ""))

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 - ours hold for every call
        allow_redirects: bool = False,  # noqa: ARG002, FBT001, FBT002 - the signature is Twilio's; a redirect is never followed
    ) -> Response:
        """Ask once. Raises what requests raises."""
        self._last.retry_after = ""
        # Without a session's redirects, hooks, cookies and environment: none is wanted, and all cost a quarter more.
        asked = requests.PreparedRequest()
        asked.prepare(method.upper(), uri, headers=headers, params=params, data=data, auth=auth)
        answer = self._adapter.send(
            asked, timeout=(self._timeouts.connect_s, self._timeouts.read_s), proxies=self._proxies
        )
        self._last.retry_after = answer.headers.get("Retry-After", "")
        return Response(answer.status_code, answer.content.decode("utf-8"), answer.headers)


class TwilioSmsSender:
    """Sends through Twilio's Messages resource, or through anything that speaks like it."""

    def __init__(self, settings: TwilioSettings, *, timeouts: Timeouts, connections: int, clock: Clock) -> None:
        """Build the client; nothing is asked yet."""
        for name in ("twilio.http_client", "urllib3"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._settings = settings
        self._clock = clock
        self._http = CarrierHttpClient(timeouts=timeouts, connections=connections, proxy=settings.carrier_proxy)
        client = Client(
            settings.twilio_account_sid,
            settings.twilio_auth_token.get_secret_value(),
            http_client=self._http,
            # Not the process's environment: it could lead to another host.
            environment={"TWILIO_EDGE": "", "TWILIO_REGION": ""},
        )
        client.api.base_url = settings.twilio_api_base
        self._messages = client.api.account.messages

    def send(self, sms: OutgoingSms) -> SendResult:
        """Create one message, once. A create call is not idempotent: nothing here tries again."""
        try:
            created = self._messages.create(
                to=sms.phone,
                body=sms.text,
                status_callback=f"{self._settings.gateway_public_url}/twilio/status/{sms.token}",
                validity_period=sms.validity_s,
                **self._get_origin(),
            )
        except (TwilioRestException, TwilioServiceException) as refusal:
            return self._classify_answer(status=int(refusal.status), code=refusal.code)
        except Exception as failure:  # noqa: BLE001 - whatever happened, the message is in doubt unless proven unsent
            return classify_failure(failure)
        if not is_sid(created.sid):
            return InDoubt(InDoubtCause.BROKEN_ANSWER)
        return Accepted(str(created.sid))

    def _get_origin(self) -> dict[str, str]:
        if self._settings.twilio_messaging_service_sid:
            return {"messaging_service_sid": self._settings.twilio_messaging_service_sid}
        return {"from_": self._settings.twilio_from}

    def _classify_answer(self, *, status: int, code: object) -> SendResult:
        number = code if isinstance(code, int) else status
        if status == _TOO_MANY or number in _BUSY_CODES:
            return NotSent(NotSentCause.BUSY, _read_retry_after(self._http.retry_after, now=self._clock()))
        if status in _ACCOUNT_STATUSES or number in _ACCOUNT_CODES:
            return Blocked(number)
        is_client_error = 400 <= status < 500  # noqa: PLR2004 - HTTP's own classes
        if is_client_error and status != _REQUEST_TIMEOUT:
            # Without a code of Twilio's the answer may be a proxy's.
            return Rejected(number) if number != status else InDoubt(InDoubtCause.BROKEN_ANSWER)
        return InDoubt(InDoubtCause.SERVER_ERROR)

    def find_sent(self, *, phone: str, text: str, token: UUID, since: datetime) -> list[CarrierRecord]:
        """Return what Twilio holds for this phone and text since then, oldest first; it does not list our token.

        Asked by To alone: a message still queued has no date of sending that a filter could find.
        """
        del token
        try:
            listed = self._messages.list(to=phone, limit=_LISTED_AT_MOST, page_size=_LISTED_AT_MOST)
            found = [one for one in listed if _is_ours(one, phone=phone, text=text, since=since)]
            return [_to_record(one) for one in sorted(found, key=lambda one: one.date_created)]
        except Exception as failure:  # noqa: BLE001 - no answer is no answer, whatever broke
            raise CarrierUnavailableError(reason=_name(failure)) from None

    def find_status(self, taken: TakenSms, /) -> CarrierRecord | None:
        """Return what Twilio holds under a SID, None when it knows no such SID."""
        try:
            return _to_record(self._messages(taken.sid).fetch())
        except TwilioRestException as refusal:
            if refusal.code == 20404:  # noqa: PLR2004 - Twilio's "no such resource"
                return None
            raise CarrierUnavailableError(reason=str(refusal.status)) from None
        except Exception as failure:  # noqa: BLE001 - no answer is no answer, whatever broke
            raise CarrierUnavailableError(reason=_name(failure)) from None

    def find_inbound(self, *, since: datetime, before: datetime | None) -> list[InboundSms]:
        """Return what phones wrote to our number; with a service, to any number of the account: no filter knows it.

        The carrier may take the times as dates, so `before` should be a midnight, UTC.
        """
        wanted = {"to": self._settings.twilio_from, "date_sent_after": since, "date_sent_before": before}
        try:
            listed = self._messages.stream(
                page_size=_LISTED_AT_MOST, **{name: value for name, value in wanted.items() if value}
            )
            return [_to_inbound(one) for one in listed if str(one.direction) == _INBOUND]
        except Exception as failure:  # noqa: BLE001 - no answer is no answer, whatever broke
            raise CarrierUnavailableError(reason=_name(failure)) from None


def _is_ours(listed: MessageInstance, *, phone: str, text: str, since: datetime) -> bool:
    is_outbound = str(listed.direction).startswith("outbound")
    return is_outbound and listed.to == phone and listed.body == text and listed.date_created >= since


def _to_record(listed: MessageInstance) -> CarrierRecord:
    return CarrierRecord(str(listed.sid), CarrierStatus(str(listed.status)), read_code(listed.error_code))


def _to_inbound(listed: MessageInstance) -> InboundSms:
    return InboundSms(str(listed.from_ or ""), str(listed.body or ""))


def _name(failure: BaseException) -> str:
    status = getattr(failure, "status", None) if isinstance(failure, TwilioException) else None
    return type(failure).__name__ if status is None else str(status)


def _read_retry_after(header: str, *, now: datetime) -> float:
    """Return the seconds of a Retry-After header, which holds seconds or a date; 0 for anything else."""
    try:
        is_number = _SECONDS.fullmatch(header.strip()) is not None
        wait_s = float(header) if is_number else (parsedate_to_datetime(header) - now).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return min(max(wait_s, 0.0), _LONGEST_WAIT_S)
