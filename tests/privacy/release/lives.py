"""What households of a test do besides needing: buy, complain, like, discuss, are messaged or held out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from messaging.delivery.models import HeldOut, Message, MessageState, Reply, Run, RunState
from privacy.people.models import Interest, PainPoint, Purchase, Topic
from privacy.release.values import CATEGORIES, Product
from privacy.release.vocabularies import get_keys, get_vocabulary
from tests.privacy.release.worlds import CITY, Dwelling

PAIN_POINTS = [(tag.category.column, tag.code) for tag in get_vocabulary(Product.PAIN_POINTS) if tag.category]
INTERESTS = get_keys(Product.INTERESTS)
TOPICS = get_keys(Product.TOPICS)
OCTOBER = datetime(2026, 10, 12, 3, tzinfo=UTC)
"""Noon in the month whose campaigns the release of November tells of."""

_FORGET = (
    (
        "DELETE FROM delivery.replies AS r USING delivery.messages AS m"
        " WHERE r.message_id = m.message_id AND m.household_id = :id"
    ),
    "DELETE FROM delivery.messages WHERE household_id = :id",
    "DELETE FROM delivery.held_out WHERE household_id = :id",
    "DELETE FROM core.purchases WHERE household_id = :id",
    "DELETE FROM core.pain_points WHERE household_id = :id",
    "DELETE FROM core.interests WHERE household_id = :id",
    "DELETE FROM core.topics WHERE household_id = :id",
    "DELETE FROM core.needs WHERE household_id = :id",
    "DELETE FROM core.households WHERE household_id = :id",
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of the campaign about one category, accepted by the carrier at a moment, answered or not."""

    category: int
    accepted_at: datetime | None = OCTOBER
    is_answered: bool = False
    state: MessageState = MessageState.DELIVERED


@dataclass(frozen=True, slots=True)
class Life:
    """What one household does. The dicts say of each item whether it counts."""

    number: int
    consents: bool = False
    activity: int | None = None
    persona: tuple[int, int] | None = None
    pain_points: dict[tuple[int, str], bool] | None = None
    interests: dict[str, bool] | None = None
    topics: dict[str, bool] | None = None
    purchases: tuple[tuple[int, date], ...] = ()
    messages: tuple[Sent, ...] = ()
    held_out: tuple[tuple[int, datetime], ...] = ()


def _pick(rng: np.random.Generator, items: Sequence[Any]) -> dict[Any, bool]:
    """Pick some items, at most three of which count, and perhaps one that no list knows."""
    order = rng.permutation(len(items))[: int(rng.choice([0, 1, 3, 4, len(items)]))]
    return {items[at]: place < 3 for place, at in enumerate(order)}


def make_life(number: int, rng: np.random.Generator) -> Life:
    """Invent what a household does: often nothing, sometimes everything."""
    categories = rng.permutation(len(CATEGORIES)).tolist()
    moments = [OCTOBER + timedelta(days=int(days)) for days in rng.integers(-30, 40, 6)]
    sent = [Sent(categories[at], moments[at], bool(rng.random() < 0.3)) for at in range(int(rng.integers(0, 4)))]
    bought = [(int(rng.integers(8)), date(2026, 10, 12) + timedelta(days=int(rng.integers(-60, 30)))) for _ in range(4)]
    return Life(
        number,
        consents=bool(rng.random() < 0.6),
        activity=None if rng.random() < 0.2 else int(rng.integers(0, 101)),
        persona=None if rng.random() < 0.2 else (int(rng.integers(8)), int(rng.integers(3))),
        pain_points=_pick(rng, PAIN_POINTS),
        interests=_pick(rng, INTERESTS),
        topics=_pick(rng, TOPICS),
        purchases=tuple(bought[: int(rng.integers(0, 5))]),
        messages=tuple(sent),
        held_out=tuple((categories[at], moments[at]) for at in (4, 5))[: int(rng.integers(0, 3))],
    )


def make_lives(rng: np.random.Generator, dwellings: Sequence[Dwelling]) -> list[Life]:
    """Invent a life for each household."""
    return [make_life(each.number, rng) for each in dwellings]


def _list_rows(life: Life) -> Iterator[tuple[type[Any], dict[str, Any]]]:
    home = {"household_id": UUID(int=life.number)}
    for (category, tag), counted in (life.pain_points or {}).items():
        yield PainPoint, {**home, "category": category, "tag": tag, "counted": counted}
    for tag, counted in (life.interests or {}).items():
        yield Interest, {**home, "tag": tag, "weight": 0.5, "counted": counted}
    for topic, counted in (life.topics or {}).items():
        for platform in ("forum", "group_chat"):
            yield Topic, {**home, "topic": topic, "platform": platform, "stance": 1, "counted": counted}
    for category, day in life.purchases:
        yield Purchase, {**home, "category": category, "model": "X1", "bought_on": day}
    for sent in life.messages:
        message_id = UUID(int=life.number * 100 + sent.category)
        times = {"accepted_at": sent.accepted_at, "changed_at": OCTOBER, "not_before": OCTOBER}
        keys = {"lookup_hash": message_id.bytes, "token": message_id, "campaign_id": UUID(int=sent.category)}
        counts = {"attempt": 1, "absences": 0, "resends": 0}
        yield Message, {**home, "message_id": message_id, "state": sent.state, **times, **keys, **counts}
        if sent.is_answered:
            yield Reply, {"message_id": message_id, "received_at": OCTOBER + timedelta(days=1)}
    for category, moment in life.held_out:
        yield HeldOut, {**home, "campaign_id": UUID(int=category), "drawn_at": moment}


def _add_campaigns(connection: Connection) -> None:
    shared = {"city_code": CITY, "leaf_ids": [11], "quota": 50, "expanded": 50, "state": RunState.FINISHED}
    told = {"final_text": "x", "text_sha256": b"x", "starts_at": OCTOBER, "expires_at": OCTOBER}
    runs = [
        {"campaign_id": UUID(int=category), "initiator_id": UUID(int=1), "category": category, **shared, **told}
        for category in range(len(CATEGORIES))
    ]
    connection.execute(insert_or_skip(Run).on_conflict_do_nothing(), runs)


def store_lives(engine: Engine, lives: Sequence[Life]) -> None:
    """Write lives as intake and delivery would, beside households that are there already."""
    rows: dict[type[Any], list[dict[str, Any]]] = {}
    for life in lives:
        for table, row in _list_rows(life):
            rows.setdefault(table, []).append(row)
    with engine.begin() as connection:
        _add_campaigns(connection)
        for life in lives:
            category, band = life.persona or (None, None)
            connection.execute(
                text(
                    "UPDATE core.households SET push_consent = :consents, activity_score = :activity,"
                    " persona_category = :category, persona_age_band = :band WHERE household_id = :id"
                ),
                {"consents": life.consents, "activity": life.activity, "category": category, "band": band,
                 "id": UUID(int=life.number)},
            )  # fmt: skip
        for table in (PainPoint, Interest, Topic, Purchase, Message, Reply, HeldOut):
            if table in rows:
                connection.execute(insert(table), rows[table])


def forget(engine: Engine, number: int) -> None:
    """Take one household out of every table."""
    with engine.begin() as connection:
        for statement in _FORGET:
            connection.execute(text(statement), {"id": UUID(int=number)})
