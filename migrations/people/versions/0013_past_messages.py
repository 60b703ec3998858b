"""Where messages of campaigns long over go: one table a month, out of the way of what is sent today."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"

# No foreign key to a household: rows are erased, exported and moved by their household_id, as everywhere.
PAST_MESSAGES = """
CREATE TABLE delivery.past_messages (
    message_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    household_id uuid NOT NULL,
    lookup_hash bytea NOT NULL,
    token uuid NOT NULL,
    state text NOT NULL,
    reason text,
    attempt integer NOT NULL,
    resends integer NOT NULL,
    sid text,
    accepted_at timestamptz,
    changed_at timestamptz NOT NULL,
    replied_at timestamptz,
    receipts jsonb NOT NULL,
    PRIMARY KEY (message_id, changed_at)
) PARTITION BY RANGE (changed_at);
CREATE INDEX past_messages_household ON delivery.past_messages (household_id);
CREATE INDEX past_messages_token ON delivery.past_messages (token);
ALTER TABLE delivery.runs ADD COLUMN past_at timestamptz;
"""
# The sender may have this done, and delete nothing by itself: what is moved is over by what stands in the database.
MOVE = """
CREATE FUNCTION delivery.make_past_month(month date) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE name text := to_char(month, '"past_messages_"YYYY_MM');
BEGIN
    IF to_regclass('delivery.' || name) IS NULL THEN
        EXECUTE format('CREATE TABLE delivery.%I PARTITION OF delivery.past_messages FOR VALUES FROM (%L) TO (%L)',
            name, month || ' 00:00+00', (month + interval '1 month')::date || ' 00:00+00');
    END IF;
END $$;
CREATE FUNCTION delivery.move_past(campaign uuid, most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    over CONSTANT text[] := ARRAY['delivered', 'undelivered', 'failed', 'delivery_unknown', 'unconfirmed', 'skipped'];
    ids uuid[];
    month date;
BEGIN
    IF NOT EXISTS (SELECT FROM delivery.runs AS r WHERE r.campaign_id = campaign AND r.state = 'finished'
        AND r.expires_at < now() - interval '60 days') THEN
        RAISE EXCEPTION 'this campaign is not long over' USING ERRCODE = 'insufficient_privilege';
    END IF;
    ids := ARRAY(SELECT message_id FROM delivery.messages WHERE campaign_id = campaign AND state = ANY (over)
        LIMIT most FOR UPDATE SKIP LOCKED);
    FOR month IN SELECT DISTINCT date_trunc('month', changed_at AT TIME ZONE 'UTC')::date
        FROM delivery.messages WHERE message_id = ANY (ids) LOOP
        PERFORM delivery.make_past_month(month);
    END LOOP;
    WITH told AS (
        DELETE FROM delivery.receipts WHERE message_id = ANY (ids) RETURNING message_id, status, error_code, received_at
    ), answered AS (
        DELETE FROM delivery.replies WHERE message_id = ANY (ids) RETURNING message_id, received_at
    ), gone AS (
        DELETE FROM delivery.messages WHERE message_id = ANY (ids) RETURNING *
    )
    INSERT INTO delivery.past_messages
    SELECT message_id, campaign_id, household_id, lookup_hash, token, state, reason, attempt, resends, sid,
        accepted_at, changed_at, (SELECT min(received_at) FROM answered AS a WHERE a.message_id = g.message_id),
        (SELECT coalesce(jsonb_agg(jsonb_build_object('status', status, 'error_code', error_code,
            'received_at', received_at) ORDER BY received_at), '[]') FROM told AS t WHERE t.message_id = g.message_id)
    FROM gone AS g;
    RETURN cardinality(ids);
END $$;
REVOKE EXECUTE ON FUNCTION delivery.make_past_month(date), delivery.move_past(uuid, integer) FROM PUBLIC;
"""
GRANTS = """
GRANT EXECUTE ON FUNCTION delivery.move_past(uuid, integer) TO field_sender;
GRANT SELECT ON delivery.past_messages TO field_sender;
GRANT SELECT (message_id, token, lookup_hash, sid) ON delivery.past_messages TO field_gateway;
GRANT SELECT (campaign_id, household_id, accepted_at, changed_at, replied_at) ON delivery.past_messages
    TO field_release;
GRANT SELECT (household_id, accepted_at), UPDATE (household_id), DELETE ON delivery.past_messages TO field_intake;
GRANT SELECT, DELETE ON delivery.past_messages TO field_eraser;
"""


def upgrade() -> None:
    """Apply."""
    op.execute(PAST_MESSAGES)
    op.execute(MOVE)
    op.execute(GRANTS)
