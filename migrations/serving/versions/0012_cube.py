"""The extension `cube`, in which figures of a release are sent to web. PostgreSQL trusts it: the owner may make it."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from migrations.errors import ExtensionMissingError

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Apply. Raises ExtensionMissingError where the server has not been given the extension."""
    if not op.get_bind().scalar(text("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'cube')")):
        raise ExtensionMissingError("cube")
    op.execute("CREATE EXTENSION IF NOT EXISTS cube SCHEMA public")
