"""Layer 3c: a short cue, at most a few signs, and what can only be an account: V：haier88, 球球123456, 微芯haier."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from messaging.campaigns.content.values import Finding, Rule, RuleClass, Verdict

if TYPE_CHECKING:
    from messaging.campaigns.content.benign import Benign
    from messaging.campaigns.content.views import View, Views

_ACCOUNT = re.compile(r"(?<![a-z0-9])[a-z0-9](?:(?:[-.]?[a-z0-9]){4,25}|(?: [a-z0-9]){4,25})(?![a-z0-9])")
_SIGNS = r"(?:[^\w]{0,4}|[^\w]{0,2}[号码群是为叫搜找我聊个][^\w]{0,2})"

# 微 and 扣 in the spellings met, with what may stand around them: 加微, 我v, 佳威, 微芯, Q群, 企鹅.
_ADD = r"[加嘉佳家伽珈枷+我俺本咱]"
_WEI = r"[微薇威维围溦徽葳崴巍韦伟唯惟卫味未魏蔚喂]"
_XIN = r"[信芯心欣鑫馨辛新星芯伈昕莘]"
_KOU = r"[扣抠叩寇蔻口釦]"
_QIU = r"[球秋丘邱求裘囚逑虬]"
_CUE = re.compile(
    rf"(?:{_WEI}{_XIN}|{_ADD}[的个]?(?:{_WEI}|[vqw]|{_KOU})|[薇溦徽葳崴微]|企[鹅额俄]|[鹅额俄]号|{_KOU}{_KOU}|{_QIU}{_QIU}|"
    rf"[扣抠叩蔻群裙峮帬]|小号|暗号|账号|帐号|号[是为]|(?<![a-z0-9])(?:wei|wechat|vx|wx|qq|tg|ins)){_SIGNS}\Z"
)
# One letter is a cue only when it stands alone.
_LETTER_CUE = re.compile(r"(?:(?<![a-z0-9])[vqw](?P<signs>[^\w]{1,4}|[号群码][^\w]{0,3}))\Z")
_GLUED = re.compile(r"(?:[vqw][0-9]{5,}|(?:[vqw]|vx|wx|qq|wei|tg)[-.][a-z0-9.-]{5,})\Z")
_DOUBLED = re.compile(r"(?P<half>[\u4e00-\u9fff])(?P=half)[^\w]{0,3}\Z")
# 加V, 看V, V我: a letter alone between Chinese characters. V型 and V领 are shapes.
_LONE = re.compile(
    r"(?<=[\u4e00-\u9fff])v(?![a-z0-9型字形领脸沟])|(?<![a-z0-9])v(?=[我信号聊])|(?<![a-z0-9])[vq][:=是号][^\w]{0,2}[a-z0-9]{2}"
)
_SEARCHED = re.compile(r"[搜查][一下索找]{0,2}[^\w]{0,2}(?P<account>[a-z][a-z0-9-]{1,25})")
_LOOK_BACK = 10
_ROUND_END = "000"


def find_contacts(views: Views, *, spans: list[Benign]) -> list[Finding]:
    """Return accounts that a cue announces, and figures too long and too odd to count anything."""
    view = views.digits
    counted = [(span.start, span.end) for span in spans]
    findings = []
    for match in _ACCOUNT.finditer(view.text):
        if _is_counted(match, counted=counted):
            continue
        verdict = _judge(view, match)
        if verdict is not None:
            start = _find_cue_start(view.text, match.start())
            findings.append(_object(view, start, match.end(), verdict=verdict))
    hints = (match.span() for pattern in (_LONE, _SEARCHED) for match in pattern.finditer(view.text))
    return findings + [_object(view, *span, verdict=Verdict.REVIEW) for span in hints]


def _is_counted(match: re.Match[str], *, counted: list[tuple[int, int]]) -> bool:
    """Whether it is digits only, and a benign span holds them: 群20000户 names no account."""
    if not match[0].replace(" ", "").isdigit():
        return False
    before = bisect_right(counted, (match.start(), len(match.string))) - 1
    return before >= 0 and match.end() <= counted[before][1]


def _judge(view: View, match: re.Match[str]) -> Verdict | None:
    before = view.text[max(0, match.start() - _LOOK_BACK) : match.start()]
    account = match[0]
    has_digit = any(map(str.isdigit, account))
    letter = _LETTER_CUE.search(before)
    if _CUE.search(before) or _GLUED.match(account):
        return Verdict.REFUSE
    if letter and (has_digit or any(sign in ":=是" for sign in letter["signs"])):
        return Verdict.REFUSE
    if account.isdigit():
        if _DOUBLED.search(before):
            return Verdict.REFUSE
        return None if account.endswith(_ROUND_END) else Verdict.REVIEW
    return None


def _find_cue_start(text: str, start: int) -> int:
    before = text[max(0, start - _LOOK_BACK) : start]
    cue = _CUE.search(before) or _LETTER_CUE.search(before) or _DOUBLED.search(before)
    return start - len(before) + cue.start() if cue else start


def _object(view: View, start: int, end: int, *, verdict: Verdict) -> Finding:
    rule = Rule.CONTACT if verdict is Verdict.REFUSE else Rule.CONTACT_HINT
    return Finding(rule, RuleClass.STRUCTURE, *view.locate(start, end), verdict)
