"""How the tables of a drop are merged, a bucket of households at a time: `staged` has rows, `present` whose they are.

Rows of several customers of one household meet in the merge: any need counts, the highest activity and weight, and
members who disagree on a topic are neutral. What a household had and the drop no longer says goes; purchases, tickets
and consents are history and stay, each once; a ticket that comes again is tagged by the word lists of today. A
household that a drop does not name is left alone; one that a customer has left has been cleared before. What has not
changed is not written to: ON CONFLICT would lock every row that it leaves as it is, and a lock is a write. Needs go in
by where they are: a broadcast asks for those of a few leaves.
"""

from __future__ import annotations

from privacy.people.drop.values import TableName

MERGES: dict[TableName, str] = {
    TableName.CONSENTS: """
INSERT INTO core.consents (household_id, purpose, granted, policy_version, source, at)
SELECT DISTINCT p.household_id, s.purpose, s.granted, s.policy_version, s.source, s.at
FROM staged AS s JOIN present AS p USING (customer_key)
WHERE NOT EXISTS (
    SELECT FROM core.consents AS c
    WHERE (c.household_id, c.purpose, c.at, c.granted, c.policy_version, c.source)
        = (p.household_id, s.purpose, s.at, s.granted, s.policy_version, s.source))
""",
    TableName.SCORES: """
CREATE TEMPORARY TABLE found ON COMMIT DROP AS
SELECT a.household_id, a.item::smallint AS category, c.item IS NOT NULL AS counted
FROM candidates AS a LEFT JOIN chosen AS c USING (household_id, item);
ANALYZE found;
DELETE FROM core.needs AS n USING (SELECT DISTINCT household_id FROM present) AS p
WHERE n.household_id = p.household_id AND NOT EXISTS (
    SELECT FROM found AS f WHERE f.household_id = n.household_id AND f.category = n.category);
UPDATE core.needs AS n SET city_code = h.city_code, leaf_id = h.leaf_id, counted = f.counted
FROM found AS f JOIN core.households AS h USING (household_id)
WHERE (n.household_id, n.category) = (f.household_id, f.category)
    AND (n.city_code, n.leaf_id, n.counted) <> (h.city_code, h.leaf_id, f.counted);
INSERT INTO core.needs (household_id, category, city_code, leaf_id, counted)
SELECT f.household_id, f.category, h.city_code, h.leaf_id, f.counted
FROM found AS f JOIN core.households AS h USING (household_id)
WHERE NOT EXISTS (
    SELECT FROM core.needs AS n WHERE (n.household_id, n.category) = (f.household_id, f.category))
ORDER BY h.leaf_id, f.category
""",
    TableName.ACTIVITY: """
CREATE TEMPORARY TABLE activities ON COMMIT DROP AS
SELECT p.household_id, max(s.score) AS score, max(s.level) AS level, max(s.channels) AS channels
FROM present AS p LEFT JOIN staged AS s USING (customer_key) GROUP BY p.household_id;
ANALYZE activities
""",
    TableName.PURCHASES: """
INSERT INTO core.purchases (household_id, category, model, bought_on)
SELECT DISTINCT p.household_id, s.category, s.model, s.bought_on
FROM staged AS s JOIN present AS p USING (customer_key)
WHERE NOT EXISTS (
    SELECT FROM core.purchases AS c
    WHERE (c.household_id, c.category, c.model, c.bought_on) = (p.household_id, s.category, s.model, s.bought_on))
""",
    TableName.TICKETS: """
UPDATE core.tickets AS c SET mined_tags = s.mined_tags
FROM staged AS s JOIN present AS p USING (customer_key)
WHERE c.mined_tags <> s.mined_tags AND (c.household_id, c.category, c.fault_tag, c.opened_on, c.masked_text)
    = (p.household_id, s.category, s.fault_tag, s.opened_on, s.masked_text);
INSERT INTO core.tickets (household_id, category, fault_tag, masked_text, opened_on, mined_tags)
SELECT DISTINCT p.household_id, s.category, s.fault_tag, s.masked_text, s.opened_on, s.mined_tags
FROM staged AS s JOIN present AS p USING (customer_key)
WHERE NOT EXISTS (
    SELECT FROM core.tickets AS c
    WHERE (c.household_id, c.category, c.fault_tag, c.opened_on, c.masked_text)
        = (p.household_id, s.category, s.fault_tag, s.opened_on, s.masked_text))
""",
    TableName.INTERESTS: """
CREATE TEMPORARY TABLE found ON COMMIT DROP AS
SELECT p.household_id, s.tag, max(s.weight) AS weight, bool_or(c.item IS NOT NULL) AS counted
FROM staged AS s JOIN present AS p USING (customer_key)
LEFT JOIN chosen AS c ON c.household_id = p.household_id AND c.item = s.tag GROUP BY 1, 2;
ANALYZE found;
DELETE FROM core.interests AS i USING (SELECT DISTINCT household_id FROM present) AS p
WHERE i.household_id = p.household_id AND NOT EXISTS (
    SELECT FROM found AS f WHERE f.household_id = i.household_id AND f.tag = i.tag);
UPDATE core.interests AS i SET weight = f.weight, counted = f.counted FROM found AS f
WHERE (i.household_id, i.tag) = (f.household_id, f.tag) AND (i.weight, i.counted) <> (f.weight, f.counted);
INSERT INTO core.interests (household_id, tag, weight, counted)
SELECT household_id, tag, weight, counted FROM found AS f
WHERE NOT EXISTS (SELECT FROM core.interests AS i WHERE (i.household_id, i.tag) = (f.household_id, f.tag))
""",
    TableName.TOPICS: """
CREATE TEMPORARY TABLE found ON COMMIT DROP AS
SELECT p.household_id, s.topic, s.platform, sign(sum(s.stance)) AS stance, bool_or(c.item IS NOT NULL) AS counted
FROM staged AS s JOIN present AS p USING (customer_key)
LEFT JOIN chosen AS c ON c.household_id = p.household_id AND c.item = s.topic GROUP BY 1, 2, 3;
ANALYZE found;
DELETE FROM core.topics AS t USING (SELECT DISTINCT household_id FROM present) AS p
WHERE t.household_id = p.household_id AND NOT EXISTS (
    SELECT FROM found AS f
    WHERE (f.household_id, f.topic, f.platform) = (t.household_id, t.topic, t.platform));
UPDATE core.topics AS t SET stance = f.stance, counted = f.counted FROM found AS f
WHERE (t.household_id, t.topic, t.platform) = (f.household_id, f.topic, f.platform)
    AND (t.stance, t.counted) <> (f.stance, f.counted);
INSERT INTO core.topics (household_id, topic, platform, stance, counted)
SELECT household_id, topic, platform, stance, counted FROM found AS f WHERE NOT EXISTS (
    SELECT FROM core.topics AS t
    WHERE (t.household_id, t.topic, t.platform) = (f.household_id, f.topic, f.platform))
""",
}

# The one category that a household may be counted and invited in, and the age of its latest purchase there.
FIND_PERSONAS = """
CREATE TEMPORARY TABLE personas ON COMMIT DROP AS
SELECT household_id, category, (months >= %(second_from)s)::int + (months >= %(third_from)s)::int AS age_band
FROM (
    SELECT c.household_id, b.category,
        12 * (extract(year FROM %(month)s::date) - extract(year FROM max(b.bought_on)))
        + extract(month FROM %(month)s::date) - extract(month FROM max(b.bought_on)) AS months
    FROM chosen AS c JOIN core.purchases AS b ON b.household_id = c.household_id AND b.category = c.item::smallint
    GROUP BY 1, 2) AS owned
"""
# In one go: each time that a household is written to, all of its row and its places in the indexes are. Whose consent
# was not looked at keeps what the row says when it is written, whoever wrote that meanwhile.
SET_CHANGED = """
UPDATE core.households AS h SET push_consent = coalesce(n.granted, h.push_consent), activity_score = n.score,
    activity_level = n.level, channels = n.channels, persona_category = n.category, persona_age_band = n.age_band
FROM (
    SELECT a.household_id, m.granted, a.score, a.level, a.channels, p.category, p.age_band
    FROM activities AS a LEFT JOIN personas AS p USING (household_id) LEFT JOIN mirrors AS m USING (household_id)) AS n
WHERE h.household_id = n.household_id
    AND (h.push_consent, h.activity_score, h.activity_level, h.channels, h.persona_category, h.persona_age_band)
        IS DISTINCT FROM (coalesce(n.granted, h.push_consent), n.score, n.level, n.channels, n.category, n.age_band)
"""
MERGE_PAIN_POINTS = """
CREATE TEMPORARY TABLE found ON COMMIT DROP AS
SELECT a.household_id, split_part(a.item, '/', 1)::smallint AS category, split_part(a.item, '/', 2) AS tag,
    c.item IS NOT NULL AS counted
FROM candidates AS a LEFT JOIN chosen AS c USING (household_id, item);
ANALYZE found;
DELETE FROM core.pain_points AS n USING (SELECT DISTINCT household_id FROM present) AS p
WHERE n.household_id = p.household_id AND NOT EXISTS (
    SELECT FROM found AS f WHERE (f.household_id, f.category, f.tag) = (n.household_id, n.category, n.tag));
UPDATE core.pain_points AS n SET counted = f.counted FROM found AS f
WHERE (n.household_id, n.category, n.tag) = (f.household_id, f.category, f.tag) AND n.counted <> f.counted;
INSERT INTO core.pain_points (household_id, category, tag, counted)
SELECT household_id, category, tag, counted FROM found AS f WHERE NOT EXISTS (
    SELECT FROM core.pain_points AS n
    WHERE (n.household_id, n.category, n.tag) = (f.household_id, f.category, f.tag))
"""

# The mirror is set under the row lock and from a second look at the ledger: a refusal that comes in meanwhile wins.
FIND_MIRRORS = """
CREATE TEMPORARY TABLE mirrored ON COMMIT DROP AS
WITH newest AS (
    SELECT DISTINCT ON (household_id) household_id, granted FROM core.consents
    WHERE purpose = 'push_info' AND household_id IN (SELECT household_id FROM present)
    ORDER BY household_id, at DESC, granted)
SELECT h.household_id FROM core.households AS h JOIN newest AS n USING (household_id)
WHERE h.push_consent <> n.granted
"""
LOCK_MIRRORS = """
SELECT count(*) FROM (
    SELECT FROM core.households WHERE household_id IN (SELECT household_id FROM mirrored)
    ORDER BY household_id FOR NO KEY UPDATE) AS locked
"""
LOOK_AGAIN = """
CREATE TEMPORARY TABLE mirrors ON COMMIT DROP AS
SELECT DISTINCT ON (household_id) household_id, granted FROM core.consents
WHERE purpose = 'push_info' AND household_id IN (SELECT household_id FROM mirrored)
ORDER BY household_id, at DESC, granted
"""
