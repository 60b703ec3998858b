"""An account at Aliyun, a sender for it, and its answers."""

# ruff: noqa: ANN401 - settings and JSON of any kind

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from messaging.delivery.aliyun_sender import AliyunSmsSender
from messaging.delivery.ports import OutgoingSms
from messaging.delivery.settings import AliyunSettings
from messaging.delivery.values import Timeouts
from tests.messaging.delivery.wire import http
from tests.messaging.delivery.world import TEXT

BIZ_ID = "900619746936498440^0"
SECRET = "a-secret-of-this-test"  # noqa: S105 - invented
NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
SMS = OutgoingSms("+8615400000001", TEXT, UUID(int=5), 600)
SETTINGS: dict[str, Any] = {
    "mode": "test",
    "aliyun_access_key_id": "LTAI0000000000000001",
    "aliyun_access_key_secret": SECRET,
    "aliyun_sign_name": "青禾",
    "aliyun_template_code": "SMS_100000001",
    "aliyun_template_body": "${first}${second}App内退订",
    "aliyun_api_base": "http://127.0.0.1:1",
}


def make_aliyun(base: str, **changes: Any) -> AliyunSmsSender:
    """Return a sender for a base, with short timeouts."""
    settings = AliyunSettings.model_validate(SETTINGS | {"aliyun_api_base": base} | changes)
    return AliyunSmsSender(settings, timeouts=Timeouts(connect_s=0.5, read_s=0.5), connections=2, clock=lambda: NOW)


def answer(
    code: str, *, status: str = "200 OK", message: str = "", headers: tuple[str, ...] = (), **fields: Any
) -> bytes:
    """Return an answer of Aliyun's, whose message quotes the number where nothing else is said."""
    body = {"Code": code, "Message": message or f"{SMS.phone} is wrong", "RequestId": "1", **fields}
    return http(status, json.dumps(body), *headers)


def details(*rows: dict[str, Any], total: int | None = None) -> bytes:
    """Return a page of QuerySendDetails."""
    total = len(rows) if total is None else total
    return answer("OK", TotalCount=total, SmsSendDetailDTOs={"SmsSendDetailDTO": list(rows)})


def detail(status: int, **changes: Any) -> dict[str, Any]:
    """Return one row of such a page, about the message of this module."""
    return {
        "PhoneNum": SMS.phone.removeprefix("+86"), "Content": SMS.text, "OutId": str(SMS.token), "SendStatus": status,
        "SendDate": "2026-11-18 12:00:00", "TemplateCode": "SMS_100000001",
    } | changes  # fmt: skip


TAKEN = answer("OK", BizId=BIZ_ID)
