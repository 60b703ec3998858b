"""A reply is matched to the last message to its phone: an index by hash and time, and two rights of the gateway."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

GRANTS = """
GRANT SELECT (accepted_at) ON delivery.messages TO field_gateway;
GRANT SELECT (message_id) ON delivery.replies TO field_gateway;
"""


def upgrade() -> None:
    """Apply."""
    op.create_index("messages_by_phone", "messages", ["lookup_hash", "accepted_at"], unique=False, schema="delivery")
    op.execute(GRANTS)
