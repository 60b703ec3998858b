"""Numbers that honest texts are full of: dates, hours, prices, sizes, models. Alone they are no telephone number.

A span is benign only when it is possible: no thirteenth month, no hundredth floor, no price that begins with a nought.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a benign number is; dates and hours may be padded with a nought, the others may not."""

    DATE = "date"
    CLOCK = "clock"
    AMOUNT = "amount"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Benign:
    """A span of the folded text, half-open, whose digits have an honest reading."""

    start: int
    end: int
    kind: Kind


_MONTH = r"(?:0?[1-9]|1[0-2])"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_YEAR = r"20[2-4][0-9]"
_TO = r" ?(?:[-~—至到]|--|——) ?"
_HOUR = r"(?:[01]?[0-9]|2[0-4])"
_MINUTE = r"[:点时][0-5][0-9]"
_START, _END = r"(?<![0-9])", r"(?![0-9])"
_SIZE = r"(?:0|[1-9][0-9]{0,4})(?:\.[0-9]{1,2})?"
_LIST = rf"{_SIZE}(?: ?[-/、,~+*×至到或和] ?{_SIZE}){{0,6}}"
_UNIT = (
    r"(?:元|块|折|%|升|l|寸|英寸|匹|公斤|千克|克|kg|斤|个|天|周|季|室|平|m2|m|期|kw|w|瓦|度|℃|小时|分钟|秒|毫|公里|"
    r"时|次|人|万|级|档|db|分贝|台|件|套|位|名|户|家|款|店|团|k|hz|v|伏|重|大|折起|折扣|积分|余|多|份|张|场|种|项|转|步|"
    r"条|片|桶|瓶|支|双|组|盒|箱|年|月|开门|门店|米|cm|厘米|mm|ml|a|安|像素|起|p|g|t|包|批|岁|步|英尺|平米|平方|工作日)"
)
# What is counted in few digits only: there is no 138th floor, no 8000th unit of a house.
_FEW_UNIT = r"(?:楼|层|栋|幢|座|单元|弄|门|路|点|分|日|月|年)"
_NUMBERED = r"(?:号|室)"
_LEAD = (
    r"(?:¥|价|满|减|送|省|返|抵|券|券后|补|补贴|降|优惠|立减|直降|仅|只要|仅需|只需|低至|到手|原价|现价|参考|惠|享|赠|"
    r"付|定金|订金|领|限|限量|前|超|达|约|近|售|卖|领取|积分|积|第)"
)
_UNTIL = rf"[日号]?{_TO}(?:{_YEAR}[-./年])?(?:{_MONTH}[-./月])?{_DAY}"

_PATTERNS = {
    Kind.DATE: (
        rf"{_START}{_YEAR}[-./年] ?{_MONTH}[-./月] ?{_DAY}(?:{_UNTIL})?(?:[日号]|{_END})",
        rf"{_START}{_MONTH}[./月]{_DAY}[日号]?{_TO}(?:{_MONTH}[./月])?{_DAY}(?:[日号]|{_END})",
        rf"{_START}{_MONTH}月{_DAY}(?:[日号]|{_END})",
        rf"{_START}{_YEAR}[-./年]{_MONTH}(?:月|{_END})",
        rf"{_START}{_MONTH}[./]{_DAY}(?:[日号]|(?=[ ,(起前后]))",
        rf"{_START}{_DAY}日?{_TO}{_DAY}日",
        rf"{_START}(?:{_YEAR}年|{_MONTH}月|{_DAY}日)",
    ),
    Kind.CLOCK: (
        rf"{_START}{_HOUR}{_MINUTE}(?:{_TO}{_HOUR}{_MINUTE})?(?:分|{_END})",
        rf"{_START}{_HOUR}[点时]?{_TO}{_HOUR}[点时]",
        rf"{_START}{_HOUR}[点时]",
    ),
    Kind.AMOUNT: (
        rf"{_LEAD} ?{_SIZE}(?:[-/减送返] ?{_SIZE})?{_END}",
        rf"{_START}[1-9][0-9]?(?:[-/、,~至到][1-9][0-9]?){{0,4}}{_FEW_UNIT}",
        rf"{_START}[1-9][0-9]{{0,3}}(?:-[1-9][0-9]?)?{_NUMBERED}",
        rf"{_START}{_LIST} ?{_UNIT}",
        rf"{_START}{_SIZE} ?[*×+] ?{_SIZE} ?[*×+=] ?{_SIZE}{_END}",
    ),
}
_BENIGN = re.compile("|".join(f"(?P<{kind.name}>{'|'.join(each)})" for kind, each in _PATTERNS.items()))
_MODEL = re.compile(r"[a-z0-9][a-z0-9/-]*")
_RUN = re.compile(r"[0-9]+")
_DIGIT = re.compile(r"[0-9]")
NUMBER_SHAPE = re.compile(r"(?:86)?1[3-9][0-9]{9}|[48]00[0-9]{7}|0[1-9][0-9]{8,10}")

_MODEL_LETTERS_MIN = 2
_MODEL_DIGITS_MAX = 7
_MODEL_RUN_MAX = 4
_PAD_MIN = 3

BARRIER = "\x00"


def _is_model(token: str) -> bool:
    runs = _RUN.findall(token)
    letters = sum(map(str.isalpha, token))
    return (
        letters >= _MODEL_LETTERS_MIN
        and 0 < sum(map(len, runs)) <= _MODEL_DIGITS_MAX
        and all(len(run) <= _MODEL_RUN_MAX and not (run[0] == "0" and len(run) >= _PAD_MIN) for run in runs)
    )


def _blank(text: str, spans: list[Benign]) -> str:
    chars = list(text)
    for span in spans:
        chars[span.start : span.end] = BARRIER * (span.end - span.start)
    return "".join(chars)


def find_benign(text: str) -> list[Benign]:
    """Return the benign spans of a folded text with its numerals read, in order, none overlapping."""
    # Somebody may dress a phone number as one price list: 138/1234/8000元.
    found = [
        Benign(*match.span(), Kind[str(match.lastgroup)])
        for match in _BENIGN.finditer(text)
        if not NUMBER_SHAPE.fullmatch("".join(_DIGIT.findall(match[0])))
    ]
    models = (match for match in _MODEL.finditer(_blank(text, found)) if _is_model(match[0]))
    found += [Benign(*match.span(), Kind.MODEL) for match in models]
    return sorted(found, key=lambda span: span.start)


def blank_benign(text: str, spans: list[Benign]) -> str:
    """Return the text with dates, hours and amounts blanked out, at the same length; models stay readable."""
    return _blank(text, [span for span in spans if span.kind is not Kind.MODEL])
