"""Layer 3a: telephone numbers, however split or spelt, and any other run of seven digits or more."""

from __future__ import annotations

import re
from bisect import bisect_left

from messaging.campaigns.content.benign import BARRIER, NUMBER_SHAPE, Benign, Kind, blank_benign
from messaging.campaigns.content.pieces import cut, find_pieced
from messaging.campaigns.content.values import Finding, Rule, RuleClass, Verdict
from messaging.campaigns.content.views import View, Views, read_digits

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_SERVICE = re.compile(r"[48]00[0-9]{7}")
_LANDLINE = re.compile(r"0[1-9][0-9]{8,10}")

# Each repeated part ends in a digit and holds no other: one way to match, hence no backtracking.
_SPLIT = re.compile(rf"[0-9](?:[^\w{BARRIER}]*[0-9]){{6,}}")
_FILLED = re.compile(rf"[0-9](?:[^0-9{BARRIER}]{{0,2}}[0-9]){{9,}}")
_FAR_FILLED = re.compile(rf"[0-9](?:[^0-9{BARRIER}]{{0,4}}[0-9]){{9,}}")
_EVENLY_SPLIT = re.compile(r"(?<![0-9])[0-9]{1,9}([^0-9]{1,2})[0-9]{1,9}(?:\1[0-9]{1,9})+")
_SOUNDED = re.compile(r"[0-9]{10,}")
_SOUNDED_SHAPE = re.compile(r"1[3-9][0-9]{9}|[48]00[0-9]{7}")
# Digits in pinyin, with true ones among them: each syllable begins in its own way, so there is one way to match.
_SYLLABLE = r"(?:ling|dong|yi|yao|er|liang|san|si|wu|liu|qi|guai|ba|jiu|gou)"
_ROMANISED = re.compile(rf"(?:{_SYLLABLE}[0-9]*){{4,}}")
_EXCHANGE = re.compile(r"(?<![0-9])[0-9]{5,8}转(?:人工|接|坐席|分机)")
# Eight digits of a town, in two halves; not two years, and no two prices, which end as prices do.
_HALVES = re.compile(r"(?<![0-9.-])(?!20[0-4][0-9]-20)[2-9][0-9]{3}[- ][0-9]{4}(?![0-9.])(?<![0589]-....|[0589] ....)")
_WORD = r"(?:zero|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_WORDED = re.compile(rf"(?:{_WORD}[0-9]*){{3,}}")
_WORDED_PART = re.compile(rf"{_WORD}|[0-9]")
_PADDED = re.compile(r"(?<![0-9])0[0-9]")
_NO_DIGIT = re.compile(r"[^0-9]+")

_REVIEWED_FILLED = 11
_MIN_TRUE_DIGITS = 3
_ROMANISED_MIN = 12
_WORDED_MIN = 7


def find_numbers(views: Views, *, spans: list[Benign]) -> list[Finding]:
    """Return the numbers of a text: split by signs, by fillers, dressed as amounts, or written as they sound."""
    digits = views.digits.replace(blank_benign(views.digits.text, spans))
    split = (match for match in _SPLIT.finditer(digits.text) if not _is_model(match, spans=spans))
    findings = [_object(digits, match, rule=_name(match[0])) for match in split]
    findings += _find_filled(digits)
    findings += _find_evenly_split(views.digits)
    findings += find_pieced(views.digits, cut(views.digits, spans=spans, typed=_find_typed_digits(views.folded)))
    exchanges = _EXCHANGE.finditer(views.digits.text)
    findings += [_object(views.digits, match, rule=Rule.SERVICE_NUMBER) for match in exchanges]
    halves = _HALVES.finditer(views.digits.text)
    findings += [_object(views.digits, match, rule=Rule.LANDLINE_NUMBER, verdict=Verdict.REVIEW) for match in halves]
    findings += _find_sounded(views)
    findings += [_object(views.squeezed, match, rule=Rule.HIDDEN_NUMBER) for match in _find_romanised(views.squeezed)]
    return findings


def _find_typed_digits(folded: View) -> frozenset[int]:
    return frozenset(
        place for char, place in zip(folded.text, folded.origin, strict=True) if char.isascii() and char.isdigit()
    )


def _is_model(match: re.Match[str], *, spans: list[Benign]) -> bool:
    """Whether a model number with letters at both ends holds the match whole: CXW-260-8390S."""
    place = bisect_left(spans, match.end(), key=lambda span: span.end)
    if place == len(spans) or spans[place].kind is not Kind.MODEL:
        return False
    span = spans[place]
    return span.start < match.start() and match.end() < span.end and match.string[span.end - 1].isalpha()


def _strip(span: str) -> str:
    return _NO_DIGIT.sub("", span)


def _name(span: str) -> Rule:
    number = _strip(span)
    if _MOBILE.search(number):
        return Rule.MOBILE_NUMBER
    if _SERVICE.search(number):
        return Rule.SERVICE_NUMBER
    return Rule.LANDLINE_NUMBER if _LANDLINE.search(number) else Rule.LONG_NUMBER


def _object(view: View, match: re.Match[str], *, rule: Rule, verdict: Verdict = Verdict.REFUSE) -> Finding:
    start, end = view.locate(*match.span())
    return Finding(rule, RuleClass.STRUCTURE, start, end, verdict)


def _find_filled(digits: View) -> list[Finding]:
    """Find numbers with characters between the digits: certain with two at a time, doubtful with up to four."""
    findings = []
    for pattern, certain in ((_FILLED, Verdict.REFUSE), (_FAR_FILLED, Verdict.REVIEW)):
        for match in pattern.finditer(digits.text):
            number = _strip(match[0])
            if _MOBILE.search(number) or _SERVICE.search(number):
                findings.append(_object(digits, match, rule=Rule.HIDDEN_NUMBER, verdict=certain))
            elif len(number) >= _REVIEWED_FILLED:
                findings.append(_object(digits, match, rule=Rule.HIDDEN_NUMBER, verdict=Verdict.REVIEW))
    return findings


def _find_evenly_split(digits: View) -> list[Finding]:
    """Find a number dressed as a row of equal things: 138元0013元8000元. No price begins with a nought."""
    findings = []
    for match in _EVENLY_SPLIT.finditer(digits.text):
        if NUMBER_SHAPE.fullmatch(_strip(match[0])):
            verdict = Verdict.REFUSE if _PADDED.search(match[0]) else Verdict.REVIEW
            findings.append(_object(digits, match, rule=Rule.HIDDEN_NUMBER, verdict=verdict))
    return findings


def _find_sounded(views: Views) -> list[Finding]:
    """Find numbers in which some digits are written as characters that only sound or look like one."""
    typed = read_digits(views.squeezed).text
    findings = []
    for run in _SOUNDED.finditer(views.sounded.text):
        for match in _SOUNDED_SHAPE.finditer(views.sounded.text, *run.span()):
            true_digits = len(_strip(typed[match.start() : match.end()]))
            # Words in a row hardly ever sound like a number; with some true digits among them never.
            verdict = Verdict.REFUSE if true_digits >= _MIN_TRUE_DIGITS else Verdict.REVIEW
            if true_digits < len(match[0]):
                findings.append(_object(views.sounded, match, rule=Rule.HIDDEN_NUMBER, verdict=verdict))
    return findings


def _find_romanised(squeezed: View) -> list[re.Match[str]]:
    """Find digits written out in pinyin or in English."""
    romanised = [match for match in _ROMANISED.finditer(squeezed.text) if len(match[0]) >= _ROMANISED_MIN]
    worded = (match for match in _WORDED.finditer(squeezed.text))
    return romanised + [match for match in worded if len(_WORDED_PART.findall(match[0])) >= _WORDED_MIN]
