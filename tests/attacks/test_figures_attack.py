"""The attacks on figures work where there is something to find: a release without noise, and exact circles."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.attacks.circle_attack import OTHERS, answer_otherwise
from tests.attacks.equations import Equations, find_solved, solve
from tests.attacks.publication_attack import attack_publications, get_first_month_bound
from tests.attacks.published import LinearTest
from tests.attacks.report import find_missed, write_page
from tests.attacks.values import Row, Verdict
from tests.privacy.release.worlds import RecordingNoise

LEAVES = 40


def _ask(truth: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Equations:
    rng, equations = np.random.default_rng(2), Equations(LEAVES)
    for _ in range(300):
        circle = np.flatnonzero(rng.random(LEAVES) < rng.uniform(0.05, 0.6)).tolist()
        equations.add(circle, float(truth[circle].sum()))
    return equations


def test_exact_circles_are_solved_for_every_leaf() -> None:
    truth = np.random.default_rng(1).poisson(4, LEAVES).astype(np.float64)
    equations = _ask(truth)
    assert find_solved(equations.matrix).all()
    assert np.allclose(solve(equations.matrix, equations.values), truth)
    assert equations.contradictions == 0


def test_leaves_that_always_stand_together_are_not_called_solved() -> None:
    equations = Equations(3)
    equations.add([0, 1], 5.0)
    equations.add([0, 1, 2], 7.0)
    assert find_solved(equations.matrix).tolist() == [False, False, True]


def test_a_sum_with_two_answers_is_noticed() -> None:
    equations = Equations(3)
    equations.add([0, 1], 5.0)
    equations.add([1, 0], 6.0)
    assert equations.contradictions == 1


def test_the_other_systems_answer_as_they_are_named() -> None:
    exact = np.array([3.0, 12.0, 13.0])
    rng = np.random.default_rng(1)
    assert answer_otherwise(OTHERS[0], exact, rng=rng).tolist() == [3, 12, 13]
    rounded = answer_otherwise(OTHERS[1], exact, rng=rng)
    assert np.isnan(rounded[0])
    assert rounded[1:].tolist() == [10, 15]
    assert 0 < np.abs(answer_otherwise(OTHERS[2], exact, rng=rng) - exact).max() < 8


def test_the_linear_test_finds_a_shift_between_two_clouds() -> None:
    rng, shift = np.random.default_rng(6), np.array([0.6, 0.0, 0.0])
    noise = rng.normal(size=(2_000, 3)) @ np.array([[1.0, 0.8, 0.0], [0.0, 0.3, 0.0], [0.0, 0.0, 2.0]])
    test = LinearTest.learn(noise, noise + shift)
    fresh = rng.normal(size=(2_000, 3)) @ np.array([[1.0, 0.8, 0.0], [0.0, 0.3, 0.0], [0.0, 0.0, 2.0]])
    right = (~test.guess(fresh)).mean(), test.guess(fresh + shift).mean()
    assert min(right) > 0.7


def test_a_release_without_noise_is_caught_through_the_whole_system() -> None:
    rows = attack_publications(publications=12, rehearsals=60, progress=lambda *_: None, noise=RecordingNoise(offset=0))
    assert rows[0].measured == "100.0%"
    assert rows[0].verdict is Verdict.MISSED
    assert rows[-1].verdict is Verdict.MET, "the target does not stand wherever it may"
    assert 0.5 < get_first_month_bound() < 0.57


def _row(verdict: Verdict) -> Row:
    return Row("group", "attack", "<= 1", "2", "", "", verdict)


def test_what_is_within_chance_fails_a_whole_run_and_not_a_quick_one() -> None:
    rows = [_row(verdict) for verdict in Verdict]
    assert [row.verdict for row in find_missed(rows, is_quick=False)] == [Verdict.MISSED, Verdict.UNSURE]
    assert [row.verdict for row in find_missed(rows, is_quick=True)] == [Verdict.MISSED]


def test_the_page_shows_every_row(tmp_path: Path) -> None:
    page = tmp_path / "attacks.md"
    write_page([_row(Verdict.MISSED), _row(Verdict.SHOWN)], page=page)
    assert page.read_text().count("| attack | <= 1 | 2 |") == 2
    assert "## Group" in page.read_text()
