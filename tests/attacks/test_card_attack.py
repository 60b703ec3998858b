"""What anonymeter found decides the row: a bound above the goal is a miss, and attackers who see nothing are too."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.attacks.card_attack import CARD, RECORD, SECRETS, Attack, judge_risk, plan_attacks, write_tables
from tests.attacks.card_world import Seen
from tests.attacks.values import Verdict


def _find(risk: float, *, low: float, high: float, guesses: int = 1_000) -> dict[str, float]:
    counts = {"guesses": guesses, "right": 300, "right_held_out": 290, "naive_guesses": 1_000, "right_naive": 100}
    return counts | {"risk": risk, "low": low, "high": high}


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.0, 0.079, Verdict.MET), (0.0, 0.081, Verdict.UNSURE), (0.09, 0.2, Verdict.MISSED)],
)
def test_cards_pass_by_the_upper_bound(low: float, high: float, verdict: Verdict) -> None:
    row = judge_risk(Attack("attack", {}), _find(0.07, low=low, high=high))
    assert row.verdict is verdict
    assert "30.0% / 29.0% / 10.0%" in row.attack


@pytest.mark.parametrize(("low", "verdict"), [(0.51, Verdict.MET), (0.49, Verdict.MISSED), (0.0, Verdict.MISSED)])
def test_attackers_who_are_shown_records_must_find_them(low: float, verdict: Verdict) -> None:
    assert judge_risk(Attack("attack", {}, must_find=True), _find(0.6, low=low, high=0.9)).verdict is verdict


def test_that_no_guess_can_be_made_is_said() -> None:
    assert "no guess can be made" in judge_risk(Attack("attack", {}), _find(0, low=0, high=0, guesses=0)).attack


def test_records_are_attacked_in_every_way_that_cards_are() -> None:
    attacks = plan_attacks(guesses=10, seed=1)
    assert json.loads(json.dumps([attack.order for attack in attacks]))
    kinds = [{(each.order.get("secret"), each.order.get("predicate")) for each in attacks if each.must_find is found}
             for found in (False, True)]  # fmt: skip
    assert kinds[0] - kinds[1] == {(None, 4)}
    assert {secret for secret, _ in kinds[1]} - {None} == set(SECRETS)
    assert set(CARD) < set(RECORD)


def test_as_many_are_held_out_as_are_members_and_no_attacker_is_shown_who_they_are(tmp_path: Path) -> None:
    person, card = dict.fromkeys(("person", *RECORD), "x"), dict.fromkeys((*CARD, "need"), "x")
    write_tables(Seen([person] * 3, [person] * 2, [[card, card], [card]]), folder=tmp_path)
    sizes = {path.stem: pq.read_table(path).num_rows for path in tmp_path.iterdir()}
    assert sizes == {"members": 2, "held_out": 2, "cards": 3}
    assert pq.read_table(tmp_path / "cards.parquet")["deck"].to_pylist() == [0, 0, 1]
    assert all("person" not in attack.order["columns"] for attack in plan_attacks(guesses=1, seed=1))
