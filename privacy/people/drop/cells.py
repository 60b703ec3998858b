"""Reads single cells of a drop: text to value, None where the platform had nothing, CellError where it is bad."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from privacy.people.drop.errors import CellError
from privacy.people.drop.values import Reason
from privacy.people.errors import PhoneError
from privacy.people.phones import parse_phone

Value = TypeVar("Value")
Read = Callable[[str], Value | None]

LOCAL = ZoneInfo("Asia/Shanghai")
NOTHING = frozenset(
    {"", "暂无数据", "暂无", "无数据", "无", "未知", "-", "--", "/", "null", "none", "nan", "na", "n/a", "\\n", "nil"}
)
_NUMBER = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)\s*(?:户|分|个|次|种|级|%)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_YES = frozenset({"true", "t", "1", "yes", "y", "是", "同意"})
_NO = frozenset({"false", "f", "0", "no", "n", "否", "不同意"})
_EARLIEST = date(1949, 10, 1)


def fold(text: str, /) -> str | None:
    """Return the text without the dirt that platforms add, or None where it means that there is nothing."""
    folded = unicodedata.normalize("NFKC", text).strip().strip("\ufeff")
    return None if folded.casefold() in NOTHING else folded


def read_number(text: str, /) -> float | None:
    """Read a number, also with a unit behind it or commas in it: 426户, 87分, 1,024."""
    folded = fold(text)
    if folded is None:
        return None
    found = _NUMBER.fullmatch(_THOUSANDS.sub("", folded))
    if found is None:
        raise CellError(Reason.MALFORMED)
    return float(found[1])


def read_phone(text: str, /) -> str | None:
    """Read a phone into E.164."""
    if text.strip().casefold() in NOTHING:
        return None
    try:
        return parse_phone(text)
    except PhoneError:
        raise CellError(Reason.NOT_A_PHONE) from None


def read_yes_or_no(text: str, /) -> bool | None:
    """Read a truth value, English or Chinese."""
    folded = fold(text)
    if folded is None:
        return None
    word = folded.casefold()
    if word not in _YES | _NO:
        raise CellError(Reason.UNKNOWN_VALUE)
    return word in _YES


@cache
def text_up_to(longest: int, /) -> Read[str]:
    """Return a reader of text of at most `longest` characters, without control characters but line breaks and tabs."""

    def read(text: str) -> str | None:
        stripped = text.strip().strip("\ufeff")
        if stripped in NOTHING:
            return None
        if len(stripped) > longest:
            raise CellError(Reason.TOO_LONG)
        if not stripped.isprintable() and _CONTROL.search(stripped):
            raise CellError(Reason.MALFORMED)
        return stripped

    return read


def one_of(words: dict[str, Value], /) -> Read[Value]:
    """Return a reader of the values of a closed list of words."""

    def read(text: str) -> Value | None:
        folded = fold(text)
        if folded is None:
            return None
        if folded.casefold() not in words:
            raise CellError(Reason.UNKNOWN_VALUE)
        return words[folded.casefold()]

    return read


def instant_before(now: datetime, /) -> Read[datetime]:
    """Return a reader of ISO 8601 instants into UTC; without an offset UTC is meant. Tolerates an hour of skew."""
    latest = latest_instant(now)

    def read(text: str) -> datetime | None:
        folded = fold(text)
        if folded is None:
            return None
        instant = _parse_instant(folded)
        if instant > latest:
            raise CellError(Reason.IN_FUTURE)
        return instant

    return read


def latest_instant(now: datetime, /) -> datetime:
    """Return the last instant that is not in the future, for clocks that differ a little."""
    return now + timedelta(hours=1)


def day_before(now: datetime, /) -> Read[date]:
    """Return a reader of days, 2019-05-03, 2019/5/3 or an instant, whose day in China counts."""
    latest = now.astimezone(LOCAL).date()

    def read(text: str) -> date | None:
        folded = fold(text)
        if folded is None:
            return None
        day = _parse_day(folded)
        if day > latest:
            raise CellError(Reason.IN_FUTURE)
        if day < _EARLIEST:
            raise CellError(Reason.OUT_OF_RANGE)
        return day

    return read


def _parse_day(text: str) -> date:
    parts = text.replace("/", "-").split("-")
    try:
        if len(parts) == 3 and all(part.isdecimal() for part in parts):  # noqa: PLR2004 - year, month, day
            return date(*map(int, parts))
    except ValueError:
        raise CellError(Reason.MALFORMED) from None
    return _parse_instant(text).astimezone(LOCAL).date()


def _parse_instant(text: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(text)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise CellError(Reason.MALFORMED) from None
