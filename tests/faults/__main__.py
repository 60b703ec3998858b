"""`make faults`: every storm over 3,000 messages each, and the scheme of the usual systems beside them."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.table import Table

from tests.faults.retry_scheme import run_retry_scheme
from tests.faults.run import run_storm
from tests.faults.storms import STORMS
from tests.faults.values import Verdict

_COMPARED, _COMPARED_QUICKLY = 1000, 200
_ALONE = "retries alone"


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
    table = Table("", *verdicts)
    columns = [_find_rows(verdict) for verdict in verdicts.values()]
    for row in columns[0]:
        table.add_row(row, *(column[row] for column in columns))
    return table


@click.command()
@click.option("--only", multiple=True, type=click.Choice([storm.name for storm in STORMS]), help="Only these storms.")
@click.option("--quick", is_flag=True, help="600 messages a storm instead of 3,000.")
def main(*, only: tuple[str, ...], quick: bool) -> None:
    """Break everything while messages leave, and count what arrived. Ends with 1 where one message went wrong."""
    console = Console()
    verdicts: dict[str, Verdict] = {}
    for storm in STORMS:
        if only and storm.name not in only:
            continue
        with console.status(f"{storm.name}: {storm.title}"):
            verdicts[storm.name] = verdict = run_storm(storm, is_quick=quick)
        console.print(f"{storm.name}: {storm.title}: {'ok' if verdict.is_good else 'WRONG'} in {verdict.took_s:.0f} s")
    failed = [name for name, verdict in verdicts.items() if not verdict.is_good]
    if not only:
        with console.status("the same by retries alone, for comparison"):
            verdicts[_ALONE] = run_retry_scheme(messages=_COMPARED_QUICKLY if quick else _COMPARED)
    console.print(_draw(verdicts))
    console.print(f"faults: wrong in {', '.join(failed)}" if failed else "faults: ok")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
