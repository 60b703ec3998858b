"""What each role may do with each table. Runtime roles own nothing."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

GRANTS = """
GRANT USAGE ON SCHEMA places TO field_web, field_operator, field_intake, field_release;
GRANT SELECT ON ALL TABLES IN SCHEMA places TO field_web, field_operator, field_intake, field_release;
GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA places TO field_operator;
GRANT USAGE ON SCHEMA released TO field_web, field_operator, field_release, field_sender;
GRANT SELECT ON ALL TABLES IN SCHEMA released TO field_web, field_operator, field_release;
GRANT INSERT ON ALL TABLES IN SCHEMA released TO field_release;
GRANT SELECT ON released.releases, released.leaf_figures TO field_sender;
GRANT USAGE ON SCHEMA campaigns TO field_web, field_operator, field_sender;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA campaigns TO field_web;
GRANT UPDATE (state, done_at) ON campaigns.broadcasts TO field_web;
GRANT UPDATE ON campaigns.idempotency_keys, campaigns.actor_usage, campaigns.organisation_usage TO field_web;
GRANT DELETE ON campaigns.idempotency_keys TO field_web;
GRANT SELECT ON ALL TABLES IN SCHEMA campaigns TO field_operator;
GRANT SELECT ON campaigns.broadcasts TO field_sender;
GRANT USAGE ON SCHEMA staff TO field_web, field_operator;
GRANT SELECT, UPDATE (failed_logins, locked_until, password_hash) ON staff.accounts TO field_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON staff.refresh_tokens TO field_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON staff.login_attempts TO field_web;
GRANT SELECT, INSERT, UPDATE ON staff.accounts TO field_operator;
GRANT SELECT, UPDATE ON staff.refresh_tokens TO field_operator;
"""


def upgrade() -> None:
    """Apply."""
    op.execute(GRANTS)
