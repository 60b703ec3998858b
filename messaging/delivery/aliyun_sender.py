"""Aliyun's SMS behind the port: its own SDK's operations and signature, over a transport that is ours.

The SDK's transport follows redirects, takes a proxy and a debug log from the process's environment, and turns every
failure into a text that quotes the number. So one method of its client is replaced: where all operations meet.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import requests
from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import QuerySendDetailsRequest, SendSmsRequest
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.request import DaraRequest
from darabonba.runtime import RuntimeOptions
from requests.adapters import HTTPAdapter

from messaging.delivery.aliyun_errors import OK, classify_refusal, read_code
from messaging.delivery.carrier_errors import classify_failure
from messaging.delivery.errors import CarrierUnavailableError
from messaging.delivery.ports import (
    Accepted,
    CarrierRecord,
    CarrierStatus,
    Clock,
    InboundSms,
    InDoubt,
    InDoubtCause,
    OutgoingSms,
    Rejected,
    SendResult,
    TakenSms,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params

    from messaging.delivery.settings import AliyunSettings
    from messaging.delivery.values import Timeouts

_SIGNATURE = "ACS3-HMAC-SHA256"
_NO_BODY = hashlib.sha256(b"").hexdigest()
_BIZ_ID = re.compile(r"[0-9A-Za-z^_-]{1,64}")
_DOMESTIC = "+86"
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_CLOCK_TOLERANCE = timedelta(hours=1)
_PAGE, _MOST_PAGES = 50, 20
_LONGEST_WAIT_S = 3600.0
_STATUSES = {1: CarrierStatus.SENT, 2: CarrierStatus.UNDELIVERED, 3: CarrierStatus.DELIVERED}

NOT_OUR_TEMPLATE, NOT_DOMESTIC = "text_does_not_fit", "number_not_domestic"
"""Refusals of our own, before any call."""


class _RefusedError(Exception):
    """An answer with another HTTP status than 200; what it says is kept apart from any text that could be logged."""

    def __init__(self, *, status: int, body: object, retry_after_s: float) -> None:
        super().__init__(str(status))
        fields = body if isinstance(body, dict) else {}
        self.status = status
        self.code = read_code(fields.get("Code"))
        self.message = str(fields.get("Message", ""))
        self.retry_after_s = retry_after_s


class AliyunClient(Client):  # type: ignore[misc]  # the library carries no types
    """The SDK's client without its transport, its retries and its environment."""

    def __init__(self, settings: AliyunSettings, *, timeouts: Timeouts, connections: int) -> None:
        """Make one pool of connections for all threads."""
        self._url = urlsplit(settings.aliyun_api_base)
        super().__init__(Config(endpoint=self._url.netloc, user_agent="fieldreach"))
        self._key_id = settings.aliyun_access_key_id
        self._key_secret = settings.aliyun_access_key_secret.get_secret_value()
        self._timeouts = timeouts
        self._session = requests.Session()
        self._session.trust_env = False
        proxy = settings.carrier_proxy
        self._session.proxies = {"http": proxy, "https": proxy} if proxy else {}
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=0, pool_maxsize=connections))

    def call_api(self, params: Params, request: OpenApiRequest, runtime: RuntimeOptions) -> dict[str, Any]:
        """Sign and ask once. Raises what requests raises, and _RefusedError for a status other than 200."""
        del runtime
        answer = self._session.request(
            params.method,
            self._url.geturl() + params.pathname,
            params=request.query,
            headers=self._sign(params, request.query),
            timeout=(self._timeouts.connect_s, self._timeouts.read_s),
            allow_redirects=False,
        )
        if answer.status_code != HTTPStatus.OK:
            raise _RefusedError(
                status=answer.status_code, body=_read_json(answer), retry_after_s=_read_retry_after(answer.headers)
            )
        return {"statusCode": answer.status_code, "headers": dict(answer.headers), "body": answer.json()}

    def _sign(self, params: Params, query: Mapping[str, str]) -> dict[str, str]:
        signed = DaraRequest()
        signed.method, signed.pathname, signed.query = params.method, params.pathname, query
        signed.headers = {
            "host": self._url.netloc,
            "accept": "application/json",
            "x-acs-version": params.version,
            "x-acs-action": params.action,
            "x-acs-date": Utils.get_timestamp(),
            "x-acs-signature-nonce": Utils.get_nonce(),
            "x-acs-content-sha256": _NO_BODY,
        }
        header = Utils.get_authorization(signed, _SIGNATURE, _NO_BODY, self._key_id, self._key_secret)
        return {**signed.headers, "Authorization": header}


@dataclass(frozen=True, slots=True)
class _Question:
    """One phone's messages of one day in Shanghai, all of them or those of one receipt id."""

    phone: str
    day: date
    biz_id: str | None = None


class AliyunSmsSender:
    """Sends through an approved template of Aliyun's, or through anything that speaks like it."""

    def __init__(self, settings: AliyunSettings, *, timeouts: Timeouts, connections: int, clock: Clock) -> None:
        """Build the client; nothing is asked yet."""
        for name in ("darabonba-core", "urllib3"):
            logging.getLogger(name).setLevel(logging.WARNING)
        # The SDK writes to stderr by a handler of its own, past whatever masks our log.
        logging.getLogger("darabonba-core").handlers.clear()
        self._settings = settings
        self._template = settings.template
        self._clock = clock
        self._client = AliyunClient(settings, timeouts=timeouts, connections=connections)

    def send(self, sms: OutgoingSms) -> SendResult:
        """Send one message, once. Aliyun knows no end of validity, and keeps our token as OutId without judging it."""
        values = self._template.fit(sms.text)
        if values is None:
            return Rejected(NOT_OUR_TEMPLATE)
        if not sms.phone.startswith(_DOMESTIC):
            return Rejected(NOT_DOMESTIC)
        request = SendSmsRequest(
            phone_numbers=sms.phone.removeprefix(_DOMESTIC),
            sign_name=self._settings.aliyun_sign_name,
            template_code=self._settings.aliyun_template_code,
            template_param=json.dumps(values, ensure_ascii=False),
            out_id=str(sms.token),
        )
        try:
            answer = self._client.send_sms_with_options(request, RuntimeOptions()).body
            return _read_answer(code=answer.code, biz_id=answer.biz_id, message=str(answer.message))
        except _RefusedError as refused:
            return classify_refusal(
                refused.code, status=refused.status, message=refused.message, retry_after_s=refused.retry_after_s
            )
        except Exception as failure:  # noqa: BLE001 - whatever happened, the message is in doubt unless proven unsent
            return classify_failure(failure)

    def find_sent(self, *, phone: str, text: str, token: UUID, since: datetime) -> list[CarrierRecord]:
        """Return what Aliyun holds for this phone under our token since then, oldest first, named after the token."""
        del text
        days = _find_days(since, self._clock() + _CLOCK_TOLERANCE)
        found = (detail for day in days for detail in self._list(_Question(phone, day)) if detail.out_id == str(token))
        return [
            _to_record(detail, sid=name_after(token)) for detail in sorted(found, key=lambda one: str(one.send_date))
        ]

    def find_status(self, taken: TakenSms, /) -> CarrierRecord | None:
        """Return what Aliyun holds about a message, asking day by day back from when it surely was there."""
        phone = taken.open_phone()
        biz_id = None if taken.sid == name_after(taken.token) else taken.sid
        for day in reversed(_find_days(taken.since, taken.until + _CLOCK_TOLERANCE)):
            for detail in self._list(_Question(phone, day, biz_id)):
                if detail.out_id == str(taken.token):
                    return _to_record(detail, sid=taken.sid)
        return None

    def find_inbound(self, *, since: datetime, before: datetime | None) -> list[InboundSms]:
        """Return nothing: Aliyun has no list of what phones wrote, so that CARRIER_INBOUND must be off with it."""
        del since, before
        return []

    def _list(self, question: _Question) -> Iterator[Any]:
        """Yield the details of every page. Raises CarrierUnavailableError where they cannot be read to the end."""
        try:
            for page in range(1, _MOST_PAGES + 1):
                details, total = self._read_page(question, page)
                yield from details
                if page * _PAGE >= total:
                    return
        except _RefusedError as refused:
            raise CarrierUnavailableError(reason=refused.code or str(refused.status)) from None
        except CarrierUnavailableError:
            raise
        except Exception as failure:  # noqa: BLE001 - no answer is no answer, whatever broke
            raise CarrierUnavailableError(reason=type(failure).__name__) from None
        raise CarrierUnavailableError(reason="too_many_pages")

    def _read_page(self, question: _Question, page: int) -> tuple[list[Any], int]:
        request = QuerySendDetailsRequest(
            phone_number=question.phone.removeprefix(_DOMESTIC),
            send_date=f"{question.day:%Y%m%d}",
            biz_id=question.biz_id,
            current_page=page,
            page_size=_PAGE,
        )
        answer = self._client.query_send_details_with_options(request, RuntimeOptions()).body
        if answer.code != OK:
            raise CarrierUnavailableError(reason=read_code(answer.code) or "broken_answer")
        total = int(answer.total_count)
        return (answer.sms_send_detail_dtos.sms_send_detail_dto if total else []), total


def name_after(token: UUID) -> str:
    """Return how we call a message that a list showed: lists do not tell Aliyun's own receipt id."""
    return f"OutId:{token}"


def _read_answer(*, code: object, biz_id: object, message: str) -> SendResult:
    if code != OK:
        return classify_refusal(read_code(code), status=HTTPStatus.OK, message=message, retry_after_s=0.0)
    if not isinstance(biz_id, str) or not _BIZ_ID.fullmatch(biz_id):
        return InDoubt(InDoubtCause.BROKEN_ANSWER)
    return Accepted(biz_id)


def _find_days(first: datetime, last: datetime) -> list[date]:
    """Return the days in Shanghai from one moment to another, by which Aliyun files."""
    start, end = first.astimezone(_SHANGHAI).date(), last.astimezone(_SHANGHAI).date()
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def _to_record(detail: Any, *, sid: str) -> CarrierRecord:  # noqa: ANN401 - a model of the library's
    """Turn a detail into a record. Raises CarrierUnavailableError for a status that Aliyun does not document."""
    status = _STATUSES.get(detail.send_status)
    if status is None:
        raise CarrierUnavailableError(reason="unknown_status")
    return CarrierRecord(sid, status, read_code(detail.err_code) if status is CarrierStatus.UNDELIVERED else None)


def _read_json(answer: requests.Response) -> object:
    try:
        return answer.json()
    except ValueError:
        return None


def _read_retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that the gateway asks us to wait, which it says in milliseconds; 0 where it says nothing."""
    text = headers.get("x-acs-retry-after", "")
    return min(int(text) / 1000, _LONGEST_WAIT_S) if text.isascii() and text.isdigit() and len(text) < 10 else 0.0  # noqa: PLR2004 - nine digits are days
