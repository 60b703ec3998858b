"""What the rules make of texts that they were not tuned on, and of those that they were."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product

import pytest

from benchmarks.content import CORPORA, count_verdicts, measure_rates, read_corpus
from messaging.campaigns.content.values import Verdict

HELD_OUT, TUNING = CORPORA / "held_out", CORPORA / "tuning"
_SIGNS = re.compile(r"\W+")
_SHORTEST_COPY = 12


def count(folder: str, kind: str, *classes: str) -> Counter[Verdict]:
    """Return the verdicts on one kind of text, of some classes or of all."""
    counts = count_verdicts(read_corpus(CORPORA / folder))
    chosen = (each for (of, name), each in counts.items() if of == kind and (not classes or name in classes))
    return sum(chosen, Counter())


def share(counts: Counter[Verdict], *verdicts: Verdict) -> float:
    """Return the share of some verdicts."""
    return sum(counts[verdict] for verdict in verdicts) / counts.total()


@pytest.mark.parametrize("folder", ["held_out", "tuning"])
def test_a_corpus_has_150_attacks_and_150_honest_texts_at_least(folder: str) -> None:
    assert min(count(folder, "attacks").total(), count(folder, "honest").total()) >= 150


def test_what_is_held_out_is_no_part_of_what_was_tuned_on() -> None:
    held_out, tuning = ({_SIGNS.sub("", one.text) for one in read_corpus(folder)} for folder in (HELD_OUT, TUNING))
    assert held_out.isdisjoint(tuning)
    long = [text for text in tuning if len(text) >= _SHORTEST_COPY]
    assert [pair for pair in product(long, held_out) if pair[0] in pair[1]] == []


@pytest.mark.parametrize("folder", ["held_out", "tuning"])
@pytest.mark.parametrize(
    ("classes", "least"),
    [
        (("number",), 1.0),
        (("url",), 1.0),
        (("character",), 1.0),
        (("contact", "claim", "trade", "lure"), 0.95),
    ],
)
def test_attacks_are_not_accepted(folder: str, classes: tuple[str, ...], least: float) -> None:
    assert share(count(folder, "attacks", *classes), Verdict.REFUSE, Verdict.REVIEW) >= least


def test_most_numbers_and_addresses_are_refused_without_anybody_reading_them() -> None:
    assert share(count("held_out", "attacks", "number", "url"), Verdict.REFUSE) >= 0.9


@pytest.mark.parametrize("folder", ["held_out", "tuning"])
def test_honest_texts_are_hardly_ever_refused_and_do_not_drown_the_reviewers(folder: str) -> None:
    counts = count(folder, "honest")
    assert share(counts, Verdict.REFUSE) <= 0.02
    assert share(counts, Verdict.REVIEW) <= 0.10


def test_one_core_checks_2000_texts_a_second() -> None:
    assert max(measure_rates(read_corpus(HELD_OUT), rounds=5)) >= 2000
