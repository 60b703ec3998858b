"""A baseline that answers another question must be found out before anything is timed."""

from __future__ import annotations

from typing import Any

import click
import pytest

from benchmarks.agreement import check_counted, check_nearest
from benchmarks.questions import NEED

Row = dict[str, Any]


def make_answer(*distances_m: float) -> Row:
    rows = [
        {
            "community_code": f"c{number}",
            "distance_m": distance_m,
            "level": "community",
            "users": {"value": 300.0, "moe95": 33.5},
            "needs": {NEED.value: {"value": None, "moe95": 21.2, "few": True}},
            "share": 0.0,
            "rank": number + 1,
        }
        for number, distance_m in enumerate(distances_m)
    ]
    return {"release_id": "2026-11-370200", "communities": rows}


def test_the_same_answer_passes_with_neighbours_exchanged() -> None:
    ours, theirs = make_answer(100.0, 900.0, 901.0), make_answer(100.0, 900.0, 901.0)
    theirs["communities"][1:] = reversed(theirs["communities"][1:])
    check_nearest(ours, theirs)


@pytest.mark.parametrize(("key", "value"), [("users", {"value": 300.1, "moe95": 33.5}), ("distance_m", 100.3)])
def test_another_figure_is_found(key: str, value: object) -> None:
    theirs = make_answer(100.0, 900.0)
    theirs["communities"][0][key] = value
    with pytest.raises(click.ClickException, match="something else"):
        check_nearest(make_answer(100.0, 900.0), theirs)


def test_a_community_that_is_missing_before_the_end_is_found() -> None:
    theirs = make_answer(100.0, 900.0)
    theirs["communities"].pop(0)
    with pytest.raises(click.ClickException, match="without c0"):
        check_nearest(make_answer(100.0, 900.0), theirs)


@pytest.mark.parametrize(("users", "passes"), [(300, True), (380, True), (500, False), (0, False)])
def test_a_count_may_differ_by_noise_and_no_more(*, users: int, passes: bool) -> None:
    theirs: Row = {"communities": [{"community_code": "c0", "distance_m": 100.0, "users": users, "need": 20}]}
    if passes:
        check_counted(make_answer(100.0), theirs, category=NEED.value)
        return
    with pytest.raises(click.ClickException, match="users"):
        check_counted(make_answer(100.0), theirs, category=NEED.value)
