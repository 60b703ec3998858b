"""Why a call to a carrier failed, told by its cause: `refused` and `reset` come as the same exception."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError, SSLError

from messaging.delivery.ports import InDoubt, InDoubtCause, NotSent, NotSentCause

if TYPE_CHECKING:
    from collections.abc import Iterable

_BEFORE_ANY_BYTE = (NewConnectionError, ConnectTimeoutError)


def classify_failure(error: BaseException) -> NotSent | InDoubt:
    """Say whether a request that failed without an answer surely reached nobody.

    Only what failed before the first byte of the request counts as not sent: name not found, refused, connect timeout,
    a certificate that was turned down. Everything else is in doubt.
    """
    if isinstance(error, requests.ConnectTimeout) or _failed_to_connect(error):
        return NotSent(NotSentCause.NO_CONNECTION)
    if isinstance(error, requests.Timeout):
        return InDoubt(InDoubtCause.TIMEOUT)
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return InDoubt(InDoubtCause.CUT)
    if isinstance(error, ValueError | TypeError | KeyError | AttributeError):
        return InDoubt(InDoubtCause.BROKEN_ANSWER)
    return InDoubt(InDoubtCause.UNEXPECTED)


def _failed_to_connect(error: BaseException) -> bool:
    # requests keeps urllib3's error as its only argument; without retries its reason is what happened first.
    if not isinstance(error, requests.ConnectionError) or not error.args:
        return False
    outer = error.args[0]
    reason = outer.reason if isinstance(outer, MaxRetryError) else outer
    return any(isinstance(cause, _BEFORE_ANY_BYTE) or _is_bad_certificate(cause) for cause in _unwrap(reason))


def _unwrap(reason: object) -> Iterable[object]:
    yield reason
    if isinstance(reason, ProxyError):
        yield reason.original_error
    if isinstance(reason, SSLError):
        yield from reason.args


def _is_bad_certificate(cause: object) -> bool:
    return isinstance(cause, ssl.SSLCertVerificationError)
