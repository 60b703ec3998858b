"""What each role may do with each table. Runtime roles own nothing."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

GRANTS = """
GRANT USAGE ON SCHEMA core TO field_intake, field_release, field_sender, field_eraser;
GRANT SELECT, INSERT, UPDATE, DELETE ON core.drops, core.households, core.needs, core.purchases, core.tickets,
    core.interests, core.topics TO field_intake;
GRANT SELECT, INSERT ON core.consents TO field_intake;
GRANT SELECT ON core.drops, core.households, core.needs TO field_release;
GRANT SELECT ON core.households, core.needs, core.consents TO field_sender;
GRANT UPDATE (push_consent) ON core.households TO field_sender;
GRANT SELECT, INSERT, DELETE ON core.contacts TO field_sender;
GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA core TO field_eraser;
GRANT USAGE ON SCHEMA vault TO field_intake, field_sender, field_gateway, field_eraser;
GRANT SELECT, INSERT, UPDATE (household_id) ON vault.customers TO field_intake;
GRANT SELECT (household_id, lookup_hash, opt_out_hash), INSERT, UPDATE, DELETE ON vault.phones TO field_intake;
GRANT SELECT ON vault.phones TO field_sender;
GRANT SELECT, DELETE ON vault.customers, vault.phones TO field_eraser;
GRANT SELECT, INSERT ON vault.opt_outs TO field_intake, field_sender, field_eraser;
GRANT SELECT (opt_out_hash), INSERT ON vault.opt_outs TO field_gateway;
GRANT USAGE ON SCHEMA ledger TO field_release;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ledger TO field_release;
GRANT USAGE ON SCHEMA delivery TO field_sender, field_gateway, field_eraser;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA delivery TO field_sender;
GRANT SELECT (message_id, token, lookup_hash, attempt, sid, state),
    UPDATE (state, reason, sid, accepted_at, check_at, lease_until, changed_at) ON delivery.messages TO field_gateway;
GRANT SELECT (sid, status), INSERT (message_id, sid, status, error_code, received_at) ON delivery.receipts
    TO field_gateway;
GRANT SELECT, DELETE ON delivery.messages, delivery.receipts TO field_eraser;
INSERT INTO delivery.valve (valve_id, is_paused, recent_in_doubt, tokens, refilled_at) VALUES (1, false, '', 0, now());
"""


def upgrade() -> None:
    """Apply."""
    op.execute(GRANTS)
