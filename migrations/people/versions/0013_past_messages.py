"""Where messages of campaigns long over go: one table a month, out of the way of what is sent today."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"

# Each month's table is made when it is needed, by whoever migrates. Rows are erased, exported and moved by their
# household_id, as everywhere.
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
GRANTS = """
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
    op.execute(GRANTS)
