"""`make attacks`: every attack against the running release, one table, and exit code 1 where a goal is missed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import Progress as Bars

from tests.attacks.alternatives import attack_alternatives
from tests.attacks.card_attack import PROGRAM, attack_cards
from tests.attacks.membership import attack_membership
from tests.attacks.picture import picture_rows
from tests.attacks.publication_attack import attack_publications
from tests.attacks.report import find_missed, print_table, write_page
from tests.attacks.running import attack_running_system
from tests.attacks.sizes import FULL, QUICK, Sizes
from tests.attacks.utility_rows import measure_utility_rows
from tests.attacks.values import Progress, Row, ShowProgress

SEED = 20261127
_WIDTH_OF_A_LOG = 160
_console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_LOG)


@contextmanager
def _show(title: str) -> Iterator[Progress]:
    """Give a listener that shows one piece of work as a bar."""
    with Bars(console=_console) as bars:
        task = bars.add_task(title)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _attack_membership(sizes: Sizes, show: ShowProgress) -> list[Row]:
    with show("drawing noise") as progress:
        return attack_membership(member_trials=sizes.member_trials, need_trials=sizes.need_trials, progress=progress)


def _attack_publications(sizes: Sizes, show: ShowProgress) -> list[Row]:
    with show("publishing and rehearsing") as progress:
        return attack_publications(publications=sizes.publications, rehearsals=sizes.rehearsals, progress=progress)


def _attack_running_system(sizes: Sizes, show: ShowProgress) -> list[Row]:
    return attack_running_system(sizes, seed=SEED, show=show)


def _attack_cards(sizes: Sizes, show: ShowProgress) -> list[Row]:
    if not PROGRAM.exists():
        raise click.ClickException("anonymeter has an environment of its own: make .venv-anonymeter/.ready")
    with show("taking a city in, and scanning for cards") as progress:
        return attack_cards(
            households=sizes.card_households,
            planners=sizes.planners,
            guesses=sizes.card_guesses,
            seed=SEED,
            progress=progress,
        )


def _attack_alternatives(sizes: Sizes, show: ShowProgress) -> list[Row]:
    del show  # a second's work
    return attack_alternatives(seed=SEED, trials=sizes.alternative_trials)


def _measure_utility(sizes: Sizes, show: ShowProgress) -> list[Row]:
    with show("twelve months of a city of two million") as progress:
        return measure_utility_rows(seed=SEED, months=sizes.utility_months, progress=progress)


SUITES: Mapping[str, Callable[[Sizes, ShowProgress], list[Row]]] = {
    "membership": _attack_membership,
    "published": _attack_publications,
    "cards": _attack_cards,
    "running": _attack_running_system,
    "alternatives": _attack_alternatives,
    "utility": _measure_utility,
}


def _run(names: tuple[str, ...], *, sizes: Sizes) -> list[Row]:
    rows = []
    for name in names:
        started = time.monotonic()
        _console.print(f"==> {name}")
        rows += SUITES[name](sizes, _show)
        _console.print(f"    {time.monotonic() - started:.0f} s")
    return rows


@click.command()
@click.option("--only", "names", multiple=True, type=click.Choice(list(SUITES)), help="Run these attacks only.")
@click.option("--quick", is_flag=True, help="A few trials of each: says that the suite works, not that goals hold.")
def main(names: tuple[str, ...], *, quick: bool) -> None:
    """Attack the release, print one table and, after a whole run, write docs/attacks.md and docs/attacks.svg."""
    rows = _run(names or tuple(SUITES), sizes=QUICK if quick else FULL)
    print_table(rows, console=_console)
    if not names and not quick:
        write_page(rows)
        picture_rows(rows, seed=SEED)
    missed = find_missed(rows, is_quick=quick)
    for row in missed:
        _console.print(f"missed: {row.group}, {row.attack}: {row.measured}, goal {row.goal}")
    if missed:
        sys.exit(1)
    _console.print("attacks: ok")


if __name__ == "__main__":
    main()
