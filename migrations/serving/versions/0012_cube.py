"""The extension `cube` sends the figures of a release to web. A superuser makes it, before this."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from migrations.errors import ExtensionMissingError

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Apply. Raises ExtensionMissingError."""
    if not op.get_bind().scalar(text("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'cube')")):
        raise ExtensionMissingError("cube")
