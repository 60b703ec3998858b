"""Layer 3a: telephone numbers, however split or spelt, and any other run of seven digits or more."""

from __future__ import annotations

import re

from messaging.campaigns.content.benign import BARRIER, NUMBER_SHAPE, blank_benign
from messaging.campaigns.content.values import Finding, Rule, RuleClass, Verdict
from messaging.campaigns.content.views import View, Views, read_digits

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_SERVICE = re.compile(r"[48]00[0-9]{7}")
_LANDLINE = re.compile(r"0[1-9][0-9]{8,10}")

# Each repeated part ends in a digit and holds no other: one way to match, hence no backtracking.
_SPLIT = re.compile(rf"[0-9](?:[^\w{BARRIER}]{{0,4}}[0-9]){{6,}}")
_FILLED = re.compile(rf"[0-9](?:[^0-9{BARRIER}]{{0,2}}[0-9]){{9,}}")
_EVENLY_SPLIT = re.compile(r"(?<![0-9])[0-9]{1,9}([^0-9]{1,2})[0-9]{1,9}(?:\1[0-9]{1,9})+")
_SOUNDED = re.compile(r"[0-9]{11,}")
_PADDED = re.compile(r"(?<![0-9])0[0-9]")
_NO_DIGIT = re.compile(r"[^0-9]+")

_REVIEWED_FILLED = 11
_MIN_TRUE_DIGITS = 3


def find_numbers(views: Views) -> list[Finding]:
    """Return the numbers of a text; runs split by signs only, by fillers, and by characters that sound like digits."""
    digits = views.digits.replace(blank_benign(views.digits.text))
    findings = [_object(digits, match, rule=_name(match[0])) for match in _SPLIT.finditer(digits.text)]
    findings += _find_filled(digits)
    findings += _find_evenly_split(views.digits)
    findings += _find_sounded(views)
    return findings


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
    findings = []
    for match in _FILLED.finditer(digits.text):
        number = _strip(match[0])
        if _MOBILE.search(number) or _SERVICE.search(number):
            findings.append(_object(digits, match, rule=Rule.HIDDEN_NUMBER))
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
    """Find mobile numbers in which some digits are written as characters that only sound or look like one."""
    typed = read_digits(views.squeezed).text
    findings = []
    for run in _SOUNDED.finditer(views.sounded.text):
        for match in _MOBILE.finditer(views.sounded.text, *run.span()):
            true_digits = len(_strip(typed[match.start() : match.end()]))
            # Words in a row hardly ever sound like a mobile number; with some true digits among them never.
            verdict = Verdict.REFUSE if true_digits >= _MIN_TRUE_DIGITS else Verdict.REVIEW
            if true_digits < len(match[0]):
                findings.append(_object(views.sounded, match, rule=Rule.HIDDEN_NUMBER, verdict=verdict))
    return findings
