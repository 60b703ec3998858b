"""The temporary table of what each household of a city contributes to its release: one row a household, checked.

Filled by one statement, so that all products describe the same moment; dropped with its transaction. Needs are bit
masks of categories. The district products are arrays of slots (slots.py), null where a household stands in none.

Campaign outcomes are those of the calendar month before the release's, in Shanghai's time:

- A household was *messaged* if the carrier accepted at least one message to it in that month, whatever came of it
  later; who was meant to be reached is compared, not who was. It has *replied* if an answer to one of these messages
  has arrived since, and *bought* if a purchase in the category of one of them is dated on the day of its acceptance or
  later, up to what the newest drop knows. Dates of purchases have no hour: on both sides the first day counts whole.
- A household was *held out* if a campaign drew it into its control group in that month and no campaign messaged it; it
  has *bought* by the same rule, from the day that it was drawn. Messaged and held out exclude each other, so nobody
  stands in more than three slots.
- It counts in the district where it lives at the release. The draw of an audience is taken as given: it is chance, and
  looks at no outcome.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, text
from sqlalchemy.orm import Session

from privacy.release.errors import ContributionBoundError
from privacy.release.plan import NEEDS_PER_HOUSEHOLD
from privacy.release.slots import ACTIVE_FROM, DISTRICT_PRODUCTS, SLOTS_PER_HOUSEHOLD, VERY_ACTIVE_FROM
from privacy.release.values import CATEGORIES, LOCAL, Product, PublicKeys
from privacy.release.vocabularies import get_keys

_PREPARE = (
    "SET LOCAL work_mem = '128MB'",
    "DROP TABLE IF EXISTS pg_temp.release_households",
    """CREATE TEMPORARY TABLE release_households (
        leaf_id bigint NOT NULL, district bigint, needs int NOT NULL, counted int NOT NULL,
        active_users bigint[], pain_points bigint[], interests bigint[], topics bigint[], campaign_outcomes bigint[]
    ) ON COMMIT DROP""",
)
_FILL = text("""
WITH homes AS MATERIALIZED (
    SELECT * FROM core.households
    WHERE city_code = :city_code AND (city_from IS NULL OR city_from <= :month)
), places AS (
    SELECT * FROM unnest(:leaf_ids, :districts) AS place (leaf_id, district)
), needs AS (
    SELECT household_id, bit_or(1 << category) AS needs, bit_or(1 << category) FILTER (WHERE counted) AS counted
    FROM core.needs WHERE city_code = :city_code AND category BETWEEN 0 AND :last_category GROUP BY household_id
), pain_points AS (
    SELECT household_id, array_agg(DISTINCT tag.slot - 1) AS slots
    FROM core.pain_points AS pain JOIN homes USING (household_id)
    JOIN unnest(:pain_points) WITH ORDINALITY AS tag (key, slot)
        ON tag.key = (:categories)[pain.category + 1] || '/' || pain.tag
    WHERE pain.counted GROUP BY household_id
), interests AS (
    SELECT household_id, array_agg(DISTINCT tag.slot - 1) AS slots
    FROM core.interests AS interest JOIN homes USING (household_id)
    JOIN unnest(:interests) WITH ORDINALITY AS tag (key, slot) ON tag.key = interest.tag
    WHERE interest.counted GROUP BY household_id
), topics AS (
    SELECT household_id, array_agg(DISTINCT tag.slot - 1) AS slots
    FROM core.topics AS topic JOIN homes USING (household_id)
    JOIN unnest(:topics) WITH ORDINALITY AS tag (key, slot) ON tag.key = topic.topic
    WHERE topic.counted GROUP BY household_id
), sent AS (
    SELECT campaign_id, household_id, accepted_at, EXISTS (
        SELECT FROM delivery.replies AS reply WHERE reply.message_id = message.message_id) AS has_replied
    FROM delivery.messages AS message WHERE accepted_at >= :since AND accepted_at < :until
    UNION ALL SELECT campaign_id, household_id, accepted_at, replied_at IS NOT NULL FROM delivery.past_messages
    WHERE accepted_at >= :since AND accepted_at < :until AND changed_at >= :since
), messaged AS (
    SELECT message.household_id, bool_or(message.has_replied) AS replied,
        bool_or(EXISTS (
            SELECT FROM core.purchases AS purchase
            WHERE purchase.household_id = message.household_id AND purchase.category = run.category
                AND purchase.bought_on >= (message.accepted_at AT TIME ZONE :local)::date)) AS bought
    FROM sent AS message JOIN delivery.runs AS run USING (campaign_id) GROUP BY message.household_id
), held_out AS (
    SELECT held.household_id, bool_or(EXISTS (
        SELECT FROM core.purchases AS purchase
        WHERE purchase.household_id = held.household_id AND purchase.category = run.category
            AND purchase.bought_on >= (held.drawn_at AT TIME ZONE :local)::date)) AS bought
    FROM delivery.held_out AS held JOIN delivery.runs AS run USING (campaign_id)
    WHERE held.drawn_at >= :since AND held.drawn_at < :until GROUP BY held.household_id
)
INSERT INTO release_households
SELECT homes.leaf_id, places.district, coalesce(needs.needs, 0), coalesce(needs.counted, 0),
    CASE WHEN homes.push_consent AND homes.activity_score >= :active_from
        AND homes.persona_category BETWEEN 0 AND :last_category AND homes.persona_age_band BETWEEN 0 AND 2
    THEN ARRAY[(homes.persona_age_band * 2 + (homes.activity_score >= :very_active_from)::int)
        * (:last_category + 1) + homes.persona_category] END,
    pain_points.slots, interests.slots, topics.slots,
    CASE WHEN messaged.household_id IS NOT NULL THEN array_remove(
        ARRAY[0, CASE WHEN messaged.replied THEN 1 END, CASE WHEN messaged.bought THEN 2 END], NULL)
    WHEN held_out.household_id IS NOT NULL THEN array_remove(
        ARRAY[3, CASE WHEN held_out.bought THEN 4 END], NULL) END
FROM homes LEFT JOIN places USING (leaf_id) LEFT JOIN needs USING (household_id)
LEFT JOIN pain_points USING (household_id) LEFT JOIN interests USING (household_id)
LEFT JOIN topics USING (household_id) LEFT JOIN messaged USING (household_id) LEFT JOIN held_out USING (household_id)
""").bindparams(
    *(bindparam(name, type_=ARRAY(BigInteger)) for name in ("leaf_ids", "districts")),
    *(bindparam(name, type_=ARRAY(Text)) for name in ("categories", "pain_points", "interests", "topics")),
)

# Only the fixed names of products and of columns, which are the same, go into these statements.
_RULES = {f"{each}_per_household": f"cardinality({each}) > {SLOTS_PER_HOUSEHOLD[each]}" for each in DISTRICT_PRODUCTS}
_BROKEN = {
    "leaf_is_public": "district IS NULL",
    "needs_per_household": f"bit_count(counted::bit(32)) > {NEEDS_PER_HOUSEHOLD}",
} | _RULES
_FIND_BROKEN = text(
    "SELECT " + ", ".join(f"bool_or({rule})" for rule in _BROKEN.values()) + " FROM release_households"  # noqa: S608 - see above
)


def _get_month_before(month: date) -> tuple[datetime, datetime]:
    """Return the first instants of the month before and of `month`, in local time."""
    until = datetime.combine(month.replace(day=1), time(), tzinfo=LOCAL)
    return (until - timedelta(days=1)).replace(day=1), until


def load_households(session: Session, *, keys: PublicKeys, month: date) -> None:
    """Fill the temporary table from a city's households and check the bounds. Raises ContributionBoundError.

    Left out are those that another city's release of the same month may have counted before they moved here.
    """
    for statement in _PREPARE:
        session.execute(text(statement))
    since, until = _get_month_before(month)
    numbers = {
        "city_code": keys.city_code,
        "month": month,
        "last_category": len(CATEGORIES) - 1,
        "active_from": ACTIVE_FROM,
        "very_active_from": VERY_ACTIVE_FROM,
        "since": since,
        "until": until,
        "local": str(LOCAL),
    }
    lists = {"leaf_ids": keys.leaf_ids.tolist(), "districts": keys.districts.tolist(), "categories": list(CATEGORIES)}
    tags = {str(each): get_keys(each) for each in (Product.PAIN_POINTS, Product.INTERESTS, Product.TOPICS)}
    session.execute(_FILL, numbers | lists | tags)
    broken = session.execute(_FIND_BROKEN).one()
    for rule, is_broken in zip(_BROKEN, broken, strict=True):
        if is_broken:
            raise ContributionBoundError(city_code=keys.city_code, rule=rule)
