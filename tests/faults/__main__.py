"""`make faults`: every storm over 3,000 messages each, and the scheme of the usual systems beside them."""

from __future__ import annotations

import sys
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context

import click
from rich.console import Console
from rich.table import Table

from tests.faults.contest import RETRIES_ALONE, TITLES, run_one
from tests.faults.values import Verdict

_TOGETHER = 2
"""How many storms rage beside each other, each over databases of its own: they wait more than they work."""


def _find_rows(verdict: Verdict) -> dict[str, str]:
    return {
        "planned": f"{verdict.planned:,}",
        "taken by the carrier": f"{verdict.taken:,}",
        "skipped, cap": f"{verdict.skipped:,}",
        "duplicates": f"{verdict.duplicates:,}",
        "lost": f"{verdict.lost:,}",
        "outstanding": f"{verdict.outstanding:,}",
        "unconfirmed": f"{verdict.unconfirmed:,}",
        "households over a cap": f"{verdict.over_cap:,}",
        "sent again": f"{verdict.resent:,}",
        "longest wait, s": f"{verdict.longest_wait_s:.0f}",
        "took, s": f"{verdict.took_s:.0f}",
    }


def _draw(verdicts: dict[str, Verdict]) -> Table:
    table = Table("", *(name for name in TITLES if name in verdicts))
    columns = [_find_rows(verdicts[name]) for name in TITLES if name in verdicts]
    for row in columns[0]:
        table.add_row(row, *(column[row] for column in columns))
    return table


def _judge(name: str, verdict: Verdict) -> str:
    if name == RETRIES_ALONE:
        return f"{verdict.duplicates} twice, {verdict.lost} never"
    return "ok" if verdict.is_good else "WRONG"


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(TITLES)), help="Only these.")
@click.option("--quick", "is_quick", is_flag=True, help="600 messages a storm instead of 3,000.")
def main(*, only: tuple[str, ...], is_quick: bool) -> None:
    """Break everything while messages leave, and count what arrived. Ends with 1 where one message went wrong."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    verdicts: dict[str, Verdict] = {}
    names = [name for name in TITLES if not only or name in only]
    with (
        ProcessPoolExecutor(_TOGETHER, mp_context=get_context("spawn")) as pool,
        console.status(f"{_TOGETHER} storms beside each other, {len(names)} in all"),
    ):
        runs: dict[Future[Verdict], str] = {pool.submit(run_one, name, is_quick=is_quick): name for name in names}
        try:
            for run in as_completed(runs):
                name = runs[run]
                verdicts[name] = verdict = run.result()
                console.print(f"{name}: {TITLES[name]}: {_judge(name, verdict)} in {verdict.took_s:.0f} s")
        except BaseException:
            # Ctrl-C, or a storm that could not be judged: what has not begun need not.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    failed = [name for name in names if name != RETRIES_ALONE and not verdicts[name].is_good]
    console.print(_draw(verdicts))
    console.print(f"faults: wrong in {', '.join(failed)}" if failed else "faults: ok")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
