"""The one table: on the screen while the suite ends, and as docs/attacks.md."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from stack.paths import ROOT
from tests.attacks.values import Row, Verdict

PAGE = ROOT / "docs" / "attacks.md"
PICTURE = ROOT / "docs" / "attacks.svg"
_COLOURS = {Verdict.MET: "green", Verdict.MISSED: "bold red", Verdict.UNSURE: "yellow", Verdict.SHOWN: ""}
_HEADINGS = ("attack", "goal", "measured", "95 % interval", "theory", "verdict")
_PAGE_HEAD = """# Attacks on the running release

Written by `make attacks`: do not edit, run it again. Figures vary a little from run to run, as noise does.

- **met**, **MISSED**: judged against [privacy.md, section 2](design/privacy.md). *shown*: nobody promised it; it stands
  here so that it is not left out.
- *theory* is what the best possible test reaches against noise of the plan's sigmas.
- The month-1 goals of 55 % and 53.5 % hold for a regular month. Month 1 of a ledger takes 4 of 15 shares of its year so
  that the first maps are useful; what an attacker gets from it is shown beside, and the year keeps its goal.
- *Persona cards*: the risk is anonymeter's, how much oftener an attacker is right about people behind the cards than
  about people of the same city who are not, of what these leave to gain. Rows on records show that the attackers see.

![Error and attack accuracy, ours and the alternatives](attacks.svg)
"""


def print_table(rows: Sequence[Row], *, console: Console) -> None:
    """Print the rows, group by group."""
    table = Table(title="attacks on the running release", title_justify="left")
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold")
    for group, members in groupby(rows, key=lambda row: row.group):
        table.add_section()
        table.add_row(f"[bold]{group}[/bold]")
        for row in members:
            colour = _COLOURS[row.verdict]
            verdict = f"[{colour}]{row.verdict}[/{colour}]" if colour else str(row.verdict)
            table.add_row(row.attack, row.goal, row.measured, row.interval, row.theory, verdict)
    console.print(table)


def write_page(rows: Sequence[Row], *, page: Path = PAGE) -> None:
    """Write the rows as Markdown."""
    lines = [_PAGE_HEAD.rstrip()]
    for group, members in groupby(rows, key=lambda row: row.group):
        lines += ["", f"## {group[0].upper()}{group[1:]}", "", _join(*_HEADINGS), _join(*["---"] * len(_HEADINGS))]
        lines += [_join(row.attack, row.goal, row.measured, row.interval, row.theory, row.verdict) for row in members]
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _join(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def find_missed(rows: Sequence[Row], *, is_quick: bool) -> list[Row]:
    """Return the rows whose goal was missed."""
    failing = {Verdict.MISSED} if is_quick else {Verdict.MISSED, Verdict.UNSURE}
    return [row for row in rows if row.verdict in failing]
