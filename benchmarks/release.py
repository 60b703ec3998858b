"""`release of 10 M households`: how a publication grows with the households that it counts, by the whole command.

Households with their needs, tags and persona are put straight into the tables, spread over the real places, since an
intake of them has a bench of its own. What does not depend on households, reading the places, sampling the noise and
storing the figures, is a part of both. The full 10 M households are in `python -m benchmarks.scale`.
"""

from __future__ import annotations

import psycopg

from benchmarks.town import CITY_CODE, Town, run_town
from benchmarks.values import Progress, Row, Sense

NAME = "release of 10 M households, minutes, and growth against 2 M"
_MONTH = "2026-10"
_SIZES, _QUICK_SIZES = (200_000, 1_000_000), (10_000, 50_000)
_ROUNDS, _QUICK_ROUNDS = 3, 1
_LINEAR = 1.1
_FILL = (
    (
        "INSERT INTO core.households (household_id, city_code, leaf_id, push_consent, activity_score, persona_category,"
        " persona_age_band) SELECT gen_random_uuid(), %(city)s,"
        " (%(leaves)s::bigint[])[1 + n %% cardinality(%(leaves)s::bigint[])],"
        " n %% 3 > 0, n %% 101, n %% 8, n %% 3 FROM generate_series(1, %(count)s) AS n"
    ),
    (
        "INSERT INTO core.needs (household_id, category, city_code, leaf_id, counted)"
        " SELECT household_id, activity_score %% 8, city_code, leaf_id, true FROM core.households"
        " WHERE activity_score < 45"
    ),
    (
        "INSERT INTO core.interests (household_id, tag, weight, counted)"
        " SELECT household_id, 'health', 0.5, true FROM core.households WHERE activity_score %% 2 = 0"
    ),
    (
        "INSERT INTO core.topics (household_id, topic, platform, stance, counted)"
        " SELECT household_id, 'energy', 'forum', 1, true FROM core.households WHERE activity_score %% 3 = 0"
    ),
    (
        "INSERT INTO core.pain_points (household_id, category, tag, counted)"
        " SELECT household_id, 0, 'noise', true FROM core.households WHERE activity_score %% 5 = 0"
    ),
)


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Measure the growth of a release; some two minutes, fifteen seconds of it when `quick`."""
    small, large = _QUICK_SIZES if quick else _SIZES
    ratios = []
    with run_town("bench-intake") as town:
        for number in range(_QUICK_ROUNDS if quick else _ROUNDS):
            progress(f"round {number + 1}: {small:,} households")
            small_s = _publish(town, households=small)
            progress(f"round {number + 1}: {large:,} households")
            large_s = _publish(town, households=large)
            ratios.append(large_s / small_s / (large / small))
    note = f"{large:,} households in {large_s:.1f} s over {small:,} in {small_s:.1f} s, by household; the whole command"
    return [Row(f"{NAME}, growth by household", _LINEAR, Sense.AT_MOST, tuple(ratios), "× linear", note)]


def _publish(town: Town, *, households: int) -> float:
    """Return the seconds of a publication from empty databases."""
    town.empty()
    with town.installation.serving.connect("serving") as serving:
        query = "SELECT leaf_id FROM places.leaves WHERE city_code = %s"
        leaves = [row[0] for row in serving.execute(query, (CITY_CODE,))]
    with town.connect() as people:
        _fill(people, leaves=leaves, count=households)
    return town.manage("release", ["release", "publish", _MONTH, "--city", str(CITY_CODE)]).seconds


def _fill(connection: psycopg.Connection[tuple[object, ...]], *, leaves: list[object], count: int) -> None:
    for statement in _FILL:
        connection.execute(statement, {"city": CITY_CODE, "leaves": leaves, "count": count})
    connection.execute("VACUUM ANALYZE core.households, core.needs, core.interests, core.topics, core.pain_points")
