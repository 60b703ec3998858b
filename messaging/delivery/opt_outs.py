"""Which inbound texts mean: do not write to me again. Doubtful means yes."""

from __future__ import annotations

import unicodedata

_WORDS = frozenset(
    {
        "td", "t", "n", "r", "no", "退订", "退", "拒收", "拒绝", "取消", "取消订阅", "停止", "不要", "不需要", "别发",
        "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke",
    }
)  # fmt: skip
_INSIDE = (
    "退订", "拒收", "取消", "停止", "拒绝", "别发", "别再", "不要", "不需要", "投诉", "骚扰", "举报", "退定", "td",
    "stop", "unsubscribe", "optout",
)  # fmt: skip
_PREFIXES = ("回复", "回", "请回复", "reply")
_LONGEST_DOUBT = 12


def means_opt_out(text: str, /) -> bool:
    """Say whether an inbound text asks for no more messages: a word alone, or a short text that holds one."""
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    bare = "".join(char for char in folded if unicodedata.category(char)[0] in "LN")
    if _strip_prefix(bare) in _WORDS or bare in _WORDS:
        return True
    return len(folded) <= _LONGEST_DOUBT and any(word in bare for word in (*_INSIDE, "退"))


def _strip_prefix(bare: str) -> str:
    for prefix in sorted(_PREFIXES, key=len, reverse=True):
        if bare.startswith(prefix):
            return bare.removeprefix(prefix)
    return bare
