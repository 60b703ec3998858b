"""What a run ends with: what is missing, in words, and the exit code."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.report import BESIDE, Line
from benchmarks.values import Row, Sense

_NUMBER = re.compile(r"[0-9][0-9,.]*")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The last lines of a run, and its exit code."""

    told: tuple[str, ...]
    exit_code: int


def judge(lines: Sequence[Line], *, failed: Sequence[str], is_quick: bool, is_whole: bool) -> Verdict:
    """Judge a run by its lines and the groups that failed.

    Exit code 1: a group failed, or held a figure against another goal than the page's; unless quick, also a goal that
    was missed or, in a whole run, a figure that was not measured.
    """
    wrong = [line for line in lines if line.row is not None and not _has_goal_of_page(line, line.row)]
    missed = [line for line in lines if line.row is not None and not line.row.met]
    absent = [line for line in lines if line.row is None] if is_whole else []
    told = [f"missed: {line.name}: {line.measured}, goal {line.goal}" for line in missed]
    told += [f"not run: {line.name}, goal {line.goal}" for line in absent]
    told += [f"wrong: {line.name}: held against {line.row.goal:g}, goal {line.goal}" for line in wrong if line.row]
    told += [f"failed: {name}" for name in failed]
    if is_quick:
        told.append(f"quick: goals are told of full sizes, this is small, so that {len(missed)} missed fail nothing")
    is_good = not (failed or wrong) and (is_quick or not (missed or absent))
    told.append(f"{'bench-quick' if is_quick else 'bench'}: {'ok' if is_good else 'FAILED'}")
    return Verdict(tuple(told), int(not is_good))


def _has_goal_of_page(line: Line, row: Row) -> bool:
    """Say whether a row is held against the number that its goal is written with, if it has one."""
    written = _NUMBER.search(line.goal)
    if line.section == BESIDE or row.sense is Sense.RECORD or written is None:
        return True
    return math.isclose(float(written[0].replace(",", "")), row.goal)
