"""The promise says the same in both languages, and what the attack suite's theory says."""

from __future__ import annotations

import re

from privacy.release.plan import FIRST_MONTH_SHARE, REGULAR_SHARE
from stack.paths import ROOT
from tests.attacks.membership import ONE_NEED, SWAPPED_NEED, WORST_HOUSEHOLD, Touched, get_distance
from tests.attacks.values import get_best_accuracy

PAGES = [
    (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("privacy-promise.md", "privacy-promise.zh-CN.md")
]
_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_PERCENT = re.compile(r"[\d.]+ %")
_YEAR = (REGULAR_SHARE,) * 12


def _find_tables(page: str) -> list[list[str]]:
    return [_NUMBER.findall(line) for line in page.splitlines() if line.startswith("|")]


def test_both_languages_name_the_same_numbers() -> None:
    english, chinese = PAGES
    assert _find_tables(english) == _find_tables(chinese)
    assert sorted(_PERCENT.findall(english)) == sorted(_PERCENT.findall(chinese))


def _write(touched: Touched, *, shares: tuple[float, ...]) -> str:
    return f"{get_best_accuracy(get_distance(touched, shares=shares)):.1%}".replace("%", " %")


def test_the_accuracies_on_the_pages_are_those_of_the_plan() -> None:
    for page in PAGES:
        for touched in (WORST_HOUSEHOLD, ONE_NEED):
            row = f"{_write(touched, shares=(REGULAR_SHARE,))} | {_write(touched, shares=_YEAR)} |"
            assert row in page
            assert _write(touched, shares=(FIRST_MONTH_SHARE,)) in page
        assert _write(SWAPPED_NEED, shares=_YEAR) in page
