"""One picture: how far each figure is ahead of its goal. Grey ink reads on white and on black."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.report import Line, write_number
from benchmarks.values import Row, Sense
from stack.paths import ROOT

PICTURE = ROOT / "docs" / "benchmarks.svg"
_INK, _MET, _MISSED = "#7d8590", "#1f9d6b", "#d9822b"
_NAME_LENGTH, _END_LENGTH = 66, 28
_LEAST = 1e-6
_SIGNS = {Sense.AT_LEAST: "≥", Sense.AT_MOST: "≤"}


def get_lead(row: Row, value: float) -> float:
    """Return how many times as good as its goal a value is: 1 just reaches it."""
    better, worse = (value, row.goal) if row.sense is Sense.AT_LEAST else (row.goal, value)
    return max(better, _LEAST) / max(worse, _LEAST)


def draw_picture(lines: Sequence[Line], *, page: Path = PICTURE) -> None:
    """Write the picture of all rows that have a goal, from the lowest round to the highest."""
    rows = [line.row for line in lines if line.row is not None and line.row.sense is not Sense.RECORD]
    # Text stays text, and the same figures give the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "benchmarks", "font.size": 9}):
        figure = Figure(figsize=(9.4, 0.9 + 0.3 * len(rows)), layout="constrained")
        axes = figure.subplots()
        leads = [get_lead(row, row.median) for row in rows]
        places = range(len(rows))
        axes.barh(places, leads, 0.7, color=[_MET if row.met else _MISSED for row in rows])
        ends = [sorted((get_lead(row, row.min), get_lead(row, row.max))) for row in rows]
        axes.hlines(places, [low for low, _ in ends], [high for _, high in ends], color=_INK, linewidth=1.5)
        for place, row, (_, high) in zip(places, rows, ends, strict=True):
            told = f"{write_number(row.median)} {row.unit}, goal {_SIGNS[row.sense]} {write_number(row.goal)}"
            axes.annotate(
                told, (high, place), (4, 0), textcoords="offset points", va="center", color=_INK, fontsize=8
            )  # fmt: skip
        axes.set_xscale("log")
        axes.set_xlim(0.1, max([10.0, *(high for _, high in ends)]) * 12)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.axvline(1.0, color=_INK, linestyle="--", linewidth=1)
        axes.set_yticks(places, [_shorten(row.name) for row in rows])
        axes.set_title("times as good as the goal: median, lowest and highest round", color=_INK, fontsize=10)
        axes.invert_yaxis()
        axes.set_facecolor("none")
        axes.tick_params(colors=_INK)
        axes.spines[:].set_color(_INK)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(page, format="svg", transparent=True, metadata={"Date": None, "Creator": None})


def _shorten(name: str) -> str:
    """Leave out the middle: what a figure is of stands at its beginning, and which part of it at its end."""
    plain = name.replace("`", "")
    if len(plain) <= _NAME_LENGTH:
        return plain
    begin = plain[: _NAME_LENGTH - _END_LENGTH].rpartition(" ")[0]
    end = plain[-_END_LENGTH:].partition(" ")[2]
    return f"{begin} … {end}"
