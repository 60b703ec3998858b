"""Which inbound texts mean: do not write to me again. Doubtful means yes.

A lost customer costs less than a message to somebody who said no. So a refusal counts however it is written: full-width
or traditional, spelt apart, repeated, wrapped in courtesies, or anywhere in a short text.
"""

from __future__ import annotations

import re
import unicodedata

from messaging.campaigns.content.views import fold

_SHORT = 12
_LONGEST_WORD = 200

_LETTERS = ("td", "t", "n", "r")
_ALONE = (
    *_LETTERS, "no", "end", "quit", "revoke", "退", "停", "不", "否", "别", "勿", "滚", "烦", "删除", "不用", "不必",
    "不可以", "不行", "不同意", "免了", "nothanks", "notinterested",
)  # fmt: skip
"""Refusals as a whole text; parts of honest texts, such as 停车 or 不错, are none."""

_INSIDE = (
    "退", "拒", "勿", "取消", "停止", "停发", "屏蔽", "取关", "别发", "别再", "别给", "别来", "别打", "别烦", "别扰",
    "不要", "不需要", "没需要", "没有需要", "不想", "不买", "不考虑", "不接受", "不感兴趣", "没兴趣", "没有兴趣",
    "免打扰", "删除我", "骚扰", "投诉", "举报", "拉黑", "黑名单", "骗子", "诈骗", "垃圾短信", "垃圾信息", "滚开",
    "滚蛋", "烦死",
    "stop", "cancel", "remove", "tuiding", "jushou", "notinterested", "nomore", "donot", "dont", "leavemealone",
)  # fmt: skip
"""Refusals wherever they stand in a short text, once the honest words that look like one are taken out."""

_ANYWHERE = (
    "退订", "退定", "拒收", "unsubscribe", "optout", "别再", "别给我", "勿扰", "不要再", "不要发", "不要给我",
    "不要打扰", "停止发", "骚扰", "黑名单", "stopsending", "stoptexting", "stopmessaging",
)  # fmt: skip
"""Refusals in a text of any length."""

_HONEST = re.compile(
    "要不要|需不需要|想不想|买不买|考不考虑|不要钱|不要紧|特别|区别|级别|分别|类别|个别|识别|辨别|鉴别|性别|滚筒"
)
_BEFORE = (
    "请回复", "回复", "回覆", "回", "发送", "发", "已", "请", "麻烦", "我要", "我想", "我", "你好", "您好", "就",
    "reply", "send", "please", "pls",
)  # fmt: skip
_AFTER = (
    "谢谢你", "谢谢您", "谢谢", "多谢", "感谢", "吧", "了", "啊", "呀", "哦", "呢", "哈", "啦", "嘛", "好吗", "行吗",
    "thankyou", "thanks", "thx", "please", "pls",
)  # fmt: skip

_REPEATED = re.compile("|".join(f"(?:{re.escape(word)})+" for word in _ALONE))
_ANSWERED = re.compile("(?:回复?|回覆|发送?)(?:td|[tnr])(?![a-z0-9])")
_TD = re.compile("(?<![a-z])td(?![a-z])")
_UNIT = re.compile("[a-z0-9]+|.", re.DOTALL)


def means_opt_out(text: str, /) -> bool:
    """Say whether an inbound text asks for no more messages."""
    folded = fold(text).text
    bare = _keep_letters(folded)
    if any(word in bare for word in _ANYWHERE):
        return True
    if len(bare) <= _LONGEST_WORD and _is_refusal_alone(bare):
        return True
    if _count_units(folded) > _SHORT:
        return False
    spaced = _HONEST.sub(" ", folded)
    squeezed = _keep_letters(_HONEST.sub("|", bare), kept="|")
    is_letters = _TD.search(spaced) or _ANSWERED.search(re.sub("[^a-z0-9\u4e00-\u9fff]+", "", spaced))
    return bool(is_letters) or any(word in squeezed for word in _INSIDE)


def _keep_letters(text: str, *, kept: str = "") -> str:
    """Return letters and digits only: punctuation, spaces, and characters without a width hide nothing."""
    return "".join(char for char in text if char in kept or unicodedata.category(char)[0] in "LN")


def _count_units(folded: str) -> int:
    """Count what a reader counts: a Chinese character, or a word of Latin letters and digits."""
    return sum(1 for unit in _UNIT.findall(folded) if _keep_letters(unit))


def _is_refusal_alone(bare: str) -> bool:
    """Say whether a text is one refusal, said once or again and again, with nothing around it but courtesy."""
    while not _REPEATED.fullmatch(bare):
        shorter = _strip(bare)
        if shorter == bare:
            return False
        bare = shorter
    return True


def _strip(bare: str) -> str:
    for lead in _BEFORE:
        if bare.startswith(lead):
            return bare.removeprefix(lead)
    for tail in _AFTER:
        if bare.endswith(tail):
            return bare.removesuffix(tail)
    return bare
