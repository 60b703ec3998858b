"""How many parts a carrier charges for a text. Equal to smsutil; surrogate pairs are never split."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from smsutil.codecs import GSM_BASIC_CHARSET, GSM_EXT_CHARSET

_UCS2_SINGLE, _UCS2_PART = 70, 67
_GSM_SINGLE, _GSM_PART = 160, 153
_BMP_LAST = 0xFFFF

_GSM_COST = dict.fromkeys(GSM_BASIC_CHARSET, 1) | dict.fromkeys(GSM_EXT_CHARSET, 2)


class Encoding(StrEnum):
    """The alphabet that a text needs on the air."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """Units (septets in GSM-7, UTF-16 units in UCS-2) and the parts that they fill, at least one."""

    segments: int
    units: int
    encoding: Encoding


def count_utf16_units(text: str) -> int:
    """Return how many UTF-16 code units a text takes."""
    return len(text) + sum(1 for char in text if ord(char) > _BMP_LAST)


def _count_parts(costs: list[int], *, single: int, part: int) -> int:
    if sum(costs) <= single:
        return 1
    parts, filled = 1, 0
    for cost in costs:
        filled += cost
        if filled > part:
            parts, filled = parts + 1, cost
    return parts


def count_segments(text: str) -> SegmentCount:
    """Count the parts of a text: 70 UTF-16 units alone, 67 in each of several (160 and 153 septets in GSM-7)."""
    if text and all(char in _GSM_COST for char in text):
        costs = [_GSM_COST[char] for char in text]
        segments = _count_parts(costs, single=_GSM_SINGLE, part=_GSM_PART)
        return SegmentCount(segments, sum(costs), Encoding.GSM7)
    costs = [2 if ord(char) > _BMP_LAST else 1 for char in text]
    return SegmentCount(_count_parts(costs, single=_UCS2_SINGLE, part=_UCS2_PART), sum(costs), Encoding.UCS2)
