"""Which persona cards a planner has seen on a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"

GRANTS = """
GRANT USAGE ON SCHEMA radar TO field_web, field_operator;
GRANT SELECT, INSERT, UPDATE ON radar.seen_cards TO field_web;
GRANT SELECT ON radar.seen_cards TO field_operator;
"""


def upgrade() -> None:
    """Apply."""
    op.execute("CREATE SCHEMA radar")
    op.create_table(
        "seen_cards",
        sa.Column("planner_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cards", sa.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("planner_id", "day"),
        schema="radar",
    )
    op.execute(GRANTS)
