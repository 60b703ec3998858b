"""What each of Aliyun's error codes proves about a message: the table of `isv.` (yours), `isp.` (theirs), and the rest.

Source: Aliyun's lists of API and gateway error codes. A business error comes with HTTP status 200, one of the gateway
in front of it with 4xx. A code that is in no table: `isv.` was refused for what we sent, anything else is in doubt.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from messaging.delivery.ports import Blocked, InDoubt, InDoubtCause, NotSent, NotSentCause, Rejected, SendResult

if TYPE_CHECKING:
    from collections.abc import Mapping

OK = "OK"
_OK_STATUS = 200
_CODE = re.compile(r"[A-Za-z][0-9A-Za-z_.:-]{0,63}")
_ACCOUNT_STATUSES = frozenset({401, 403})

_BLOCKED = frozenset(
    {
        # Account and access: nobody's message would be taken.
        "isv.OUT_OF_SERVICE", "isv.AMOUNT_NOT_ENOUGH", "isv.ACCOUNT_NOT_EXISTS", "isv.ACCOUNT_ABNORMAL",
        "isv.PRODUCT_UN_SUBSCRIPT", "isv.PRODUCT_UNSUBSCRIBE", "isv.BILLING_DEDUCTION_ERROR", "isv.FORBIDDEN_ACTION",
        "isv.DENY_IP_RANGE", "isv.RAM_CHECK_FAILED", "isp.RAM_PERMISSION_DENY",
        "isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL",
        "InvalidAccessKeyId.NotFound", "InvalidAccessKeyId.Inactive", "InvalidAccessKeyId", "SignatureDoesNotMatch",
        "IncompleteSignature", "InvalidTimeStamp.Expired", "InvalidTimeStamp.Format", "NoPermission", "Forbidden.RAM",
        "Forbidden", "InvalidAction.NotFound", "InvalidVersion",
        # Signature and template: a person has to see to them.
        "isv.SMS_SIGNATURE_ILLEGAL", "isv.SMS_SIGN_ILLEGAL", "isv.SIGN_STATE_ILLEGAL", "isv.SIGN_NAME_ILLEGAL",
        "isv.SMS_SIGNATURE_SCENE_ILLEGAL", "isv.EXTEND_CODE_ERROR", "isv.SMS_TEMPLATE_ILLEGAL",
        "isv.TEMPLATE_MISSING_PARAMETERS", "isv.TEMPLATE_PARAMS_ILLEGAL", "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
    }
)  # fmt: skip

_BUSY = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "isv.QPS_LIMIT_CONTROL", "SignatureNonceUsed"})
_THROTTLING = "Throttling"

# Aliyun names in its message which limit of one phone was reached.
_WAITS_S: Mapping[str, float] = MappingProxyType({"分钟级": 60.0, "小时级": 3600.0, "天级": 6 * 3600.0})


def read_code(value: object, /) -> str | None:
    """Return an error code of Aliyun's shape, None for anything else, whoever sent it."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def classify_refusal(code: str | None, *, status: int, message: str, retry_after_s: float) -> SendResult:
    """Say what an answer that is not OK proves. `message` is Aliyun's own, looked at for its limits only."""
    is_server_error = status != _OK_STATUS and not 400 <= status < 500  # noqa: PLR2004 - HTTP's own classes
    if is_server_error:
        return InDoubt(InDoubtCause.SERVER_ERROR)
    if code is None:
        # Without a code of Aliyun's the answer may be a proxy's.
        return Blocked(status) if status in _ACCOUNT_STATUSES else InDoubt(InDoubtCause.BROKEN_ANSWER)
    if code in _BUSY or code.startswith(_THROTTLING):
        return NotSent(NotSentCause.BUSY, max(retry_after_s, _find_wait(code, message)))
    if code in _BLOCKED or status in _ACCOUNT_STATUSES:
        return Blocked(code)
    if code.startswith("isv.") or status != _OK_STATUS:
        return Rejected(code)
    return InDoubt(InDoubtCause.SERVER_ERROR)


def _find_wait(code: str, message: str) -> float:
    if code != "isv.BUSINESS_LIMIT_CONTROL":
        return 0.0
    return next((wait_s for word, wait_s in _WAITS_S.items() if word in message), 0.0)
