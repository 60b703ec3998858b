"""Layer 3b: web addresses, however spelt, and handles that look like an account name."""

from __future__ import annotations

import re

from messaging.campaigns.content.values import Finding, Rule, RuleClass, Verdict
from messaging.campaigns.content.views import View, Views

_CORE = r"(?:com|cn|net|org|中国|公司|网络|网址)"
_OTHER = (
    r"(?:cc|top|xyz|vip|shop|club|site|online|store|tech|fun|ltd|link|live|info|biz|io|me|co|tv|app|pro|ink|wang|hk|tw|"
    r"us|uk|jp|kr|ru|gov|edu|mobi|asia|icu|art|work|world|zone|page|dev|ai|gg|ly|tk|ml|ga|cf|gq|pw|so|in|la|im|mx)"
)
_DOT = r"(?:[.。·•．]|点|dot|dian|\(点\)|\(dot\))"
_LABEL = r"[a-z0-9][a-z0-9-]{0,30}(?<!-)"
_LOOSE_DOT = rf"(?:{_DOT}|[,、;:…*~-])"

_DOMAIN = re.compile(
    rf"{_LABEL}{_LOOSE_DOT}{_CORE}(?![a-z])|\w{_DOT}{_CORE}(?![a-z])|{_LABEL}(?<=[a-z]){_DOT}{_OTHER}(?![a-z])"
    rf"|{_LABEL}\.{_OTHER}/"
)
_URL = re.compile(r"https?|hxxp|www|wap(?=[a-z0-9]*com)|超链接|短链接")
_IP = re.compile(r"(?<![0-9])[0-9]{1,3}(?:[.。点][0-9]{1,3}){3}(?![0-9])")
_GLUED = re.compile(r"(?<![a-z])(?!tele|inter|e?com)[a-z0-9]{3,20}(?:com|dotcn)(?![a-z])")
_HANDLE = re.compile(r"(?<![0-9A-Za-z])(?=[a-z0-9]{0,12}[a-z])[a-z0-9]{6,20}(?![0-9A-Za-z])")
_MIN_HANDLE_DIGITS = 3
_MIN_HANDLE_LETTERS = 2


def find_addresses(text: str, *, views: Views) -> list[Finding]:
    """Return web addresses and account-like names of a text."""
    certain = (
        (views.squeezed, _URL, Rule.URL),
        (views.unspaced, _DOMAIN, Rule.DOMAIN),
        (views.unspaced, _IP, Rule.IP_ADDRESS),
    )
    findings = [
        _object(view, match, rule=rule, verdict=Verdict.REFUSE)
        for view, pattern, rule in certain
        for match in pattern.finditer(view.text)
    ]
    glued = _GLUED.finditer(views.unspaced.text)
    findings += [_object(views.unspaced, match, rule=Rule.DOMAIN, verdict=Verdict.REVIEW) for match in glued]
    return findings + _find_handles(text)


def _object(view: View, match: re.Match[str], *, rule: Rule, verdict: Verdict) -> Finding:
    start, end = view.locate(*match.span())
    return Finding(rule, RuleClass.STRUCTURE, start, end, verdict)


def _find_handles(text: str) -> list[Finding]:
    # Model numbers are written in capitals, account names are not; so this reads the text as typed.
    return [
        Finding(Rule.HANDLE, RuleClass.STRUCTURE, match.start(), match.end(), Verdict.REVIEW)
        for match in _HANDLE.finditer(text)
        if _looks_like_account(match[0])
    ]


def _looks_like_account(run: str) -> bool:
    digits = sum(char.isdigit() for char in run)
    return digits >= _MIN_HANDLE_DIGITS and len(run) - digits >= _MIN_HANDLE_LETTERS
