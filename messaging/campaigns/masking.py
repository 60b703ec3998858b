"""Masks what is said in a conversation, either way: everything by which two people could find each other outside it.

First names that somebody gives: only what people introduce as a name is recognised as one. Then the patterns that stand
for tickets too (phones, accounts, doors, identity numbers), then what the content rules recognise however it is spelt
(numbers in words or pieces, addresses of the web). What a reader does not see is dropped before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from unicodedata import category, normalize, numeric

from messaging.campaigns.content.addresses import find_addresses
from messaging.campaigns.content.benign import find_benign
from messaging.campaigns.content.numbers import find_numbers
from messaging.campaigns.content.readings import list_readings
from messaging.campaigns.content.values import Rule
from messaging.campaigns.content.views import make_views
from privacy.redaction import PERSONAL_MASK, find_personal_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from messaging.campaigns.content.values import Finding

LONGEST_LINE: Final = 500
"""Characters of a line that are kept; more is cut before any pattern reads it."""

# A character for private use stands for what is masked, so that no later rule reads the mask as text.
_HOLE = "\ue000"
_HOLES = re.compile(f"{_HOLE}(?:[ .@/]?{_HOLE})*")
# Marks and formats change how a neighbour looks, or nothing; the fillers are letters that look like nothing.
_UNSEEN = frozenset({"Cf", "Mn", "Me"})
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# Control characters, of which PostgreSQL stores no NUL, and halves of a surrogate pair, which no UTF-8 has.
_UNWRITABLE = frozenset({"Cc", "Cs"})
_POWERS = "²³"
_NUMBERS = frozenset({"Nd", "Nl", "No"})
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜"
    "崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_NAMES = re.compile(
    r"(?P<sure>(?:我叫|本人叫|名字叫|名字是|姓名|联系人)[:：是]?\s*|姓(?=.名))[\u4e00-\u9fff]{2,4}"
    rf"|(?P<maybe>我是|本人)[{_SURNAMES}](?:先生|女士|小姐|师傅|老师|阿姨|叔叔"
    rf"|[\u4e00-\u9fff]?[^\W的了呢啊a-zA-Z0-9](?![\u4e00-\u9fff]))"
)
_ENGLISH = re.compile(r"\b(my name is|i am called|this is|call me)\s+[A-Z][a-z]+(?:\s+[A-Z][a-z]+)?", re.IGNORECASE)
# A door with its numerals read: 叁栋贰单元伍零壹. Two figures at least, for 一座 and 两室一厅 lead nobody anywhere.
_DOOR = re.compile(
    r"(?:[0-9]+ ?号 ?)?[0-9]+ ?(?:号楼|栋|幢|单元) ?[0-9]+(?: ?单元 ?[0-9]+)?(?: ?[室户房])?|[0-9]{3,4} ?[室户]"
)


def mask_line(text: str, /) -> str:
    """Return a line of a conversation as the other side may read it: one line, masked, of at most 500 characters."""
    holed = _mask_names(_clean(text)[:LONGEST_LINE])
    return _HOLES.sub(PERSONAL_MASK, _mask_spans(holed, _find_spans(_write_plainly(holed))))


def _clean(text: str) -> str:
    """Return a text as one line of characters that can be seen and stored."""
    kinds = ((char, category(char)) for char in normalize("NFC", text) if char not in _FILLERS)
    seen = (" " if kind in _UNWRITABLE or char == _HOLE else char for char, kind in kinds if kind not in _UNSEEN)
    return " ".join("".join(seen).split())


def _write_plainly(line: str) -> str:
    """Return a line of the same length with digits as 0-9 and letters bare, whatever circle or mark they had."""
    return "".join(_write(char, before=line[place - 1 : place]) for place, char in enumerate(line))


def _write(char: str, *, before: str) -> str:
    if char in _POWERS and before.isalpha():
        return char  # a unit's, of which the content rules know
    value = numeric(char, -1) if category(char) in _NUMBERS else -1
    if value in range(10):
        return str(int(value))
    bare = "".join(part for part in normalize("NFKD", char) if category(part) not in _UNSEEN)
    return bare if len(bare) == 1 else char


def _find_spans(line: str) -> Iterator[tuple[int, int]]:
    yield from find_personal_text(line)
    for reading in list_readings(line):
        views = make_views(reading)
        found = [*find_numbers(views, spans=find_benign(views.digits.text)), *find_addresses(reading, views=views)]
        yield from ((one.start, one.end) for one in found if not _is_word(reading, one))
        yield from (views.digits.locate(*door.span()) for door in _DOOR.finditer(views.digits.text))


def _is_word(text: str, finding: Finding) -> bool:
    """Say whether something that might be an account is letters only, hence more likely a word or a brand."""
    return finding.rule is Rule.HANDLE and text[finding.start : finding.end].isalpha()


def _mask_spans(text: str, spans: Iterable[tuple[int, int]]) -> str:
    kept, at = [], 0
    for start, end in sorted(spans, key=lambda each: (each[0], -each[1])):
        if end > at:
            kept.append(text[at : max(at, start)])
            at = end
    return _HOLE.join([*kept, text[at:]])


def _mask_names(text: str) -> str:
    named = _NAMES.sub(lambda found: f"{found['sure'] or found['maybe']}{_HOLE}", text)
    return _ENGLISH.sub(lambda found: f"{found[1]} {_HOLE}", named)
