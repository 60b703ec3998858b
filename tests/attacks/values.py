"""What an attack reports: rows of one table, and accuracies with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the parts that are done and all parts."""

ShowProgress: TypeAlias = Callable[[str], AbstractContextManager[Progress]]
"""Opens a bar with a title, for one piece of work."""

_Z95 = 1.96
_SURE_SE = 3


class Verdict(StrEnum):
    """What a row says: a goal met or missed, or something shown beside it that nobody promised.

    Unsure counts as missed, except in a quick run, whose trials are too few to say.
    """

    MET = "met"
    MISSED = "MISSED"
    UNSURE = "above the goal, within chance"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. Texts are ready to be printed; empty where there is nothing to say."""

    group: str
    attack: str
    goal: str
    measured: str
    interval: str
    theory: str
    verdict: Verdict
    value: float | None = None
    """What was measured as a number, where the picture wants it."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How often an attacker guesses right, 0-1, with its 95 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of_guesses(cls, correct: NDArray[np.bool_]) -> Accuracy:
        """Return the share of right guesses bool[n] with the interval of Wilson (1927)."""
        count, value = correct.size, float(correct.mean())
        centre = (value + _Z95**2 / (2 * count)) / (1 + _Z95**2 / count)
        half = _Z95 / (1 + _Z95**2 / count) * math.sqrt(value * (1 - value) / count + _Z95**2 / (4 * count**2))
        return cls(value, max(0.0, centre - half), min(1.0, centre + half))

    @classmethod
    def of_pairs(cls, scores: NDArray[np.float64], *, threshold: NDArray[np.float64] | float) -> Accuracy:
        """Judge each score float64[n], centred between the worlds, in both worlds: one noise, two answers.

        In the world with the target the score lies `threshold` higher, in the other `threshold` lower, and above 0
        means "with". Judging both with the same noise narrows the interval at no cost.
        """
        both = ((scores > -threshold).astype(np.float64) + (scores < threshold)) / 2
        value, half = float(both.mean()), _Z95 * float(both.std()) / math.sqrt(both.size)
        return cls(value, max(0.0, value - half), min(1.0, value + half))

    @property
    def error(self) -> float:
        """Return the standard error."""
        return (self.high - self.low) / (2 * _Z95)

    @property
    def interval(self) -> str:
        """Return the interval as it is printed."""
        return f"{self.low:.1%} - {self.high:.1%}"


def get_best_accuracy(distance: float) -> float:
    """Return the accuracy of the best test between two normal laws of spread 1 whose means lie `distance` apart."""
    return float(norm.cdf(distance / 2))


def judge_accuracy(group: str, attack: str, measured: Accuracy, *, at_most: float, theory: float | None = None) -> Row:
    """Return a row that is met when the measured accuracy does not exceed the goal."""
    above = Verdict.UNSURE if measured.low <= at_most else Verdict.MISSED
    return Row(
        group,
        attack,
        f"<= {at_most:.1%}",
        f"{measured.value:.1%}",
        measured.interval,
        "" if theory is None else f"{theory:.1%}",
        Verdict.MET if measured.value <= at_most else above,
        measured.value,
    )


def judge_against_bound(group: str, attack: str, measured: Accuracy, *, bound: float) -> Row:
    """Return a row that is missed when three standard errors lie between what anybody can reach and what was reached.

    The best attacker stands at the bound itself, so a plain comparison would fail every second time.
    """
    return Row(
        group,
        attack,
        f"<= {bound:.1%} + 3 SE",
        f"{measured.value:.1%}",
        measured.interval,
        f"{bound:.1%}",
        Verdict.MET if measured.value <= bound + _SURE_SE * measured.error else Verdict.MISSED,
    )


def show_accuracy(group: str, attack: str, measured: Accuracy, *, theory: float | None = None) -> Row:
    """Return a row without a goal."""
    shown_theory = "" if theory is None else f"{theory:.1%}"
    text = f"{measured.value:.1%}"
    return Row(group, attack, "", text, measured.interval, shown_theory, Verdict.SHOWN, measured.value)


def judge_fact(group: str, attack: str, *, goal: str, measured: str, is_met: bool) -> Row:
    """Return a row about something that holds or does not."""
    return Row(group, attack, goal, measured, "", "", Verdict.MET if is_met else Verdict.MISSED)
