"""What an intake may clear when a customer leaves a household."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

GRANTS = """
GRANT DELETE ON core.consents, vault.customers TO field_intake;
"""


def upgrade() -> None:
    """Apply."""
    op.execute(GRANTS)
