"""How a text sounds: Chinese characters and pinyin alike as syllables without tones, one sign a syllable.

Readings are those of pypinyin, the commonest of each character.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from unicodedata import normalize

_HAN_FIRST, _HAN_LAST = "\u4e00", "\u9fff"
_SIGN_FIRST = 0xE000  # private use: no text has them
_LATIN = re.compile(r"[a-z]+")
_LONGEST_RUN = 32
_LONGEST_SYLLABLE = 6


@dataclass(frozen=True, slots=True)
class Sounds:
    """Syllables of a text; `starts` has one place more than there are signs. `is_spoken`: nothing but syllables."""

    text: str
    starts: tuple[int, ...]
    is_spoken: bool

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the text that signs came from, half-open."""
        return self.starts[start], self.starts[end]


@dataclass(frozen=True, slots=True)
class _Readings:
    by_character: dict[str, str]
    by_syllable: dict[str, str]


@cache
def _load_readings() -> _Readings:
    spec = find_spec("pypinyin")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pypinyin")
    # Its data only: the package itself would load tens of megabytes of phrases.
    table = json.loads((Path(spec.origin).parent / "pinyin_dict.json").read_text("utf-8"))
    spoken = {
        chr(int(code)): _drop_tone(readings.split(",")[0])
        for code, readings in table.items()
        if _HAN_FIRST <= chr(int(code)) <= _HAN_LAST
    }
    signs = {syllable: chr(_SIGN_FIRST + place) for place, syllable in enumerate(sorted(set(spoken.values())))}
    return _Readings({char: signs[syllable] for char, syllable in spoken.items()}, signs)


def _drop_tone(reading: str) -> str:
    letters = normalize("NFD", reading.replace("ü", "v"))
    return "".join(letter for letter in letters if letter.isascii())


def find_readings() -> list[tuple[str, str]]:
    """Return every Chinese character that has one with its reading, a syllable without tone."""
    readings = _load_readings()
    syllables = {sign: syllable for syllable, sign in readings.by_syllable.items()}
    return [(char, syllables[sign]) for char, sign in readings.by_character.items()]


def read_sounds(squeezed: str) -> Sounds:
    """Return the syllables of a text of folded letters and digits; what has no reading stays as it is."""
    readings = _load_readings()
    signs: list[str] = []
    starts: list[int] = []
    place = 0
    while place < len(squeezed):
        char = squeezed[place]
        run = _LATIN.match(squeezed, place) if char.isascii() else None
        if run is None:
            signs.append(readings.by_character.get(char, char))
            starts.append(place)
            place += 1
            continue
        for part in _split(run[0]):
            signs.append(readings.by_syllable.get(part, part[0]))
            starts.append(place)
            place += len(part)
    text = "".join(signs)
    is_spoken = all(ord(sign) >= _SIGN_FIRST for sign in text)
    return Sounds(text, (*starts, len(squeezed)), is_spoken)


@lru_cache(maxsize=4096)
def _split(run: str) -> tuple[str, ...]:
    """Return a run of letters as pinyin syllables, or letter by letter where it is none."""
    known = _load_readings().by_syllable
    # ways[i] are the syllables of the first i letters: the fewest, hence the longest.
    ways: list[tuple[str, ...] | None] = [(), *[None] * len(run)]
    for end in range(1, len(run) + 1) if len(run) <= _LONGEST_RUN else ():
        found = [
            (*way, run[start:end])
            for start in range(max(0, end - _LONGEST_SYLLABLE), end)
            if (way := ways[start]) is not None and run[start:end] in known
        ]
        ways[end] = min(found, key=len, default=None)
    return ways[-1] or tuple(run)
