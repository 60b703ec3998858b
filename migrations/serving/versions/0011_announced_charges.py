"""What every ledger charged, announced where all of them can read it: city groups have ledgers of their own.

And pumps of their own, each of which reports: a few rows, by number, so that a row still cannot bear a name.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "announced_charges",
        sa.Column("city_code", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("rho", sa.Float(), nullable=False),
        sa.Column("charged_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("city_code", "month"),
        schema="released",
    )
    op.execute("GRANT SELECT, INSERT ON released.announced_charges TO field_release")
    op.drop_constraint("one_row", "pump_report", schema="campaigns", type_="check")
    op.create_check_constraint("one_row_a_group", "pump_report", "report_id BETWEEN 1 AND 32", schema="campaigns")
