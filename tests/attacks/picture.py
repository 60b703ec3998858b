"""One picture: what each system errs, and what an attacker gets from it. Grey ink reads on white and on black."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.attacks.alternatives import EXACT, FRESH, ROUNDED, STICKY
from tests.attacks.membership import YEAR
from tests.attacks.report import PICTURE
from tests.attacks.usefulness import Usefulness, measure_usefulness
from tests.attacks.values import Row

NAMES: Mapping[str, str] = {
    YEAR: "Fieldreach\nany number of questions,\n12 months",
    EXACT: "exact counts\n1 question",
    ROUNDED: "k = 8, rounded to 5\n30 circles",
    STICKY: "sticky noise, SD 1.5\n30 circles",
    FRESH: "fresh noise, epsilon 1\n50 viewers",
}
_INK, _OURS, _OTHERS = "#7d8590", ("#1f9d6b", "#8fd3b6"), ("#d9822b", "#e8b27d")
_BAR = 0.38


def picture_rows(rows: Sequence[Row], *, seed: int) -> None:
    """Write the picture from the rows of a whole run."""
    accuracies = {row.attack: row.value for row in rows if row.attack in NAMES and row.value is not None}
    draw_picture(errors=measure_usefulness(seed=seed), accuracies=accuracies)


def draw_picture(*, errors: Mapping[str, Usefulness], accuracies: Mapping[str, float], page: Path = PICTURE) -> None:
    """Write the picture; both mappings have an entry for each of NAMES, accuracies as shares of 1."""
    # Text stays text, and the same figures give the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "attacks", "font.size": 9}):
        figure = Figure(figsize=(9.4, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        nearest = [errors[name].nearest for name in NAMES]
        circles = [errors[name].circle for name in NAMES]
        _add_bars(left, nearest, offset=-_BAR / 2, shade=0, suffix=" % · 30 nearest")
        _add_bars(left, circles, offset=_BAR / 2, shade=1, suffix=" % · 5 km")
        _add_bars(right, [100 * accuracies[name] for name in NAMES], offset=0, shade=0, suffix=" %", height=2 * _BAR)
        left.set_xlim(0, max(*nearest, *circles) * 1.7)
        right.set_xlim(0, 118)
        right.axvline(50, color=_INK, linestyle="--", linewidth=1)
        left.set_yticks(range(len(NAMES)), list(NAMES.values()))
        left.set_title("median error of a sum", color=_INK, fontsize=10)
        right.set_title("attacker is right about one household (coin: 50 %)", color=_INK, fontsize=10)
        left.invert_yaxis()
        for axes in (left, right):
            axes.set_facecolor("none")
            axes.tick_params(colors=_INK)
            axes.spines[:].set_color(_INK)
            axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(page, format="svg", transparent=True, metadata={"Date": None, "Creator": None})


def _add_bars(
    axes: Axes, values: Sequence[float], *, offset: float, shade: int, suffix: str, height: float = _BAR
) -> None:
    colours = [_OURS[shade], *[_OTHERS[shade]] * (len(values) - 1)]
    axes.barh([row + offset for row in range(len(values))], values, height, color=colours)
    for row, value in enumerate(values):
        axes.annotate(
            f"{value:.1f}{suffix}",
            (value, row + offset),
            (3, 0),
            textcoords="offset points",
            va="center",
            color=_INK,
            fontsize=8,
        )
