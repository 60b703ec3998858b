"""The figures of docs/design/performance.md, in its order, so that none goes missing from a run unsaid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.values import Row
from stack.paths import ROOT

PAGE = ROOT / "docs" / "design" / "performance.md"
_CELLS = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the performance page: its section, what is measured, the goal and the prototype as written."""

    section: str
    name: str
    goal: str
    prototype: str

    def is_told_by(self, row: Row) -> bool:
        """Say whether a row tells this figure, or a part of it: `figure, part`."""
        return row.name == self.name or row.name.startswith(f"{self.name}, ")


def read_figures(page: Path = PAGE) -> list[Figure]:
    """Read the tables of the performance page."""
    figures, section = [], ""
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ").partition(" (")[0]
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == _CELLS and cells[0] != "figure" and not cells[0].startswith("---"):
            figures.append(Figure(section, *cells))
    return figures
