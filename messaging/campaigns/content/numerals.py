"""Chinese numerals with their tens, hundreds and thousands written out as digits: 一百三十八 reads 138."""

from __future__ import annotations

import re

_FINANCIAL = {ord(old): new for old, new in zip("拾佰仟", "十百千", strict=True)}
# Noughts in front are kept: 零零一十三 is 0013, and no amount.
_NUMERAL = re.compile(
    r"(?<!0)(?P<noughts>0*)(?=[1-9][百千]|[1-9]?十)(?:(?P<thousands>[1-9])千(?P<skip>0?))?"
    r"(?:(?P<hundreds>[1-9])百(?P<gap>0?))?(?:(?P<tens>[1-9])?(?P<ten>十))?(?P<ones>[1-9])?"
)


def _read(match: re.Match[str]) -> str:
    thousands, hundreds, ones = (int(match[name] or 0) for name in ("thousands", "hundreds", "ones"))
    tens = int(match["tens"] or 1) if match["ten"] else 0
    if not (thousands or hundreds or match["tens"] or ones):
        return match[0]
    if ones and not match["ten"]:
        # Spoken short forms: 三百五 is 350, 八千五 is 8500, but 三百零五 is 305.
        if hundreds and not match["gap"]:
            ones *= 10
        elif not hundreds and not match["skip"]:
            ones *= 100
    return match["noughts"] + str(thousands * 1000 + hundreds * 100 + tens * 10 + ones)


def read_numerals(text: str) -> tuple[str, list[int]]:
    """Write out the numerals of a text whose digits are 0-9 already; also the place that each character came from."""
    parts: list[str] = []
    places: list[int] = []
    done = 0
    text = text.translate(_FINANCIAL)
    for match in _NUMERAL.finditer(text):
        start, end = match.span()
        digits = _read(match)
        parts += (text[done:start], digits)
        places += range(done, start)
        places += [min(start + place, end - 1) for place in range(len(digits) - 1)]
        places.append(end - 1)
        done = end
    parts.append(text[done:])
    places += range(done, len(text))
    return "".join(parts), places
