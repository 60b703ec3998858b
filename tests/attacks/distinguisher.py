"""Tells two worlds apart by whatever was observed: learns on one half of the trials, is judged on the other.

An observation has a text (everything that was answered) and numbers (times). A text seen while learning votes for the
world it was seen in most; of the numbers that one is used, with the threshold, that parted the worlds best.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tests.attacks.values import Accuracy

_QUANTILES = np.linspace(0.1, 0.9, 9)


@dataclass(frozen=True, slots=True)
class Observation:
    """What one trial showed: a digest of all bytes, times in seconds, and which world it was."""

    text: bytes
    times: tuple[float, ...]
    is_present: bool


Guess: TypeAlias = Callable[[Observation], bool]


def _learn_text(learnt: Sequence[Observation]) -> Guess:
    votes: defaultdict[bytes, Counter[bool]] = defaultdict(Counter)
    for each in learnt:
        votes[each.text][each.is_present] += 1
    mostly = {text: vote[True] > vote[False] for text, vote in votes.items()}
    return lambda seen: mostly.get(seen.text, False)


def _make_threshold(column: int, at: float, *, is_above: bool) -> Guess:
    return lambda seen: (seen.times[column] > at) == is_above


def _find_thresholds(learnt: Sequence[Observation]) -> list[Guess]:
    table: NDArray[np.float64] = np.array([each.times for each in learnt])
    return [
        _make_threshold(column, float(at), is_above=is_above)
        for column in range(table.shape[1])
        for at in np.quantile(table[:, column], _QUANTILES)
        for is_above in (True, False)
    ]


def _score(guess: Guess, seen: Sequence[Observation]) -> NDArray[np.bool_]:
    return np.array([guess(each) == each.is_present for each in seen])


def distinguish_by_text(observations: Sequence[Observation]) -> Accuracy:
    """Return how often the bytes alone tell the worlds apart."""
    learnt, judged = observations[::2], observations[1::2]
    return Accuracy.of_guesses(_score(_learn_text(learnt), judged))


def distinguish_by_times(observations: Sequence[Observation]) -> Accuracy:
    """Return how often the best threshold on a time tells the worlds apart."""
    learnt, judged = observations[::2], observations[1::2]
    best = max(_find_thresholds(learnt), key=lambda guess: float(_score(guess, learnt).mean()))
    return Accuracy.of_guesses(_score(best, judged))
