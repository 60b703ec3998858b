"""How much of everything a run does: enough that chance does not decide, or just enough to see that it works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from privacy.release.values import CATEGORIES, Category
from tests.attacks.circle_questions import Volume


@dataclass(frozen=True, slots=True)
class Sizes:
    """Trials of each attack: draws, publications, planners, questions a category, broadcasts a sender; months."""

    member_trials: int
    need_trials: int
    publications: int
    rehearsals: int
    card_households: int
    planners: int
    card_guesses: int
    categories: Sequence[Category]
    volume: Volume
    broadcasts: int
    alternative_trials: int
    utility_months: tuple[int, ...]


FULL = Sizes(
    member_trials=30_000,
    need_trials=15_000,
    publications=1_600,
    rehearsals=1_500,
    card_households=200_000,
    planners=300,
    card_guesses=10_000,
    categories=CATEGORIES,
    volume=Volume(circles=400, lists=25, previews=200),
    broadcasts=32,
    alternative_trials=20_000,
    utility_months=(1, 12),
)
QUICK = Sizes(
    member_trials=2_000,
    need_trials=2_000,
    publications=200,
    rehearsals=300,
    card_households=100_000,
    planners=40,
    card_guesses=2_000,
    categories=CATEGORIES[4:5],
    volume=Volume(circles=300, lists=10, previews=200),
    broadcasts=4,
    alternative_trials=5_000,
    utility_months=(1,),
)
"""Margins of some goals are within chance here: a quick run says that the suite works, not that goals hold."""
