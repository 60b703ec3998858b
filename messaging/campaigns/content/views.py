"""Canonical views of a text: what the rules read. Each knows where every character of it came from.

Views are for matching only; what is sent is the text as typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from unicodedata import decomposition, normalize

from messaging.campaigns.content.homophones import find_readings
from messaging.campaigns.content.numerals import read_numerals

_KEPT_CHARACTERS = 16_384
_MAX_CHAIN = 8
_MAX_EXPANSION = 4  # what unfolds further, up to 18 letters a sign, is refused by its character anyway

# Of the square units the digit counts nothing: the 2 of ㎡, which is one sign and hence no digit of a number.
_POWER = re.compile(r"(?<=[a-z])[23]$")

# Written, banking and spoken digits, after folding to simplified characters.
_DIGITS = {
    "0": "〇零洞",
    "1": "一壹幺",
    "2": "二贰弍两",
    "3": "三叁弎",
    "4": "四肆",
    "5": "五伍",
    "6": "六陆",
    "7": "七柒拐",
    "8": "八捌",
    "9": "九玖勾",
}
# Characters that sound or look like a digit: they mean one only in the company of many others.
_SOUNDALIKES = {
    "0": "o灵铃令凌玲另龄领岭伶零动东冬懂栋董冻圈蛋",
    "1": "il|丨依医衣伊姨腰妖么要药摇邀遥咬耀夭已以易亿义艺益意移疑椅亦译",
    "2": "z而儿尔耳饵俩两量亮良粮梁凉",
    "3": "山伞散删衫参善闪杉珊叁",
    "4": "司思丝寺斯似死私撕食是事市时式试",
    "5": "吴武舞午伍吾无屋物务误雾呜乌悟",
    "6": "b留流柳溜刘遛榴琉硫浏",
    "7": "期其妻气漆起奇齐棋器企七骑旗祈怪乖",
    "8": "吧把巴扒爸发拔霸靶罢坝叭芭",
    "9": "q久酒就旧救舅韭究纠揪狗够构购沟钩",
}


def _invert(table: dict[str, str]) -> dict[int, str]:
    return {ord(char): digit for digit, chars in table.items() for char in chars}


# Syllables, without tone, that a digit is spoken as, or nearly; 室 and 栋 stand between honest digits.
_SYLLABLES = {
    "ling": "0", "yi": "1", "yao": "1", "er": "2", "liang": "2", "san": "3", "shan": "3", "si": "4", "wu": "5",
    "wo": "5", "liu": "6", "qi": "7", "guai": "7", "ba": "8", "jiu": "9", "gou": "9",
}  # fmt: skip
_TO_DIGITS = _invert(_DIGITS)


@cache
def _load_sounded_digits() -> dict[int, str]:
    """Return every character that looks like a digit or is read nearly as one."""
    spoken = {ord(char): _SYLLABLES[syllable] for char, syllable in find_readings() if syllable in _SYLLABLES}
    return spoken | _invert(_SOUNDALIKES) | _TO_DIGITS


@cache
def _load_simplified() -> dict[str, str]:
    """Return traditional -> simplified, character by character, with chains followed to their end."""
    source = files("opencc").joinpath("dictionary", "TSCharacters.txt").read_text("utf-8")
    pairs = (line.split("\t") for line in source.splitlines() if "\t" in line)
    table = {old: new.split(" ")[0] for old, new in pairs}
    return {old: _follow(old, table=table) for old in table}


def _follow(char: str, *, table: dict[str, str]) -> str:
    for _ in range(_MAX_CHAIN):
        following = table.get(char, char)
        if following == char:
            break
        char = following
    return char


@lru_cache(maxsize=_KEPT_CHARACTERS)
def _fold_character(char: str) -> str:
    folded = normalize("NFKC", char).casefold()
    if decomposition(char).startswith("<square>"):
        folded = _POWER.sub("", folded)
    folded = "".join(_load_simplified().get(part, part) for part in folded)
    return folded if folded == char else "".join(_fold_character(part) for part in folded)[:_MAX_EXPANSION]


@dataclass(frozen=True, slots=True)
class View:
    """A text as the rules read it; `origin[i]` is the place in the text as typed that character i came from."""

    text: str
    origin: tuple[int, ...]

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the typed text that a non-empty span of this view came from, half-open."""
        return self.origin[start], self.origin[end - 1] + 1

    def replace(self, text: str) -> View:
        """Return a view with other characters at the same places; `text` must be as long."""
        if len(text) != len(self.origin):
            raise ValueError("a replaced view keeps its length")
        return View(text, self.origin)


def fold(text: str) -> View:
    """Fold each character: NFKC, traditional to simplified, case. Idempotent; one character may become several."""
    parts = [_fold_character(char) for char in text]
    origin = [index for index, part in enumerate(parts) for _ in part]
    return View("".join(parts), tuple(origin))


def keep(view: View, *, only_alphanumeric: bool) -> View:
    """Remove spaces, and when asked everything else that is neither letter nor digit."""
    is_kept = str.isalnum if only_alphanumeric else _is_visible
    kept = [(char, place) for char, place in zip(view.text, view.origin, strict=True) if is_kept(char)]
    return View("".join(char for char, _ in kept), tuple(place for _, place in kept))


def _is_visible(char: str) -> bool:
    return not char.isspace()


def read_digits(view: View) -> View:
    """Write Chinese and spoken digits as 0-9, each in its place."""
    return view.replace(view.text.translate(_TO_DIGITS))


def write_out(view: View) -> View:
    """Write digits and whole numerals as 0-9; a digit points at a character of the numeral that it came from."""
    text, places = read_numerals(read_digits(view).text)
    return View(text, tuple(view.origin[place] for place in places))


def read_sounded_digits(view: View) -> View:
    """Write also characters that only sound or look like a digit as 0-9, each in its place."""
    return view.replace(view.text.translate(_load_sounded_digits()))


@dataclass(frozen=True, slots=True)
class Views:
    """The views of one text: folded, without spaces, letters and digits only, and two readings of its digits.

    `digits` is the folded text with its numerals read, so it may be longer or shorter; `sounded` is `squeezed`.
    """

    folded: View
    unspaced: View
    squeezed: View
    digits: View
    sounded: View


def make_views(text: str) -> Views:
    """Read a text in every way that the rules need; linear in its length."""
    folded = fold(text)
    squeezed = keep(folded, only_alphanumeric=True)
    return Views(
        folded, keep(folded, only_alphanumeric=False), squeezed, write_out(folded), read_sounded_digits(squeezed)
    )
