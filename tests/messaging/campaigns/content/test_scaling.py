"""Hostile texts cost time in proportion to their length, and at the longest length no rule takes 5 ms."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import pytest

from messaging.campaigns.content.addresses import find_addresses
from messaging.campaigns.content.benign import find_benign
from messaging.campaigns.content.characters import find_characters
from messaging.campaigns.content.claims import find_claims
from messaging.campaigns.content.contacts import find_contacts
from messaging.campaigns.content.numbers import find_numbers
from messaging.campaigns.content.readings import list_readings
from messaging.campaigns.content.rules import get_shipped_rules
from messaging.campaigns.content.views import make_views

if TYPE_CHECKING:
    from collections.abc import Callable

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
    "domains": "点com",
    "noughts": "0",
    "numerals": "8千5百3十2",
    "prices": "满1减",
    "clock": "1点00分",
    "separated": "8,0,",
    "accounts": "v:a1b2c3 ",
    "doubled": "球球12345 ",
    "paths": "wap",
    "pieces": "138 0013 ",
    "one sign": "微",
    "pairs": "银行卡登记",
    "pairs without end": "账户",
    "known": "fresh a",
    "pinyin": "xianshe",
    "digit words": "one7two",
    "codes": "aB1cD2eF3 ",
    "halves": "2233-4455 ",
    "powers": "138㎡m²",
}


_LONGEST = 500
_RULE_MS_MAX = 5.0


def _get_rules(text: str) -> dict[str, Callable[[], object]]:
    views = make_views(text)
    spans = find_benign(views.digits.text)
    return {
        "readings": lambda: list_readings(text),
        "views": lambda: make_views(text),
        "characters": lambda: find_characters(text),
        "benign": lambda: find_benign(views.digits.text),
        "numbers": lambda: find_numbers(views, spans=spans),
        "addresses": lambda: find_addresses(text, views=views),
        "contacts": lambda: find_contacts(views, spans=spans),
        "claims": lambda: find_claims(views.digits),
        "words": lambda: get_shipped_rules().find_words(views.squeezed),
        "known": lambda: get_shipped_rules().find_known(views.folded),
    }


def _time(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        begun = process_time()
        work()
        times.append(process_time() - begun)
    return min(times)


def _measure(text: str) -> float:
    return sum(_time(rule) for rule in _get_rules(text).values())


@pytest.mark.parametrize("unit", _HOSTILE.values(), ids=_HOSTILE.keys())
def test_no_rule_takes_5_ms_on_the_longest_text(unit: str) -> None:
    text = (unit * _LONGEST)[:_LONGEST]
    times_ms = {name: _time(rule) * 1000 for name, rule in _get_rules(text).items()}
    assert max(times_ms.values()) < _RULE_MS_MAX, times_ms


@pytest.mark.parametrize("unit", _HOSTILE.values(), ids=_HOSTILE.keys())
def test_four_times_the_text_is_not_ten_times_the_work(unit: str) -> None:
    short = unit * (_SHORT // len(unit))
    _measure(short)
    assert _measure(short * 4) < 10 * max(_measure(short), 0.001)
