"""Pains found in the free text of tickets, beside the tag that the service gave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "tickets", sa.Column("mined_tags", sa.ARRAY(sa.Text()), server_default="{}", nullable=False), schema="core"
    )
