"""The one table of all figures: on the screen, and in docs/benchmarks.md between the words of benchmarks/page.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from rich.console import Console
from rich.table import Table

from benchmarks.goals import Figure
from benchmarks.values import Row, Sense
from stack.paths import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
WORDS = ROOT / "benchmarks" / "page.md"
NOT_RUN = "not run"
BESIDE = "Beside the goals"
_HEADINGS = ("figure", "goal", "median (min-max)", "verdict", "how")
_COLOURS = {"met": "green", "MISSED": "bold red", NOT_RUN: "yellow"}
_SIGNS = {Sense.AT_LEAST: ">=", Sense.AT_MOST: "<="}
_WHOLE_FROM = 100.0
_TENTHS_FROM = 10.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. `row` is None for a figure that was not run."""

    section: str
    name: str
    goal: str
    row: Row | None

    @property
    def measured(self) -> str:
        """Return median, minimum and maximum with their unit."""
        if self.row is None:
            return ""
        low, high = write_number(self.row.min), write_number(self.row.max)
        return f"{write_number(self.row.median)} ({low}-{high}) {self.row.unit}".strip()

    @property
    def verdict(self) -> str:
        """Return what became of the goal."""
        if self.row is None:
            return NOT_RUN
        if self.row.sense is Sense.RECORD:
            return "for the record"
        return "met" if self.row.met else "MISSED"


def write_number(value: float) -> str:
    """Write a figure with as many digits as it is worth."""
    if abs(value) >= _WHOLE_FROM:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= _TENTHS_FROM else f"{value:.2f}"


def find_lines(rows: Mapping[str, Sequence[Row]], *, figures: Sequence[Figure]) -> list[Line]:
    """Put every figure of the performance page on a line, run or not, and then what was measured beside them.

    `rows` are those of each group. A figure of several parts has a line for each.
    """
    told = [row for group in rows.values() for row in group]
    lines = []
    for figure in figures:
        found = [row for row in told if figure.is_told_by(row)]
        lines += [Line(figure.section, row.name, figure.goal, row) for row in found]
        if not found:
            lines.append(Line(figure.section, figure.name, figure.goal, None))
    beside = [row for row in told if not any(figure.is_told_by(row) for figure in figures)]
    return lines + [Line(BESIDE, row.name, _write_goal(row), row) for row in beside]


def _write_goal(row: Row) -> str:
    return "" if row.sense is Sense.RECORD else f"{_SIGNS[row.sense]} {write_number(row.goal)}"


def print_table(lines: Sequence[Line], *, console: Console) -> None:
    """Print the lines, section by section."""
    table = Table(title="benchmarks", title_justify="left")
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold")
    for section in dict.fromkeys(line.section for line in lines):
        table.add_section()
        table.add_row(f"[bold]{section}[/bold]")
        for line in (one for one in lines if one.section == section):
            colour, note = _COLOURS.get(line.verdict), line.row.note if line.row else ""
            verdict = f"[{colour}]{line.verdict}[/{colour}]" if colour else line.verdict
            table.add_row(line.name, line.goal, line.measured, verdict, note)
    console.print(table)


def write_page(lines: Sequence[Line], *, facts: Mapping[str, str], page: Path = PAGE, words: Path = WORDS) -> None:
    """Write the page: what was measured where, the tables, and the words that stand around them."""
    template = Template(words.read_text(encoding="utf-8"))
    told = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    page.write_text(template.substitute(facts=told, tables="\n".join(_write_tables(lines))), encoding="utf-8")


def _write_tables(lines: Sequence[Line]) -> Iterator[str]:
    for at, section in enumerate(dict.fromkeys(line.section for line in lines)):
        yield from ([""] if at else [])
        yield from (f"## {section}", "", _join(*_HEADINGS), _join(*["---"] * len(_HEADINGS)))
        for line in lines:
            if line.section == section:
                yield _join(line.name, line.goal, line.measured, line.verdict, line.row.note if line.row else "")


def _join(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
