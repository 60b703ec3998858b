"""Fifty accounts ask the same, twice over: whoever asks, and however often, the bytes are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests.attacks.attackers import Question, ask_all
from tests.attacks.values import Progress, Row, judge_fact

if TYPE_CHECKING:
    from stack.demo_client import FieldClient

GROUP = "collusion"
_HERE = {"lon": "120.38", "lat": "36.10", "datum": "wgs84"}
QUESTIONS = (
    Question("/v1/yingxiaobao/heatmap", {**_HERE, "category": "television", "radius_m": "3000"}),
    Question("/v1/yingxiaobao/heatmap", {**_HERE, "category": "freezer", "radius_m": "5000"}),
    Question("/v1/yingxiaobao/communities", {**_HERE, "limit": "100"}),
    Question("/v1/yingxiaobao/communities", {**_HERE, "category": "dishwasher", "limit": "30"}),
    Question("/v1/yingxiaobao/tiles/11/1709/801.mvt", {"category": "refrigerator"}),
    Question("/v1/yingxiaobao/territory"),
)
_ROUNDS = 2


def attack_by_collusion(clients: Sequence[FieldClient], *, progress: Progress) -> list[Row]:
    """Return one row: how many different answers one question got at most."""
    questions = [question for question in QUESTIONS for _ in range(_ROUNDS * len(clients))]
    seen: dict[str, set[bytes]] = {}
    for question, content in ask_all(clients, questions, progress=progress):
        name = f"{question.path} {sorted(question.arguments.items())}"
        seen.setdefault(name, set()).add(hashlib.sha256(content).digest())
    most = max(len(different) for different in seen.values())
    attack = f"different answers to one of {len(seen)} questions, {len(clients)} accounts, each {_ROUNDS} times"
    return [judge_fact(GROUP, attack, goal="1", measured=str(most), is_met=most == 1)]
