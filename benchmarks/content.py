"""What the content rules make of a corpus, class by class, and how many texts a second one core checks.

`python -m benchmarks.content [FOLDER]`; a corpus is a folder with attacks.csv and honest.csv, each class,text.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import click
from rich.console import Console
from rich.table import Table

from benchmarks.values import Progress, Row, Sense
from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.values import Verdict
from messaging.campaigns.settings import MessagingRules, Mode

CORPORA = Path(__file__).parents[1] / "tests/messaging/campaigns/content/corpora"
KINDS = ("attacks", "honest")
_ROUNDS, _QUICK_ROUNDS = 5, 2
_GOAL = 2_000.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One text of a corpus, and what it is an example of."""

    kind: str
    sample_class: str
    text: str


def read_corpus(folder: Path) -> list[Sample]:
    """Return the texts of a corpus, attacks first."""
    samples = []
    for kind in KINDS:
        with (folder / f"{kind}.csv").open(encoding="utf-8", newline="") as stream:
            samples += [Sample(kind, row["class"], row["text"]) for row in csv.DictReader(stream)]
    return samples


def count_verdicts(samples: list[Sample]) -> dict[tuple[str, str], Counter[Verdict]]:
    """Return how the rules judge each class of each kind, with the rules that come with the package."""
    # Without the lengths of one message, which would refuse what the rules for content accept.
    rules = MessagingRules(mode=Mode.TEST).model_copy(update={"text_units_min": 1, "text_units_max": 500})
    counts: dict[tuple[str, str], Counter[Verdict]] = {}
    for sample in samples:
        verdict = check_text(sample.text, rules=rules).verdict
        counts.setdefault((sample.kind, sample.sample_class), Counter())[verdict] += 1
    return counts


def measure_rates(samples: list[Sample], *, rounds: int) -> tuple[float, ...]:
    """Return checks a second of CPU, round by round, once the tables are loaded."""
    count_verdicts(samples[:1])
    rates = []
    for _ in range(rounds):
        begun = process_time()
        count_verdicts(samples)
        rates.append(len(samples) / (process_time() - begun))
    return tuple(rates)


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Return how many texts a second one core checks."""
    samples = read_corpus(CORPORA / "held_out")
    rates = measure_rates(samples, rounds=_QUICK_ROUNDS if quick else _ROUNDS)
    progress(f"{max(rates):,.0f} content checks a second of one core")
    return [
        Row(
            name="content checks per second and core",
            goal=_GOAL,
            sense=Sense.AT_LEAST,
            ratios=rates,
            unit="checks/s",
            note=f"{len(samples)} texts of the held-out corpus, attacks and honest ones; processor time",
        )
    ]


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=CORPORA / "held_out")
def main(folder: Path) -> None:
    """Show what the content rules make of a corpus, by default the one held out from tuning."""
    samples = read_corpus(folder)
    table = Table("kind", "class", "texts", *(verdict.value for verdict in Verdict))
    for (kind, sample_class), counts in count_verdicts(samples).items():
        numbers = (counts.total(), *(counts[verdict] for verdict in Verdict))
        table.add_row(kind, sample_class, *map(str, numbers))
    console = Console()
    console.print(table)
    console.print(f"{max(measure_rates(samples, rounds=_ROUNDS)):,.0f} checks a second of one core")


if __name__ == "__main__":
    main()
