"""Under which lookup key a message was planned, so that a key is not retired while the carrier still speaks of one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0009"

# A message of before has no version: that of its household's phone if the hash is the same, else the first.
FIND_VERSIONS = """
UPDATE delivery.messages AS m SET lookup_version = p.lookup_version FROM vault.phones AS p
WHERE p.household_id = m.household_id AND p.lookup_hash = m.lookup_hash AND p.lookup_version <> 1
"""
GRANTS = """
GRANT USAGE ON SCHEMA delivery TO field_keeper;
GRANT SELECT (lookup_version, state) ON delivery.messages TO field_keeper;
"""


def upgrade() -> None:
    """Apply."""
    version = sa.Column("lookup_version", sa.Integer(), server_default=sa.text("1"), nullable=False)
    op.add_column("messages", version, schema="delivery")
    op.execute(FIND_VERSIONS)
    # Whoever is asked about a phone looks first whether a version is in use that the process does not hold.
    for column in ("lookup_version", "opt_out_version"):
        op.create_index(f"phones_{column}", "phones", [column], schema="vault")
    op.execute(GRANTS)
