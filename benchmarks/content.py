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

from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.values import Verdict
from messaging.campaigns.settings import MessagingRules, Mode

CORPORA = Path(__file__).parents[1] / "tests/messaging/campaigns/content/corpora"
KINDS = ("attacks", "honest")
_ROUNDS = 5


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


def measure_rate(samples: list[Sample]) -> float:
    """Return checks a second of CPU, the best of a few rounds."""
    times = []
    for _ in range(_ROUNDS):
        begun = process_time()
        count_verdicts(samples)
        times.append(process_time() - begun)
    return len(samples) / min(times)


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
    console.print(f"{measure_rate(samples):,.0f} checks a second of one core")


if __name__ == "__main__":
    main()
