"""From when newcomers of a drop count: where people live in several databases, another one may have counted them."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Apply."""
    op.execute("ALTER TABLE staging.runs ADD COLUMN newcomers_from date")
