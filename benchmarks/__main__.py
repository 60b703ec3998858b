"""`make bench`: every figure of the performance page in one run, one table, exit code 1 where a goal is missed."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec

import click
from rich.console import Console

from benchmarks.goals import read_figures
from benchmarks.machine import describe_machine
from benchmarks.picture import draw_picture
from benchmarks.report import find_lines, print_table, write_page
from benchmarks.values import Row
from benchmarks.verdict import judge

Measure = Callable[..., list[Row]]

# Each a module here with `measure(*, quick, progress)`, in the order of the performance page.
GROUPS = (
    "reading",
    "comparisons",
    "growth",
    "country",
    "peers",
    "sending",
    "rq_baseline",
    "claiming",
    "content",
    "auditing",
    "intake",
    "full_release",
    "scale",
)
_WIDTH_OF_A_LOG = 160
_QUIET_LOAD = 0.5
"""Load of a core above which somebody else is at work."""

_console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_LOG)


def _say(told: str) -> None:
    _console.print(told, markup=False, highlight=False)


def find_measure(name: str) -> Measure | None:
    """Return how a group is measured, None for one that is not written."""
    if find_spec(f"benchmarks.{name}") is None:
        return None
    measure: Measure | None = getattr(import_module(f"benchmarks.{name}"), "measure", None)
    return measure


def _run(name: str, *, quick: bool) -> list[Row] | None:
    """Run one group, telling what it does meanwhile; None where it failed, which costs the others nothing."""
    began = time.monotonic()
    rows: list[Row] | None = None
    with _console.status(name) as status:
        try:
            measure = find_measure(name)
            if measure is None:
                _say(f"==> {name}: not written")
                return []
            rows = measure(quick=quick, progress=lambda told: status.update(f"{name}: {told}"))
        except click.ClickException as error:
            _say(f"{name} failed: {error.message}")
        except Exception:  # noqa: BLE001 - whatever it is, what the other groups measure is worth having
            _say(f"{name} failed: {traceback.format_exc()}")
    _say(f"==> {name}: {time.monotonic() - began:.0f} s")
    return rows


def _warn_of_company(load: float) -> None:
    if load > _QUIET_LOAD * (os.cpu_count() or 1):
        _say(f"==> the machine is busy (load {load:.1f}): expect wide ranges, and goals missed that a quiet one meets")


@click.command()
@click.option("--only", "names", multiple=True, type=click.Choice(GROUPS), help="Run these groups only.")
@click.option("--quick", is_flag=True, help="Small and short: says that the bench works, not that goals hold.")
def main(names: tuple[str, ...], *, quick: bool) -> None:
    """Measure, print one table and, after a whole run, write docs/benchmarks.md and docs/benchmarks.svg.

    Exits 1 when a group failed; unless quick, also when a goal was missed or a whole run left a figure out.
    """
    began, load = datetime.now(UTC), os.getloadavg()[0]
    _warn_of_company(load)
    found = {name: _run(name, quick=quick) for name in names or GROUPS}
    lines = find_lines({name: rows for name, rows in found.items() if rows is not None}, figures=read_figures())
    print_table([line for line in lines if line.row is not None or not names], console=_console)
    is_whole = not names and not quick
    if is_whole:
        write_page(lines, facts=describe_machine(command="make bench", began=began, load=load))
        draw_picture(lines)
    failed = [name for name, rows in found.items() if rows is None]
    verdict = judge(lines, failed=failed, is_quick=quick, is_whole=is_whole)
    for told in verdict.told:
        _say(told)
    sys.exit(verdict.exit_code)


if __name__ == "__main__":
    main()
