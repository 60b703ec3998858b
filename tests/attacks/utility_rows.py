"""The figures of privacy.md section 2 about usefulness, as rows of the one table."""

from __future__ import annotations

from tests.attacks.utility import UtilityRow, measure_utility
from tests.attacks.values import Progress, Row, Verdict

GROUP = "usefulness"


def _judge(row: UtilityRow) -> Verdict:
    if not row.goal:
        return Verdict.SHOWN
    return Verdict.MET if row.is_met else Verdict.MISSED


def measure_utility_rows(*, seed: int, months: tuple[int, ...], progress: Progress) -> list[Row]:
    """Measure and return one row a figure: its goal, and what was measured in month 1 and month 12."""
    measured = measure_utility(seed=seed, months=months, progress=progress)
    return [
        Row(
            GROUP,
            row.name,
            row.goal,
            "; ".join(filter(None, (row.month_1, row.month_12 and f"month 12: {row.month_12}"))),
            "",
            "",
            _judge(row),
        )
        for row in measured
    ]
