"""Released figures of the district products."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

GRANTS = """
GRANT SELECT ON released.district_figures TO field_web, field_operator, field_release;
GRANT INSERT ON released.district_figures TO field_release;
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "district_figures",
        sa.Column("release_id", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("district_adcode", sa.Integer(), nullable=False),
        sa.Column("counts", sa.ARRAY(sa.Float()), nullable=False),
        sa.Column("sd", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["released.releases.release_id"]),
        sa.PrimaryKeyConstraint("release_id", "product", "district_adcode"),
        schema="released",
    )
    op.execute(GRANTS)
