"""Numbers that honest texts are full of: dates, hours, prices, sizes, addresses. They are no part of a phone number."""

from __future__ import annotations

import re

_MONTH = r"(?:0?[1-9]|1[0-2])"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_YEAR = r"20[2-4][0-9]"
_TO = r" ?(?:[-~—至到]|--|——) ?"
_HOUR = r"(?:[01]?[0-9]|2[0-4])"
_START, _END = r"(?<![0-9])", r"(?![0-9])"
_SIZE = r"[0-9]{1,5}(?:\.[0-9]{1,2})?"
_UNIT = (
    r"(?:元|块|折|%|升|l|寸|匹|公斤|千克|kg|斤|年|个|天|日|周|月|季|号|楼|层|室|栋|幢|座|单元|弄|米|平|m2|m|期|kw|w|瓦|度|℃|"
    r"分|小时|时|点|次|人|万|级|档|db|台|件|套|位|名|户|家|款|店|门|路|团|k|hz|v|重|大|折起)"
)
_LEAD = r"(?:¥|价|满|减|送|省|返|抵|券|补|补贴|降|优惠|立减|直降|仅|只要|仅需|低至|到手|原价|现价|参考)"

_UNTIL = rf"[日号]?{_TO}(?:{_YEAR}[-./年])?(?:{_MONTH}[-./月])?{_DAY}"

_DATES = (
    rf"{_START}{_YEAR}[-./年] ?{_MONTH}[-./月] ?{_DAY}(?:{_UNTIL})?(?:[日号]|{_END})",
    rf"{_START}{_MONTH}[./月]{_DAY}[日号]?{_TO}(?:{_MONTH}[./月])?{_DAY}(?:[日号]|{_END})",
    rf"{_START}{_YEAR}[-./年]{_MONTH}(?:月|{_END})",
    rf"{_START}{_MONTH}[./]{_DAY}(?:[日号]|(?=[ ,(起前后]))",
)
_HOURS = (
    rf"{_START}{_HOUR}[:点时][0-5][0-9](?:{_TO}{_HOUR}[:点时][0-5][0-9])?(?:分|{_END})",
    rf"{_START}{_HOUR}[点时]?{_TO}{_HOUR}[点时]",
)
_AMOUNTS = (
    rf"{_LEAD} ?{_SIZE}(?:[-/减送返] ?{_SIZE})?{_END}",
    rf"{_START}{_SIZE}(?: ?[-/、,~+*×] ?{_SIZE}){{0,6}} ?{_UNIT}",
    rf"{_START}{_SIZE} ?[*×+] ?{_SIZE} ?[*×+=] ?{_SIZE}{_END}",
)
_BENIGN = re.compile("|".join((*_DATES, *_HOURS, *_AMOUNTS)))
_DIGIT = re.compile(r"[0-9]")
NUMBER_SHAPE = re.compile(r"(?:86)?1[3-9][0-9]{9}|[48]00[0-9]{7}|0[0-9]{9,11}")

BARRIER = "\x00"


def _blank(match: re.Match[str]) -> str:
    span = match[0]
    # Somebody may dress a phone number as a price list: 138/0013/8000元.
    if NUMBER_SHAPE.fullmatch("".join(_DIGIT.findall(span))):
        return span
    return BARRIER * len(span)


def blank_benign(text: str) -> str:
    """Return a folded text with the numbers of dates, hours, prices and sizes blanked out, at the same length."""
    return _BENIGN.sub(_blank, text)
