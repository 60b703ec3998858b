"""Hostile texts cost time in proportion to their length: four times the text is never ten times the work."""

from __future__ import annotations

from time import process_time

import pytest

from messaging.campaigns.content.addresses import find_addresses
from messaging.campaigns.content.characters import find_characters
from messaging.campaigns.content.numbers import find_numbers
from messaging.campaigns.content.rules import get_shipped_rules
from messaging.campaigns.content.views import make_views

_SHORT = 4_000
_HOSTILE = {
    "nearly a number": "1-2-3-4-5-6啊",
    "digits": "7",
    "list without unit": "12345/",
    "spaces between digits": "1    2",
    "fillers": "1啊啊啊2",
    "dates": "2026.11.18-",
    "labels": "a-",
    "letters": "a",
    "dots": "a.",
    "sounded": "依伞吧灵",
    "same separator": "1元",
    "words": "最",
    "first": "第一",
    "ligatures": "ﷺ",
    "emoji": "😀①",
}


def _measure(text: str) -> float:
    times = []
    for _ in range(3):
        begun = process_time()
        views = make_views(text)
        find_characters(text)
        find_numbers(views)
        find_addresses(text, views=views)
        get_shipped_rules().find_words(views.squeezed)
        times.append(process_time() - begun)
    return min(times)


@pytest.mark.parametrize("unit", _HOSTILE.values(), ids=_HOSTILE.keys())
def test_four_times_the_text_is_not_ten_times_the_work(unit: str) -> None:
    short = unit * (_SHORT // len(unit))
    _measure(short)
    assert _measure(short * 4) < 10 * max(_measure(short), 0.001)
