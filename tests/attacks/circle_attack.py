"""Fifty accounts ask thousands of overlapping circles, lists and sets by HTTP and solve for every single leaf.

What they recover is compared with what was released and with the truth, which only the people database has. The same
questions are then answered as other systems would answer them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from privacy.release.plan import FIRST_MONTH_SHARE, get_sigma
from privacy.release.values import Category, Product
from tests.attacks.alternatives import SMALLEST, STEP, STICKY_SD, suppress_and_round
from tests.attacks.attackers import ask_all
from tests.attacks.circle_questions import Volume, make_questions, read_answers
from tests.attacks.equations import Equations, Floats, find_solved, solve
from tests.attacks.insight import Insight, get_need_bound
from tests.attacks.values import Accuracy, Progress, Row, judge_against_bound, judge_fact, show_accuracy

if TYPE_CHECKING:
    from stack.demo_client import FieldClient

GROUP = "circles by HTTP"
_LEAST_ERROR_RATIO = 0.99
_EXACT_GAIN = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Recovered:
    """What the attackers solved for one category: float64[leaves], the truth, and the released figures behind."""

    category: Category
    equations: Equations
    needs: Floats
    solved: NDArray[np.bool_]
    insight: Insight

    @property
    def scores(self) -> tuple[Floats, Floats]:
        """Return by how much each occupied, solved leaf differs from what the attacker expects, and half its gain."""
        column, occupied = self.category.column, (self.truth > 0) & self.solved
        deviation = self.needs - self.insight.expected[:, column]
        sigma = get_sigma(Product.NEED_LEAF, month_share=FIRST_MONTH_SHARE)
        gain = (self.insight.released_sd[:, column] / sigma) ** 2
        return deviation[occupied], gain[occupied] / 2

    @property
    def truth(self) -> Floats:
        """Return the needs that the households really have, as far as they count."""
        return self.insight.truth[:, self.category.column]

    @property
    def released(self) -> Floats:
        """Return what was released."""
        return self.insight.released[:, self.category.column]


def recover(
    clients: Sequence[FieldClient],
    *,
    insight: Insight,
    categories: Sequence[Category],
    volume: Volume,
    seed: int,
    progress: Progress,
) -> tuple[list[Recovered], int]:
    """Ask and solve category by category; returns what was recovered and how many questions it took."""
    rng, places, asked, recovered = np.random.default_rng(seed), insight.places, 0, []
    for number, category in enumerate(categories):
        questions = make_questions(rng, category=category, places=places, volume=volume)

        def listen(done: int, total: int, number: int = number) -> None:
            progress(number * total + done, len(categories) * total)

        answers = ask_all(clients, questions, progress=listen)
        counted = insight.find_counted(category)
        equations = read_answers(answers, category=category, places=places, counted=counted)
        matrix = equations.matrix
        recovered.append(Recovered(category, equations, solve(matrix, equations.values), find_solved(matrix), insight))
        asked += len(questions)
    return recovered, asked


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _join(parts: Sequence[Floats]) -> Floats:
    return np.concatenate(list(parts))


def judge_recovered(recovered: Sequence[Recovered], *, asked: int) -> list[Row]:
    """Return the rows about our own release."""
    solved = min(int(each.solved.sum()) for each in recovered)
    unknowns = recovered[0].equations.unknowns
    error = _rms(_join([(each.needs - each.truth)[each.solved] for each in recovered]))
    released = _rms(_join([(each.released - each.truth)[each.solved] for each in recovered]))
    said = _rms(_join([each.insight.released_sd[each.solved, each.category.column] for each in recovered]))
    scores, halves = (_join(parts) for parts in zip(*(each.scores for each in recovered), strict=True))
    accuracy = Accuracy.of_pairs(scores, threshold=halves)
    twice = sum(each.equations.contradictions for each in recovered)
    setting = f"{asked:,} questions, {solved} of {unknowns} leaves solved"
    return [
        judge_fact(
            GROUP,
            f"error of the recovered leaves ({setting})",
            goal=f"not below the release's own, {released:.2f}",
            measured=f"{error:.2f} (SD as released {said:.2f})",
            is_met=error >= _LEAST_ERROR_RATIO * released,
        ),
        judge_against_bound(
            GROUP, "one need of a household, all others known, from recovered leaves", accuracy, bound=get_need_bound()
        ),
        judge_fact(
            GROUP,
            "sums that got two different answers when asked in two ways",
            goal="0",
            measured=str(twice),
            is_met=twice == 0,
        ),
    ]


def answer_otherwise(name: str, exact: Floats, *, rng: np.random.Generator) -> Floats:
    """Return the answers of another system, NaN where it says nothing, for exact sums float64[n]."""
    if name == "exact counts":
        return exact
    if name == f"k = {SMALLEST}, rounded to {STEP}":
        shown = suppress_and_round(np.rint(exact).astype(np.int64))
        return np.where(shown == 0, np.nan, shown)
    return exact + rng.normal(0, STICKY_SD, exact.size)


OTHERS = ("exact counts", f"k = {SMALLEST}, rounded to {STEP}", f"sticky noise, SD {STICKY_SD}")


def show_others(recovered: Sequence[Recovered], *, seed: int) -> list[Row]:
    """Return what the same questions would have recovered from other systems; exact counts must fall whole."""
    rng, rows = np.random.default_rng(seed), []
    for name in OTHERS:
        errors = []
        for each in recovered:
            matrix = each.equations.matrix
            answers = answer_otherwise(name, matrix @ each.truth, rng=rng)
            given = ~np.isnan(answers)
            errors.append((solve(matrix[given], answers[given]) - each.truth)[each.solved & (each.truth > 0)])
        accuracy = Accuracy.of_pairs(_join(errors), threshold=_EXACT_GAIN)
        title = f"the same questions to {name}: error {_rms(_join(errors)):.2f}, one need"
        if name == OTHERS[0]:
            is_solved = accuracy.value == 1
            rows.append(judge_fact(GROUP, title, goal="100 %", measured=f"{accuracy.value:.1%}", is_met=is_solved))
        else:
            rows.append(show_accuracy(GROUP, title, accuracy))
    return rows
