"""A figure is judged by the median against its goal, and none goes missing unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.goals import read_figures
from benchmarks.picture import get_lead
from benchmarks.report import NOT_RUN, find_lines, write_page
from benchmarks.values import Row, Sense
from benchmarks.verdict import judge

FIGURES = read_figures()


def make_row(
    name: str = "anything", *, goal: float = 2.0, sense: Sense = Sense.AT_LEAST, ratios: tuple[float, ...] = (1.0,)
) -> Row:
    return Row(name, goal, sense, ratios, "×", "how")


def test_the_median_decides_and_not_the_best_round() -> None:
    assert not make_row(ratios=(1.9, 1.0, 9.0)).met
    assert make_row(ratios=(2.0, 1.0, 9.0)).met


def test_a_limit_is_missed_from_above() -> None:
    assert make_row(sense=Sense.AT_MOST, ratios=(2.0,)).met
    assert not make_row(sense=Sense.AT_MOST, ratios=(2.01,)).met


def test_what_is_for_the_record_misses_nothing() -> None:
    lines = find_lines({"any": [make_row(sense=Sense.RECORD, ratios=(0.0,))]}, figures=[])
    assert [line.verdict for line in lines] == ["for the record"]


def test_a_row_without_a_round_is_refused() -> None:
    with pytest.raises(ValueError, match="no rounds"):
        make_row(ratios=())


def test_the_performance_page_has_sixteen_figures_in_two_sections() -> None:
    assert len(FIGURES) == 16
    assert list(dict.fromkeys(figure.section for figure in FIGURES)) == ["Reading", "Writing and sending"]


def test_a_figure_that_was_not_run_stands_on_the_page_and_says_so() -> None:
    lines = find_lines({}, figures=FIGURES)
    assert [line.name for line in lines] == [figure.name for figure in FIGURES]
    assert {line.verdict for line in lines} == {NOT_RUN}


def test_every_part_of_a_figure_has_its_line_and_its_verdict() -> None:
    figure = FIGURES[6]
    rows = [make_row(f"{figure.name}, one"), make_row(f"{figure.name}, two", ratios=(3.0,)), make_row("beside")]
    lines = find_lines({"any": rows}, figures=[figure])
    assert [(line.section, line.verdict) for line in lines] == [
        ("Reading", "MISSED"),
        ("Reading", "met"),
        ("Beside the goals", "MISSED"),
    ]


def test_the_page_keeps_its_words_and_has_every_line(tmp_path: Path) -> None:
    page, words = tmp_path / "page.md", tmp_path / "words.md"
    words.write_text("# Before\n$facts\n$tables\nAfter.\n")
    lines = find_lines({"any": [make_row(FIGURES[0].name, ratios=(0.5, 0.25, 123.4))]}, figures=FIGURES)
    write_page(lines, facts={"Commit": "abc"}, page=page, words=words)
    written = page.read_text()
    assert written.startswith("# Before\n- Commit: abc\n## Reading\n")
    assert written.endswith("After.\n")
    assert f"| {FIGURES[0].name} | >= 0.40 | 0.50 (0.25-123) × | MISSED | how |" in written
    assert all(f"| {figure.name} |" in written for figure in FIGURES)


def test_the_picture_puts_what_just_reaches_its_goal_at_one_and_better_above() -> None:
    least, most = make_row(goal=4.0), make_row(goal=4.0, sense=Sense.AT_MOST)
    assert (get_lead(least, 4.0), get_lead(most, 4.0)) == (1.0, 1.0)
    assert get_lead(least, 8.0) == get_lead(most, 2.0) == 2.0


MISSED, MET = make_row("slow"), make_row("fast", ratios=(3.0,))


@pytest.mark.parametrize(
    ("rows", "failed", "is_quick", "is_whole", "exit_code"),
    [
        ([MET], [], False, False, 0),
        ([MET, MISSED], [], False, False, 1),
        ([MET], ["growth"], False, False, 1),
        ([MET, MISSED], [], True, True, 0),
        ([MET], ["growth"], True, True, 1),
        ([make_row("slow", sense=Sense.RECORD)], [], False, False, 0),
    ],
)
def test_a_missed_goal_fails_unless_quick_and_a_group_that_fails_always(
    *, rows: list[Row], failed: list[str], is_quick: bool, is_whole: bool, exit_code: int
) -> None:
    lines = find_lines({"any": rows}, figures=[])
    verdict = judge(lines, failed=failed, is_quick=is_quick, is_whole=is_whole)
    assert verdict.exit_code == exit_code
    assert verdict.told[-1].endswith("FAILED" if exit_code else "ok")
    assert [told for told in verdict.told if "slow" in told] == (
        ["missed: slow: 1.00 (1.00-1.00) ×, goal >= 2.00"] if MISSED in rows else []
    )


@pytest.mark.parametrize(("is_whole", "exit_code"), [(True, 1), (False, 0)])
def test_a_whole_run_fails_without_a_figure_of_the_performance_page(*, is_whole: bool, exit_code: int) -> None:
    lines = find_lines({"any": [MET]}, figures=FIGURES[:1])
    verdict = judge(lines, failed=[], is_quick=False, is_whole=is_whole)
    assert verdict.exit_code == exit_code
    assert any(told == f"not run: {FIGURES[0].name}, goal {FIGURES[0].goal}" for told in verdict.told) is is_whole


@pytest.mark.parametrize(("goal", "exit_code"), [(0.4, 0), (0.3, 1)])
def test_a_figure_that_is_held_against_another_goal_than_the_page_fails_even_quick(goal: float, exit_code: int) -> None:
    lines = find_lines({"any": [make_row(FIGURES[0].name, goal=goal)]}, figures=FIGURES[:1])
    assert judge(lines, failed=[], is_quick=True, is_whole=False).exit_code == exit_code


def test_a_number_of_thousands_is_read_whole() -> None:
    content = next(figure for figure in FIGURES if figure.goal == ">= 2,000")
    lines = find_lines({"any": [make_row(content.name, goal=2_000.0, ratios=(6_200.0,))]}, figures=[content])
    assert judge(lines, failed=[], is_quick=False, is_whole=True).exit_code == 0
