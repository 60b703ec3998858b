"""Persona cards under anonymeter: whether what planners are shown singles people out, or tells what they did not.

Cards stand for a synthetic table, the people who were counted for what it is made of, people held out of that city for
the control. The risk is how much oftener an attacker is right about the former than about the latter, of what the
latter leave to gain (Giomi et al. 2023). The same attackers on records of the members themselves must find much.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from stack.paths import ROOT
from tests.attacks.card_world import Record, Seen, see_cards
from tests.attacks.values import Progress, Row, Verdict

GROUP = "persona cards"
PROGRAM = ROOT / ".venv-anonymeter" / "bin" / "python"
GOAL = 0.08
FOUND = 0.5
"""What the lower bound must exceed where records are shown: far above the goal, or the attackers are blind."""

CARD = ("district", "age_band", "activity", "category", "interest")
"""What a card shows. A need, which it does not, is believed of it (card_world.py)."""
RECORD = (*CARD, "need", "leaf", "score", "channels", "opened_day", "bought_day")
SECRETS = {
    "need": "what is needed",
    "category": "what is owned",
    "age_band": "the age band",
    "interest": "the interest",
}
_PREDICATES, _RECORDS = 2_000, 1_000
"""Guesses that single out, fewer where there are fewer predicates; guesses on records, where a few show it."""

Order: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: its name, what is ordered of anonymeter, and whether it must fail or, on records, succeed."""

    name: str
    order: Order
    must_find: bool = False


def plan_attacks(*, guesses: int, seed: int) -> list[Attack]:
    """Return every attack, on cards and then on records; `guesses` infer one secret from cards."""
    cards = {"shown": "cards", "columns": list(CARD), "guesses": _PREDICATES, "seed": seed, "by_deck": False}
    records = cards | {"shown": "members", "columns": list(RECORD), "guesses": _RECORDS}
    attacks = [
        Attack("singling out by one attribute, day by day of a planner", {**cards, "predicate": 1, "by_deck": True}),
        *(
            Attack(f"singling out by {word} attributes, all cards", {**cards, "predicate": number})
            for number, word in ((3, "three"), (4, "four"))
        ),
    ]  # fmt: skip
    for secret, words in SECRETS.items():
        columns = [*CARD, *({secret} - set(CARD))]
        attacks.append(
            Attack(f"inferring {words}", {**cards, "columns": columns, "secret": secret, "guesses": guesses})
        )
    shown = "records shown instead"
    attacks += [
        Attack(f"{shown}: singling out by one attribute", {**records, "predicate": 1}, must_find=True),
        Attack(f"{shown}: singling out by three attributes", {**records, "predicate": 3}, must_find=True),
    ]
    for secret, words in SECRETS.items():
        attacks.append(Attack(f"{shown}: inferring {words}", {**records, "secret": secret}, must_find=True))
    return attacks


def judge_risk(attack: Attack, found: dict[str, float]) -> Row:
    """Return the row of one attack: upper bound at most the goal, or, on records, lower bound far above it."""
    guesses, low, high = int(found["guesses"]), found["low"], found["high"]
    rates = " / ".join(
        f"{found[name] / max(found[count], 1):.1%}"
        for name, count in (("right", "guesses"), ("right_held_out", "guesses"), ("right_naive", "naive_guesses"))
    )
    if attack.must_find:
        goal, verdict = f">= {FOUND:.0%}, lower bound", Verdict.MET if low >= FOUND else Verdict.MISSED
    else:
        goal, above = f"<= {GOAL:.1%}, upper bound", Verdict.UNSURE if low <= GOAL else Verdict.MISSED
        verdict = Verdict.MET if high <= GOAL else above
    told = f"{attack.name}: {guesses:,} guesses, right about members / held out / naive {rates}"
    if not guesses:
        told = f"{attack.name}: no guess can be made, no value stands on one card alone"
    return Row(GROUP, told, goal, f"{found['risk']:.1%}", f"{low:.1%} - {high:.1%}", "", verdict, found["risk"])


def attack_cards(*, households: int, planners: int, guesses: int, seed: int, progress: Progress) -> list[Row]:
    """Let planners see cards of a city and attack half of its people by them; returns a row an attack."""
    attacks = plan_attacks(guesses=guesses, seed=seed)
    total = planners + len(attacks)
    seen = see_cards(
        households=households, planners=planners, seed=seed, progress=lambda done, _: progress(done, total)
    )
    with TemporaryDirectory() as folder:
        write_tables(seen, folder=Path(folder))
        orders = [attack.order for attack in attacks]
        found = run_anonymeter(orders, folder=Path(folder), progress=lambda done, _: progress(planners + done, total))
    return [judge_risk(*each) for each in zip(attacks, found, strict=True)]


def write_tables(seen: Seen, *, folder: Path) -> None:
    """Write what anonymeter is to read: as many held out as members, or it would have to guess the difference."""
    count = min(len(seen.members), len(seen.held_out))
    cards = [{**card, "deck": number} for number, deck in enumerate(seen.decks) for card in deck]
    tables: dict[str, Sequence[Record]] = {
        "members": seen.members[:count],
        "held_out": seen.held_out[:count],
        "cards": cards,
    }
    for name, rows in tables.items():
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), folder / f"{name}.parquet")


def run_anonymeter(orders: Sequence[Order], *, folder: Path, progress: Progress) -> list[dict[str, float]]:
    """Have anonymeter carry orders out on the tables of a folder, in its own environment."""
    (folder / "orders.json").write_text(json.dumps(orders))
    program = [str(PROGRAM), "-I", str(Path(__file__).with_name("anonymeter_risks.py")), str(folder)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout or ():
            progress(int(line), len(orders))
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, program)
    found: list[dict[str, float]] = json.loads((folder / "risks.json").read_text())
    return found
