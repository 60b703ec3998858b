"""Spellings of community names: which of them mean the same place."""

from __future__ import annotations

import re
import unicodedata

from opencc import OpenCC
from rapidfuzz.distance import Indel

_SUFFIXES = (
    "社区居民委员会",
    "社区居委会",
    "村民委员会",
    "居民委员会",
    "家属委员会",
    "村委会",
    "居委会",
    "家委会",
    "住宅小区",
    "住宅区",
    "社区",
    "小区",
)
_VILLAGE_SUFFIXES = frozenset({"村民委员会", "村委会"})
_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
# Two names that differ by one of these mean two places: 东里 and 西里, 一区 and 二区, 新村 and 老村.
_TELLING = frozenset("0123456789十百东西南北中上下前后左右内外新老旧大小甲乙丙丁ABCDEFGH期区村里苑园街路巷弄号院组队")
_NOT_A_NAME = frozenset(
    {"暂无数据", "暂无", "无数据", "无", "未知", "不详", "其他", "其它", "null", "none", "nan", "n/a", "na", "-", "--"}
)
_PUNCTUATION = re.compile(r"[\s\-_·•・.,，。、()（）\[\]【】《》〈〉'\"“”‘’/\\|#:：;；~～]+")
_BUILDING = re.compile(
    r"(第?[0-9a-z]+(号院)?)?([0-9a-z]+(号|#|栋|幢|座)?)?(号楼|栋|幢|座|单元|楼|building[0-9a-z]*)[0-9a-z]*"
)
_LEAST_KEY = 2
_LEAST_FUZZY = 5
_LEAST_CONTAINED = 3
_LEAST_SIMILARITY = 0.8


class _Simplified(dict[int, str]):
    """Translation table from traditional to simplified characters, filled as characters are met."""

    def __init__(self) -> None:
        super().__init__()
        self._converter = OpenCC("t2s")

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        if code_point > 0x2E80:  # noqa: PLR2004 - CJK begins here; nothing below has two forms
            character = str(self._converter.convert(character))
        elif unicodedata.category(character).startswith("C"):
            character = ""
        self[code_point] = character
        return character


_SIMPLIFIED = _Simplified()


def clean_name(text: str) -> str:
    """Return a name as it is stored: full width folded, control characters gone, single spaces, '' for 暂无数据."""
    folded = unicodedata.normalize("NFKC", text).translate(_CONTROLS)
    folded = " ".join(folded.split())
    return "" if folded.casefold() in _NOT_A_NAME else folded


class _Controls(dict[int, str]):
    """Translation table that drops control, format and unassigned characters, and turns line breaks into spaces."""

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        if character in "\t\r\n":
            character = " "
        elif unicodedata.category(character).startswith("C"):
            character = ""
        self[code_point] = character
        return character


_CONTROLS = _Controls()


def _strip_suffixes(name: str) -> str:
    while True:
        for suffix in _SUFFIXES:
            if name.endswith(suffix) and len(name) - len(suffix) >= _LEAST_KEY:
                name = name[: -len(suffix)]
                if suffix in _VILLAGE_SUFFIXES and not name.endswith("村"):
                    name += "村"
                break
        else:
            return name


def make_key(name: str, *, prefixes: tuple[str, ...] = ()) -> str:
    """Return what all spellings of one name share.

    Simplified characters, no punctuation, ASCII digits, without 居委会, 社区, 小区 at the end and without the names of
    the city and district (`prefixes`) in front.
    """
    key = unicodedata.normalize("NFKC", name).translate(_SIMPLIFIED).casefold()
    key = _PUNCTUATION.sub("", key)
    for prefix in prefixes:
        if key.startswith(prefix) and len(key) - len(prefix) > _LEAST_KEY:
            key = key[len(prefix) :]
    return _strip_suffixes(key).replace("第", "").translate(_DIGITS)


def is_building_number(name: str) -> bool:
    """Say whether a name only numbers a building (10号楼, Building 41): part of a community, not one."""
    return _BUILDING.fullmatch(_PUNCTUATION.sub("", name).casefold()) is not None


def is_same_place(key: str, other: str) -> bool:
    """Say whether two different keys of places close together are spellings of one: a slip, or a longer form."""
    short, long = sorted((key, other), key=len)
    if len(short) >= _LEAST_CONTAINED and long.endswith(short):
        return _TELLING.isdisjoint(long[: -len(short)].upper())
    if len(short) < _LEAST_FUZZY or Indel.normalized_similarity(key, other) < _LEAST_SIMILARITY:
        return False
    return _TELLING.isdisjoint(_find_differences(key, other))


def _find_differences(key: str, other: str) -> set[str]:
    differing: set[str] = set()
    for operation in Indel.opcodes(key, other):
        if operation.tag != "equal":
            differing.update(key[operation.src_start : operation.src_end].upper())
            differing.update(other[operation.dest_start : operation.dest_end].upper())
    return differing
