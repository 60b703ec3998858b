"""Counts of the district products agree with counting by hand, and a broken bound is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from messaging.delivery.models import MessageState
from privacy.release import counts
from privacy.release.errors import ContributionBoundError
from privacy.release.slots import DISTRICT_PRODUCTS, Activity, AgeBand, get_slot_names
from privacy.release.values import CATEGORIES, LOCAL, Product
from tests.privacy.release.lives import INTERESTS, OCTOBER, PAIN_POINTS, TOPICS, Life, Sent, make_lives, store_lives
from tests.privacy.release.worlds import KEYS, MONTH, Dwelling, make_dwellings, store_dwellings

DISTRICTS = dict(zip(KEYS.leaf_ids.tolist(), KEYS.districts.tolist(), strict=True))
STARTS, ENDS = datetime(2026, 10, 1, tzinfo=LOCAL), datetime(2026, 11, 1, tzinfo=LOCAL)
Found = Counter[tuple[Product, int, str]]


def _count(people: sessionmaker[Session]) -> Found:
    with people.begin() as session:
        counts.load_households(session, keys=KEYS, month=MONTH)
        exact = {each.product: each for each in counts.count_all(session, keys=KEYS)}
    found: Found = Counter()
    for product in DISTRICT_PRODUCTS:
        names, own = get_slot_names(product), exact[product]
        assert own.keys.tolist() == [370202, 370203, 370212]
        assert own.counts.shape == (3, len(names))
        for row, slot in np.argwhere(own.counts):
            found[product, int(own.keys[row]), names[slot]] = int(own.counts[row, slot])
    return found


def _count_alone(owner: Engine, people: sessionmaker[Session], life: Life) -> dict[Product, set[str]]:
    """Count one household of leaf 21; return the slots that it stands in."""
    store_dwellings(owner, [Dwelling(life.number, 21)])
    store_lives(owner, [life])
    found = _count(people)
    assert {(district, count) for (_, district, _), count in found.items()} <= {(370203, 1)}
    return {product: {name for each, _, name in found if each is product} for product in DISTRICT_PRODUCTS}


def _tell_persona(life: Life) -> list[str]:
    if not life.consents or life.activity is None or life.activity < 30 or life.persona is None:
        return []
    category, band = life.persona
    activity = Activity.VERY_ACTIVE if life.activity >= 60 else Activity.ACTIVE
    return [f"{list(AgeBand)[band]}/{activity}/{CATEGORIES[category]}"]


def _has_bought(life: Life, *, category: int, since: datetime) -> bool:
    return any(own == category and day >= since.astimezone(LOCAL).date() for own, day in life.purchases)


def _tell_outcomes(life: Life) -> list[str]:
    sent = [(each.category, each.accepted_at, each.is_answered) for each in life.messages
            if each.accepted_at and STARTS <= each.accepted_at < ENDS]  # fmt: skip
    held = [each for each in life.held_out if STARTS <= each[1] < ENDS]
    if sent:
        bought = any(_has_bought(life, category=category, since=at) for category, at, _ in sent)
        return ["messaged", *["replied"] * any(answered for _, _, answered in sent), *["bought"] * bought]
    bought = any(_has_bought(life, category=category, since=at) for category, at in held)
    return ["held_out", *["held_out_bought"] * bought] if held else []


def _tell_by_hand(dwellings: Sequence[Dwelling], lives: Sequence[Life]) -> Found:
    found: Found = Counter()
    for dwelling, life in zip(dwellings, lives, strict=True):
        slots = {
            Product.ACTIVE_USERS: _tell_persona(life),
            Product.PAIN_POINTS: [f"{CATEGORIES[at]}/{tag}" for (at, tag), counts in (life.pain_points or {}).items()
                                  if counts],
            Product.INTERESTS: [tag for tag, counts in (life.interests or {}).items() if counts],
            Product.TOPICS: [topic for topic, counts in (life.topics or {}).items() if counts],
            Product.CAMPAIGN_OUTCOMES: _tell_outcomes(life),
        }  # fmt: skip
        found.update((product, DISTRICTS[dwelling.leaf_id], str(name)) for product in slots for name in slots[product])
    return found


def test_every_district_product_equals_counting_by_hand(people_owner: Engine, people: sessionmaker[Session]) -> None:
    rng = np.random.default_rng(5)
    dwellings = make_dwellings(rng, count=400, leaf_ids=KEYS.leaf_ids.tolist())
    lives = make_lives(rng, dwellings)
    store_dwellings(people_owner, dwellings)
    store_lives(people_owner, lives)
    expected = _tell_by_hand(dwellings, lives)
    assert {product for product, _, _ in expected} == set(DISTRICT_PRODUCTS)
    assert _count(people) == expected


@pytest.mark.parametrize(
    ("life", "slots"),
    [
        (Life(1, consents=True, activity=30, persona=(7, 0)), {"under_5_years/active/freezer"}),
        (Life(1, consents=True, activity=60, persona=(0, 2)), {"over_10_years/very_active/refrigerator"}),
        (Life(1, consents=False, activity=60, persona=(0, 2)), set()),
        (Life(1, consents=True, activity=29, persona=(0, 2)), set()),
        (Life(1, consents=True, activity=None, persona=(0, 2)), set()),
        (Life(1, consents=True, activity=90, persona=None), set()),
        (Life(1, consents=True, activity=90, persona=(8, 2)), set()),
        (Life(1, consents=True, activity=90, persona=(1, 3)), set()),
    ],
)
def test_only_active_households_that_agreed_and_own_something_are_active_users(
    people_owner: Engine, people: sessionmaker[Session], life: Life, slots: set[str]
) -> None:
    assert _count_alone(people_owner, people, life)[Product.ACTIVE_USERS] == slots


def test_tags_outside_the_lists_count_nowhere(people_owner: Engine, people: sessionmaker[Session]) -> None:
    life = Life(
        1,
        pain_points={(0, "not_cooling"): True, (0, "no_picture"): True, (8, "leak"): True, (4, "no_picture"): False},
        interests={"health": True, "astrology": True, "price": False},
        topics={"pets": True, "politics": True, "travel": False},
    )
    found = _count_alone(people_owner, people, life)
    assert found[Product.PAIN_POINTS] == {"refrigerator/not_cooling"}
    assert found[Product.INTERESTS] == {"health"}
    assert found[Product.TOPICS] == {"pets"}


TWELFTH = date(2026, 10, 12)


@pytest.mark.parametrize(
    ("life", "slots"),
    [
        (Life(1, messages=(Sent(3),)), {"messaged"}),
        (Life(1, messages=(Sent(3, state=MessageState.FAILED),)), {"messaged"}),
        (Life(1, messages=(Sent(3, None, state=MessageState.SKIPPED),)), set()),
        (Life(1, messages=(Sent(3, STARTS),)), {"messaged"}),
        (Life(1, messages=(Sent(3, STARTS - timedelta(seconds=1)),)), set()),
        (Life(1, messages=(Sent(3, ENDS - timedelta(seconds=1)),)), {"messaged"}),
        (Life(1, messages=(Sent(3, ENDS),)), set()),
        (Life(1, messages=(Sent(3, is_answered=True), Sent(4))), {"messaged", "replied"}),
        (Life(1, messages=(Sent(3), Sent(4)), purchases=((4, TWELFTH),)), {"messaged", "bought"}),
        (Life(1, messages=(Sent(3),), purchases=((3, date(2026, 11, 17)),)), {"messaged", "bought"}),
        (Life(1, messages=(Sent(3),), purchases=((3, date(2026, 10, 11)), (4, TWELFTH))), {"messaged"}),
        (Life(1, held_out=((3, OCTOBER),)), {"held_out"}),
        (Life(1, held_out=((3, OCTOBER),), purchases=((3, TWELFTH),)), {"held_out", "held_out_bought"}),
        (Life(1, held_out=((3, OCTOBER),), purchases=((3, date(2026, 10, 11)), (4, TWELFTH))), {"held_out"}),
        (Life(1, held_out=((3, STARTS - timedelta(seconds=1)), (4, ENDS))), set()),
        (Life(1, messages=(Sent(4),), held_out=((3, OCTOBER),), purchases=((3, TWELFTH),)), {"messaged"}),
    ],
)
def test_outcomes_are_those_of_the_month_before_and_messaged_goes_before_held_out(
    people_owner: Engine, people: sessionmaker[Session], life: Life, slots: set[str]
) -> None:
    assert _count_alone(people_owner, people, life)[Product.CAMPAIGN_OUTCOMES] == slots


_PUT_AWAY = """
SET LOCAL ROLE field_owner;
CREATE TABLE IF NOT EXISTS delivery.past_messages_2026_10 PARTITION OF delivery.past_messages
    FOR VALUES FROM ('2026-10-01 00:00+00') TO ('2026-11-01 00:00+00');
INSERT INTO delivery.past_messages
SELECT message_id, campaign_id, household_id, lookup_hash, token, state, reason, attempt, resends, sid, accepted_at,
    changed_at, (SELECT min(received_at) FROM delivery.replies AS r WHERE r.message_id = m.message_id), '[]'
FROM delivery.messages AS m;
DELETE FROM delivery.replies;
DELETE FROM delivery.messages;
"""


def test_a_month_that_is_released_late_counts_messages_that_were_put_away(
    people_owner: Engine, people: sessionmaker[Session]
) -> None:
    lives = [
        Life(1, messages=(Sent(3, is_answered=True),)),
        Life(2, messages=(Sent(3), Sent(4)), purchases=((4, TWELFTH),)),
        Life(3, messages=(Sent(3, ENDS),)),
    ]
    store_dwellings(people_owner, [Dwelling(life.number, 21) for life in lives])
    store_lives(people_owner, lives)
    before = _count(people)
    with people_owner.begin() as connection:
        connection.execute(text(_PUT_AWAY))
    assert _count(people) == before
    assert before[Product.CAMPAIGN_OUTCOMES, 370203, "replied"] == 1
    assert before[Product.CAMPAIGN_OUTCOMES, 370203, "messaged"] == 2


@pytest.mark.parametrize(
    ("life", "rule"),
    [
        (Life(1, pain_points=dict.fromkeys(PAIN_POINTS[:4], True)), "pain_points_per_household"),
        (Life(1, interests=dict.fromkeys(INTERESTS[:4], True)), "interests_per_household"),
        (Life(1, topics=dict.fromkeys(TOPICS[:4], True)), "topics_per_household"),
    ],
)
def test_a_fourth_tag_that_counts_is_refused(
    people_owner: Engine, people: sessionmaker[Session], life: Life, rule: str
) -> None:
    with pytest.raises(ContributionBoundError) as caught:
        _count_alone(people_owner, people, life)
    assert caught.value.rule == rule


def test_the_role_that_counts_reads_no_text_and_no_phone(people: sessionmaker[Session]) -> None:
    for column in ("core.tickets.masked_text", "core.purchases.model", "delivery.messages.lookup_hash",
                   "delivery.messages.token", "delivery.runs.final_text"):  # fmt: skip
        schema, table, name = column.split(".")
        with people() as session:
            allowed = session.scalar(
                text("SELECT has_column_privilege(:table, :name, 'SELECT')"),
                {"table": f"{schema}.{table}", "name": name},
            )
        assert allowed is False, column
