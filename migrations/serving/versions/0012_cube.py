"""The extension `cube`, in which figures of a release are sent to web. PostgreSQL trusts it: the owner may make it."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from migrations.errors import ExtensionMissingError

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Apply. Raises ExtensionMissingError where the server has not been given the extension, or an old one."""
    its_version = text("SELECT default_version::numeric >= 1.5 FROM pg_available_extensions WHERE name = 'cube'")
    if not op.get_bind().scalar(its_version):
        raise ExtensionMissingError("cube")
    op.execute("CREATE EXTENSION IF NOT EXISTS cube SCHEMA public")
    op.execute("ALTER EXTENSION cube UPDATE")
