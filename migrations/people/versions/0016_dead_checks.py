"""An erasure empties what a check that died has left in `staging`: whoever it was made of may be the one to erase."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"

GRANTS = """
GRANT USAGE ON SCHEMA staging TO field_eraser;
GRANT SELECT, TRUNCATE ON staging.runs TO field_eraser;
GRANT TRUNCATE ON staging.parts, staging.roll, staging.present, staging.consents, staging.scores, staging.activity,
    staging.purchases, staging.tickets, staging.interests, staging.topics TO field_eraser;
"""


def upgrade() -> None:
    """Apply."""
    op.execute(GRANTS)
