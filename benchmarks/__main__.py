"""`make bench`: every figure of the performance page in one run, one table, exit code 1 where a goal is missed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module

import click
from rich.console import Console

from benchmarks.goals import read_figures
from benchmarks.machine import describe_machine
from benchmarks.picture import draw_picture
from benchmarks.report import find_lines, find_missed, print_table, write_page
from benchmarks.values import Row

Measure = Callable[..., list[Row]]

# Each a module here with `measure(*, quick, progress)`. The city's come together, as a kept city is in memory then.
GROUPS = (
    "reading",
    "comparisons",
    "peers",
    "growth",
    "country",
    "sending",
    "rq_baseline",
    "claiming",
    "content",
    "auditing",
    "intake",
    "release",
    "scale",
)
_WIDTH_OF_A_LOG = 160
_console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_LOG)


def _run(name: str, *, quick: bool) -> list[Row]:
    """Run one group, telling what it does meanwhile."""
    began = time.monotonic()
    measure: Measure = import_module(f"benchmarks.{name}").measure
    with _console.status(name) as status:
        rows = measure(quick=quick, progress=lambda told: status.update(f"{name}: {told}"))
    _console.print(f"==> {name}: {time.monotonic() - began:.0f} s")
    return rows


@click.command()
@click.option("--only", "names", multiple=True, type=click.Choice(GROUPS), help="Run these groups only.")
@click.option("--quick", is_flag=True, help="Small and short: says that the bench works, not that goals hold.")
def main(names: tuple[str, ...], *, quick: bool) -> None:
    """Measure, print one table and, after a whole run, write docs/benchmarks.md and docs/benchmarks.svg."""
    began, load = datetime.now(UTC), os.getloadavg()[0]
    rows: dict[str, list[Row]] = {}
    failed: list[str] = []
    for name in names or GROUPS:
        try:
            rows[name] = _run(name, quick=quick)
        except click.ClickException as error:
            failed.append(name)
            _console.print(f"==> {name} failed: {error.message}", markup=False)
    lines = find_lines(rows, figures=read_figures())
    print_table(lines, console=_console)
    if not names and not quick:
        write_page(lines, facts=describe_machine(command="make bench", began=began, load=load))
        draw_picture(lines)
    missed = find_missed(lines)
    for line in missed:
        _console.print(f"missed: {line.name}: {line.measured}, goal {line.goal}", markup=False)
    for name in failed:
        _console.print(f"failed: {name}")
    if failed or (missed and not quick):
        sys.exit(1)
    _console.print("bench: ok" if not quick else "bench-quick: every group ran; goals hold or not at full size only")


if __name__ == "__main__":
    main()
