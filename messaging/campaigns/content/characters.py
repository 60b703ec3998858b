"""Layer 1: the characters that a text may be made of. Everything else is refused, with its position."""

from __future__ import annotations

import re
from unicodedata import category

from messaging.campaigns.content.values import Finding, Rule, RuleClass, Verdict

PUNCTUATION = frozenset(" !\"%&'()*+,-./:;=?~¥·×—…‘’“”、。《》！％（），－．／：；＝？～￥＋℃㎡°²³#")

_LETTERS_AND_DIGITS = frozenset(
    chr(code + offset)
    for offset in (0, 0xFEE0)  # as typed on a keyboard, and the same in full width
    for first, last in (("0", "9"), ("A", "Z"), ("a", "z"))
    for code in range(ord(first), ord(last) + 1)
)
_HAN_FIRST, _HAN_LAST = "\u4e00", "\u9fff"
_ALLOWED = PUNCTUATION | _LETTERS_AND_DIGITS | {"〇"}

_LINE_BREAKS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_BRACKETS = frozenset("[]{}【】〔〕〖〗〘〙［］｛｝「」『』﹝﹞⟦⟧")
_ENCLOSED = re.compile("[\u2460-\u24ff\u2776-\u2793\u3200-\u33ff\U0001f100-\U0001f1ff]")
_EMOJI = re.compile("[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")
_INVISIBLE = ("C", "M", "Z")


def is_allowed(char: str) -> bool:
    """Whether a character may stand in a text."""
    return char in _ALLOWED or _HAN_FIRST <= char <= _HAN_LAST


def _name_fault(char: str) -> Rule:
    if char in _LINE_BREAKS:
        return Rule.LINE_BREAK
    if char in _BRACKETS:
        return Rule.SIGNATURE_BRACKET
    kind = category(char)
    if kind.startswith("N") or _ENCLOSED.match(char):
        return Rule.ENCLOSED
    if _EMOJI.match(char):
        return Rule.EMOJI
    if kind.startswith(_INVISIBLE):
        return Rule.INVISIBLE
    return Rule.FOREIGN_SCRIPT if kind.startswith("L") else Rule.SYMBOL


def find_characters(text: str) -> list[Finding]:
    """Return one finding for each run of characters that break the allow-list in the same way."""
    findings: list[Finding] = []
    for place, char in enumerate(text):
        if is_allowed(char):
            continue
        rule, start = _name_fault(char), place
        if findings and findings[-1].end == place and findings[-1].rule is rule:
            start = findings.pop().start
        findings.append(Finding(rule, RuleClass.CHARACTERS, start, place + 1, Verdict.REFUSE))
    return findings
