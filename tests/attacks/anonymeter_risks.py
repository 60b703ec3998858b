"""anonymeter's attackers on tables of a folder: runs in `.venv-anonymeter`, apart from everything of ours.

    .venv-anonymeter/bin/python -I tests/attacks/anonymeter_risks.py FOLDER

FOLDER/orders.json lists attacks. Each names the table of records that the attacker is shown, the columns that count,
how many guesses to make, and either a secret column to infer or of how many columns a predicate is made that singles
somebody out; FOLDER holds that table, and `members` and `held_out`: who the records are of, and as many people of whom
they are not. Tables are Parquet. FOLDER/risks.json answers in the same order.

In `members` and `held_out` a column `person` differs for each. No attacker sees it; without it the evaluator, which
drops equal rows, would take people who are alike for one.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from anonymeter.evaluators import InferenceEvaluator, SinglingOutEvaluator
from anonymeter.stats.confidence import EvaluationResults

MOST_ATTEMPTS = 20_000
"""Predicates tried to find as many that fit one record only: a table of few different records has fewer than wanted."""

Order = dict[str, Any]
Tables = dict[str, pd.DataFrame]
Counts = dict[str, int]


def single_out(order: Order, tables: Tables) -> Counts:
    """Guess that one person fits a predicate that one shown record fits, deck by deck where records have a deck."""
    shown = tables[order["shown"]]
    decks = [deck for _, deck in shown.groupby("deck")] if order["by_deck"] else [shown]
    total = dict.fromkeys(("guesses", "right", "right_held_out", "naive_guesses", "right_naive"), 0)
    for number, deck in enumerate(decks):
        asked = -(-order["guesses"] // len(decks))
        # Whatever was guessed fits one of the shown records, so an attack on these tells how many guesses there were.
        guesses, _, _ = _single_out(order, deck, deck[order["columns"]], None, asked=asked, seed=number)
        found = _single_out(order, deck, tables["members"], tables["held_out"], asked=asked, seed=number)
        for name, count in zip(total, (guesses, *found[:2], asked, found[2]), strict=True):
            total[name] += count
    return total


def _single_out(
    order: Order, deck: pd.DataFrame, people: pd.DataFrame, control: pd.DataFrame | None, *, asked: int, seed: int
) -> tuple[int, int, int]:
    """Return how many guesses are right of people, of the control, and of an attacker who makes predicates up."""
    evaluator = SinglingOutEvaluator(
        ori=people,
        syn=deck[order["columns"]],
        control=control,
        n_attacks=asked,
        n_cols=order["predicate"],
        max_attempts=MOST_ATTEMPTS,
        seed=order["seed"] + seed,
    )
    results = evaluator.evaluate(mode="univariate" if order["predicate"] == 1 else "multivariate").results()
    return int(results.n_success), int(results.n_control or 0), int(results.n_baseline)


def infer(order: Order, tables: Tables) -> Counts:
    """Guess a secret from the shown record that is nearest in all other columns, about as many people of each kind."""
    columns, secret, shown = order["columns"], order["secret"], tables[order["shown"]]
    rng = np.random.default_rng(order["seed"])
    people = {name: _draw(tables[name][columns], count=order["guesses"], rng=rng) for name in ("members", "held_out")}
    count = len(people["members"])
    results = (
        InferenceEvaluator(
            ori=people["members"],
            syn=shown[columns],
            control=people["held_out"],
            aux_cols=[column for column in columns if column != secret],
            secret=secret,
            n_attacks=count,
        )
        .evaluate()
        .results()
    )
    # The evaluator's own naive attacker is compared by row number; this one says what any shown record says.
    naive = rng.choice(shown[secret].to_numpy(), count)
    return {
        "guesses": count,
        "right": int(results.n_success),
        "right_held_out": int(results.n_control),
        "naive_guesses": count,
        "right_naive": int((naive == people["members"][secret].to_numpy()).sum()),
    }


def _draw(people: pd.DataFrame, *, count: int, rng: np.random.Generator) -> pd.DataFrame:
    return people.iloc[rng.permutation(len(people))[:count]]


def judge(counts: Counts) -> dict[str, float]:
    """Return counts with the risk and its 95 % interval; where no guess could be made there is none."""
    if not counts["guesses"]:
        return {**counts, "risk": 0.0, "low": 0.0, "high": 0.0}
    risk = EvaluationResults(
        n_attacks=(counts["guesses"], counts["naive_guesses"], counts["guesses"]),
        n_success=counts["right"],
        n_baseline=counts["right_naive"],
        n_control=counts["right_held_out"],
        confidence_level=0.95,
    ).risk()
    return {**counts, "risk": risk.value, "low": risk.ci[0], "high": risk.ci[1]}


def main(folder: Path) -> None:
    """Carry out the orders of a folder, telling after each how many are done."""
    warnings.simplefilter("ignore")  # an attack that is no better than a naive one is what we hope to read
    logging.disable(logging.WARNING)  # how many predicates there were stands in the answer
    orders: list[Order] = json.loads((folder / "orders.json").read_text())
    tables = {path.stem: pd.read_parquet(path) for path in folder.glob("*.parquet")}
    risks = []
    for number, order in enumerate(orders, 1):
        risks.append(judge(infer(order, tables) if "secret" in order else single_out(order, tables)))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
    (folder / "risks.json").write_text(json.dumps(risks))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
