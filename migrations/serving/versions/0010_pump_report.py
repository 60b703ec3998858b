"""What the pump says of itself: one row of a few fixed words, which the table holds it to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

GRANTS = """
GRANT SELECT ON campaigns.pump_report TO field_web, field_operator;
GRANT SELECT, INSERT, UPDATE ON campaigns.pump_report TO field_sender;
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pump_report",
        sa.Column("report_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valve", sa.Text(), nullable=False),
        sa.Column("carrier_code", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("doubt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("report_id"),
        sa.CheckConstraint("report_id = 1", name="one_row"),
        sa.CheckConstraint("extract(epoch FROM told_at)::numeric % 10 = 0", name="told_at_is_coarse"),
        sa.CheckConstraint("extract(epoch FROM since)::numeric % 60 = 0", name="since_is_coarse"),
        sa.CheckConstraint("valve IN ('open', 'trial', 'breaker', 'operator', 'carrier')", name="valve_is_a_word"),
        sa.CheckConstraint("doubt IN ('low', 'raised')", name="doubt_is_a_word"),
        # A carrier's code: at most six digits, or a word that begins with a letter. No phone number fits.
        sa.CheckConstraint("carrier_code ~ '^([0-9]{1,6}|[A-Za-z][A-Za-z_.:-]{0,63})$'", name="carrier_code_is_a_code"),
        schema="campaigns",
    )
    op.execute(GRANTS)
