"""Aliyun's SMS, as far as a sender uses it: SendSms by template, QuerySendDetails by phone and day, its error codes."""

from __future__ import annotations

import json
import re
import secrets
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Never
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, request

from field_apps_mock.carrier.aliyun_signature import find_key_id, is_signed
from field_apps_mock.carrier.broken_answers import break_answer
from field_apps_mock.carrier.errors import TwilioError
from field_apps_mock.carrier.faults import Mode, Moment, Rule
from field_apps_mock.carrier.messages import LISTED, add_to_counter, read_message
from field_apps_mock.carrier.values import Direction, Message, NewMessage, Status

if TYPE_CHECKING:
    import sqlite3

    from field_apps_mock.carrier.network import Network
    from field_apps_mock.carrier.values import AliyunAccount

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONGEST_CLOCK_DIFFERENCE = timedelta(minutes=15)
MOBILE = re.compile(r"(?:\+?86|0086)?(1[0-9]{10})")
VARIABLE = re.compile(r"\$\{([a-zA-Z][0-9a-zA-Z_]*)\}")
MOST_CHARACTERS = 35
LARGEST_PAGE = 50
KEPT_S = 3 * 24 * 3600

GATEWAY_STATUSES = {
    "InvalidAccessKeyId.NotFound": 404,
    "SignatureDoesNotMatch": 400,
    "SignatureNonceUsed": 400,
    "InvalidTimeStamp.Expired": 400,
    "InvalidAction.NotFound": 404,
    "Throttling.User": 400,
    "InternalError": 500,
}
"""HTTP statuses of the errors of the gateway in front; a business error is a 200 with another code than OK."""

SEND_STATUSES = {Status.DELIVERED: 3, Status.UNDELIVERED: 2, Status.FAILED: 2, Status.CANCELED: 2}
"""SendStatus: 1 waits for the receipt, 2 failed, 3 arrived."""

DELIVERY_ERRORS = {30003: "MOBILE_NOT_ON_SERVICE", 30008: "UNKNOWN", 30036: "EXPIRED"}
REFUSED = "isv.CUSTOMER_REFUSED"


class AliyunError(Exception):
    """An answer other than success."""

    def __init__(self, code: str, *, retry_after_s: float = 0.0) -> None:
        """Keep the code, and how long the gateway asks to wait."""
        super().__init__(code)
        self.code = code
        self.retry_after_s = retry_after_s

    def to_response(self) -> Response:
        """Return the answer."""
        answer = jsonify({"Code": self.code, "Message": f"error {self.code}", "RequestId": secrets.token_hex(16)})
        answer.status_code = GATEWAY_STATUSES.get(self.code, 200)
        if self.retry_after_s:
            answer.headers["x-acs-retry-after"] = str(round(self.retry_after_s * 1000))
        return answer


def make_aliyun(network: Network, *, account: AliyunAccount, stopping: threading.Event) -> Blueprint:
    """Return the blueprint of POST /, where every operation of Aliyun's is asked for by a header."""
    aliyun = Blueprint("aliyun", __name__)
    nonces: set[str] = set()

    @aliyun.post("/")
    def act() -> Response:
        check_caller(account, nonces=nonces, now=network.clock())
        action = request.headers["x-acs-action"]
        if action == "SendSms":
            return send_sms(network, account=account, stopping=stopping)
        if action == "QuerySendDetails":
            return query_details(network)
        raise AliyunError("InvalidAction.NotFound")

    @aliyun.errorhandler(AliyunError)
    def answer_error(error: AliyunError) -> Response:
        return error.to_response()

    return aliyun


def check_caller(account: AliyunAccount, *, nonces: set[str], now: datetime) -> None:
    """Refuse an unknown key, a wrong signature, an old request, and one that was here before. Raises AliyunError."""
    if find_key_id(request.headers.get("Authorization", "")) != account.access_key_id:
        raise AliyunError("InvalidAccessKeyId.NotFound")
    if not is_signed(
        request.method,
        request.path,
        request.query_string.decode("latin-1"),
        body=request.get_data(),
        headers=dict(request.headers),
        access_key_secret=account.access_key_secret,
    ):
        raise AliyunError("SignatureDoesNotMatch")
    asked_at = datetime.strptime(request.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if abs(now - asked_at) > LONGEST_CLOCK_DIFFERENCE:
        raise AliyunError("InvalidTimeStamp.Expired")
    nonce = request.headers["x-acs-signature-nonce"]
    if nonce in nonces:
        raise AliyunError("SignatureNonceUsed")
    nonces.add(nonce)


def send_sms(network: Network, *, account: AliyunAccount, stopping: threading.Event) -> Response:
    """Take a message on, or fail on purpose. Every request is counted, whatever becomes of it."""
    rule = network.faults.draw(Moment.CREATE)
    with network.store.transaction() as db:
        add_to_counter(db, "create_requests")
        if rule:
            add_to_counter(db, rule.name)
    arguments = request.args.to_dict()

    def accept() -> dict[str, Any]:
        return {"Code": "OK", "Message": "OK", "RequestId": secrets.token_hex(16), "BizId": _accept(network, new)}

    new = read_sms(arguments, account=account)
    if rule:
        return break_answer(rule, accept=accept, refuse=_refuse_on_purpose, stopping=stopping)
    return jsonify(accept())


def _refuse_on_purpose(rule: Rule) -> Never:
    if rule.mode is Mode.TOO_MANY_REQUESTS:
        raise AliyunError("Throttling.User", retry_after_s=max(1.0, rule.seconds))
    raise AliyunError(str(rule.code) if rule.mode is Mode.ERROR else "InternalError")


def read_sms(arguments: dict[str, str], *, account: AliyunAccount) -> NewMessage:
    """Check the arguments of SendSms as Aliyun does, and fill the template. Raises AliyunError."""
    mobile = MOBILE.fullmatch(arguments.get("PhoneNumbers", ""))
    if mobile is None:
        raise AliyunError("isv.MOBILE_NUMBER_ILLEGAL")
    if arguments.get("SignName") != account.sign_name:
        raise AliyunError("isv.SMS_SIGNATURE_ILLEGAL")
    if arguments.get("TemplateCode") != account.template_code:
        raise AliyunError("isv.SMS_TEMPLATE_ILLEGAL")
    try:
        values = json.loads(arguments.get("TemplateParam", "{}"))
    except ValueError:
        raise AliyunError("isv.INVALID_JSON_PARAM") from None
    for name in VARIABLE.findall(account.template_body):
        if not isinstance(values, dict) or not values.get(name):
            raise AliyunError("isv.TEMPLATE_MISSING_PARAMETERS")
        if len(str(values[name])) > MOST_CHARACTERS:
            raise AliyunError("isv.PARAM_LENGTH_LIMIT")
    text = VARIABLE.sub(lambda found: str(values[found[1]]), account.template_body)
    return NewMessage(
        recipient=f"+86{mobile[1]}", sender=None, service_sid=None, body=f"【{account.sign_name}】{text}",
        callback_url=None, validity_s=KEPT_S, send_at=None,
    )  # fmt: skip


def _accept(network: Network, new: NewMessage) -> str:
    """Keep a message, and under which ids; returns Aliyun's own."""
    try:
        message = network.accept(new)
    except TwilioError:
        # The network refuses for one reason only: this phone has said stop.
        raise AliyunError(REFUSED) from None
    biz_id = f"{secrets.randbelow(10**18):018d}^0"
    with network.store.transaction() as db:
        db.execute(
            "INSERT INTO aliyun_messages (message, biz_id, out_id, template_code) VALUES (?, ?, ?, ?)",
            (message.row, biz_id, request.args.get("OutId", ""), request.args["TemplateCode"]),
        )
    return biz_id


def query_details(network: Network) -> Response:
    """List one phone's messages of one day in Shanghai, newest first, in pages."""
    rule = network.faults.draw(Moment.LIST)
    with network.store.transaction() as db:
        add_to_counter(db, "list_requests")
        if rule:
            add_to_counter(db, rule.name)
    if rule:
        raise AliyunError("isp.SYSTEM_ERROR")
    mobile, size = MOBILE.fullmatch(request.args.get("PhoneNumber", "")), request.args.get("PageSize", 0, type=int)
    page = request.args.get("CurrentPage", 0, type=int)
    if mobile is None or not 1 <= size <= LARGEST_PAGE or page < 1:
        raise AliyunError("isv.INVALID_PARAMETERS")
    with network.store.transaction() as db:
        found = _find_details(db, phone=f"+86{mobile[1]}", now=network.clock())
    shown = found[(page - 1) * size : page * size]
    details = {"SmsSendDetailDTO": shown}
    return jsonify({"Code": "OK", "Message": "OK", "TotalCount": len(found), "SmsSendDetailDTOs": details})


def _find_details(db: sqlite3.Connection, *, phone: str, now: datetime) -> list[dict[str, Any]]:
    rows = db.execute(
        "SELECT * FROM messages JOIN aliyun_messages ON message = row"  # noqa: S608 - own clauses
        f" WHERE recipient = :phone AND direction = :direction AND {LISTED} ORDER BY row DESC",
        {"phone": phone, "direction": Direction.OUTBOUND_API, "now": now.timestamp()},
    ).fetchall()
    day, biz_id = request.args.get("SendDate", ""), request.args.get("BizId")
    return [
        _write_detail(message, row)
        for row in rows
        if (message := read_message(row)) and f"{message.created_at.astimezone(SHANGHAI):%Y%m%d}" == day
        if biz_id in {None, row["biz_id"]}
    ]


def _write_detail(message: Message, row: sqlite3.Row) -> dict[str, Any]:
    status = SEND_STATUSES.get(message.status, 1)
    code = DELIVERY_ERRORS.get(message.error_code or 0, "UNKNOWN")
    detail = {
        "PhoneNum": message.recipient.removeprefix("+86"),
        "Content": message.body,
        "OutId": row["out_id"],
        "TemplateCode": row["template_code"],
        "SendDate": f"{message.created_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
        "SendStatus": status,
    }
    if status != 1:
        received_at = f"{message.updated_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
        detail |= {"ReceiveDate": received_at, "ErrCode": code if status == 2 else "DELIVERED"}  # noqa: PLR2004 - failed
    return detail
