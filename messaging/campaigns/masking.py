"""Masks what is said in a conversation, either way: everything by which two people could find each other outside it.

First names that somebody gives: only what people introduce as a name is recognised as one. Then the patterns that stand
for tickets too (phones, accounts, doors, identity numbers), then what the content rules recognise however it is spelt
(numbers in words or pieces, addresses of the web).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from messaging.campaigns.content.addresses import find_addresses
from messaging.campaigns.content.benign import find_benign
from messaging.campaigns.content.numbers import find_numbers
from messaging.campaigns.content.values import Rule
from messaging.campaigns.content.views import make_views
from privacy.redaction import PERSONAL_MASK, PHONE_MASK, mask_personal_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from messaging.campaigns.content.values import Finding

LONGEST_LINE: Final = 500
"""Characters of a line that are kept; more is cut before any pattern reads it."""

# A character for private use stands for what is masked, so that no later rule reads the mask as text.
_HOLE = "\ue000"
_HOLES = re.compile(f"{_HOLE}(?:[ .@/]?{_HOLE})*")
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜"
    "崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_NAMES = re.compile(
    rf"(?P<sure>我叫|本人叫|名字叫|名字是|姓名[:：是]?\s*|联系人[:：]?\s*)[\u4e00-\u9fff]{{2,4}}"
    rf"|(?P<maybe>我是|本人)[{_SURNAMES}](?:先生|女士|小姐|师傅|老师|阿姨|叔叔"
    rf"|[\u4e00-\u9fff]?[^\W的了呢啊a-zA-Z0-9](?![\u4e00-\u9fff]))"
)
_ENGLISH = re.compile(r"\b(my name is|i am called|this is|call me)\s+[A-Z][a-z]+(?:\s+[A-Z][a-z]+)?", re.IGNORECASE)


def mask_line(text: str, /) -> str:
    """Return a line of a conversation as the other side may read it: one line, masked, of at most 500 characters."""
    line = " ".join(text.replace(_HOLE, " ").split())[:LONGEST_LINE]
    holed = mask_personal_text(_mask_names(line)).replace(PERSONAL_MASK, _HOLE).replace(PHONE_MASK, _HOLE)
    views = make_views(holed)
    found = [*find_numbers(views, spans=find_benign(views.digits.text)), *find_addresses(holed, views=views)]
    return _HOLES.sub(PERSONAL_MASK, _mask_spans(holed, [one for one in found if not _is_word(holed, one)]))


def _is_word(text: str, finding: Finding) -> bool:
    """Say whether something that might be an account is letters only, hence more likely a word or a brand."""
    return finding.rule is Rule.HANDLE and text[finding.start : finding.end].isalpha()


def _mask_spans(text: str, findings: Iterable[Finding]) -> str:
    kept, at = [], 0
    for finding in sorted(findings, key=lambda each: (each.start, -each.end)):
        if finding.end > at:
            kept.append(text[at : max(at, finding.start)])
            at = finding.end
    return _HOLE.join([*kept, text[at:]])


def _mask_names(text: str) -> str:
    named = _NAMES.sub(lambda found: f"{found['sure'] or found['maybe']}{_HOLE}", text)
    return _ENGLISH.sub(lambda found: f"{found[1]} {_HOLE}", named)
