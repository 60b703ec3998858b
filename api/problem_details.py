"""What a problem adds to its fixed words: the arguments that are wrong, the spans of a text, when to come back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from functools import singledispatch
from http import HTTPStatus
from typing import Any, TypeAlias

from werkzeug.exceptions import HTTPException

from api import errors
from api.language import Language, choose_language
from api.problems import FAULTS, get_problem
from geo import errors as places
from messaging.campaigns import errors as campaigns
from messaging.campaigns.content.details import get_detail
from messaging.campaigns.values import Finding, QuotaKind
from radar import errors as radar

ErrorEntry: TypeAlias = dict[str, Any]
DATABASE_RETRY_S = 5
_WITHOUT_QUOTA = frozenset({QuotaKind.INVITATIONS, QuotaKind.INVITATIONS_A_WEEK, QuotaKind.CONVERSATION})


@singledispatch
def find_entries(error: Exception, language: Language) -> list[ErrorEntry]:  # noqa: ARG001 - the variants need both
    """Return what is wrong, entry by entry; none where the problem's own detail says it all."""
    return []


@find_entries.register
def _(error: errors.InvalidArgumentsError, language: Language) -> list[ErrorEntry]:
    return [{"detail": FAULTS[item.fault].in_(language), "pointer": item.pointer} for item in error.faults]


@find_entries.register
def _(error: errors.OutsideTerritoryError, language: Language) -> list[ErrorEntry]:
    return [_own_detail(error, language, pointer=pointer) for pointer in error.pointers]


@find_entries.register
def _(error: places.MixedCitiesError, language: Language) -> list[ErrorEntry]:  # noqa: ARG001 - chosen by its class
    return [{"detail": FAULTS[errors.Fault.TWO_CITIES].in_(language), "pointer": ""}]


@find_entries.register
def _(error: radar.UnknownAreaError, language: Language) -> list[ErrorEntry]:  # noqa: ARG001 - chosen by its class
    return [{"detail": FAULTS[errors.Fault.NO_SUCH_PLACE].in_(language), "pointer": "/district"}]


@find_entries.register
def _(error: radar.MonthNotReleasedError, language: Language) -> list[ErrorEntry]:
    return [_own_detail(error, language, pointer="/month" if error.month else "/district")]


@find_entries.register
def _(error: radar.CardsUsedUpError, language: Language) -> list[ErrorEntry]:
    return [_own_detail(error, language, pointer="") | {"reset_at": error.reset_at.isoformat()}]


@find_entries.register
def _(error: campaigns.TextRefusedError, language: Language) -> list[ErrorEntry]:
    return [show_finding(finding, language) | {"pointer": "/body"} for finding in error.content.findings]


@find_entries.register
def _(error: campaigns.QuotaExceededError, language: Language) -> list[ErrorEntry]:
    pointer = "" if error.kind in _WITHOUT_QUOTA else "/quota"
    return [_own_detail(error, language, pointer=pointer) | {"reset_at": error.reset_at.isoformat()}]


@find_entries.register
def _(error: campaigns.QuotaNotAllowedError, language: Language) -> list[ErrorEntry]:
    return [_own_detail(error, language, pointer="/quota") | {"allowed_quotas": list(error.allowed)}]


@find_entries.register
def _(error: campaigns.DuplicateBroadcastError, language: Language) -> list[ErrorEntry]:
    return [_own_detail(error, language, pointer="") | {"broadcast_id": str(error.broadcast_id)}]


def show_finding(finding: Finding, language: Language) -> ErrorEntry:
    """Return one finding of the content rules with its fixed explanation; spans count characters, half-open."""
    return {
        "detail": get_detail(finding.rule, language=language.value),
        "rule": finding.rule.value,
        "class": finding.rule_class.value,
        "start": finding.start,
        "end": finding.end,
    }


def show_findings(findings: Iterable[Finding]) -> list[ErrorEntry]:
    """Return findings in the caller's language."""
    language = choose_language()
    return [show_finding(finding, language) for finding in findings]


def find_headers(error: Exception, *, now: datetime) -> dict[str, str]:
    """Return the headers that a problem needs: how to sign in, which methods there are, when to come back."""
    headers: dict[str, str] = {}
    if isinstance(error, HTTPException):
        headers.update({name: value for name, value in error.get_headers() if name == "Allow"})
    if get_problem(error).status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="fieldreach"'
    if (retry_after_s := find_retry_after_s(error, now=now)) is not None:
        headers["Retry-After"] = str(retry_after_s)
    if isinstance(error, errors.TooManyLoginsError):
        headers |= make_rate_headers("log-in", remaining=0, reset_s=error.retry_after_s)
    if isinstance(error, campaigns.QuotaExceededError):
        reset_s = find_retry_after_s(error, now=now) or 0
        headers |= make_rate_headers(error.kind.value, remaining=0, reset_s=reset_s)
    if isinstance(error, radar.CardsUsedUpError):
        headers |= make_rate_headers("cards", remaining=0, reset_s=find_retry_after_s(error, now=now) or 0)
    return headers


def find_retry_after_s(error: Exception, *, now: datetime) -> int | None:
    """Return in how many seconds the same request may succeed, or None where waiting does not help."""
    if isinstance(error, campaigns.QuotaExceededError | radar.CardsUsedUpError):
        return max(1, math.ceil((error.reset_at - now).total_seconds()))
    if isinstance(
        error,
        errors.TooManyLoginsError
        | campaigns.IdempotencyKeyBusyError
        | campaigns.QuotaUnreadableError
        | radar.CardsUncountableError,
    ):
        return error.retry_after_s
    return DATABASE_RETRY_S if get_problem(error).status == HTTPStatus.SERVICE_UNAVAILABLE else None


def make_rate_headers(policy: str, *, remaining: int, reset_s: int) -> dict[str, str]:
    """Return the RateLimit header of the IETF draft: what remains of a policy and the seconds to its reset."""
    return {"RateLimit": f'"{policy}";r={max(0, remaining)};t={reset_s}'}


def _own_detail(error: Exception, language: Language, *, pointer: str) -> ErrorEntry:
    return {"detail": get_problem(error).detail.in_(language), "pointer": pointer}
