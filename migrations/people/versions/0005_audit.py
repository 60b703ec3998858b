"""The audit: entries that are only ever added, and the head of their chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

# Who acts adds entries and moves the head on, and can read neither what it or others did; who checks only reads.
# Not even the owner changes an entry by mistake: the trigger is for those whom no grant binds.
RULES = """
CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'what the audit says is never changed' USING ERRCODE = 'insufficient_privilege'; END $$;
REVOKE EXECUTE ON FUNCTION audit.refuse() FROM PUBLIC;
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER head_stays BEFORE DELETE OR TRUNCATE ON audit.head
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
INSERT INTO audit.head (head_id, number, mac) VALUES (1, 0, decode(repeat('00', 32), 'hex'));
GRANT USAGE ON SCHEMA audit TO field_intake, field_release, field_sender, field_eraser;
GRANT INSERT ON audit.entries TO field_intake, field_release, field_sender, field_eraser;
GRANT SELECT, UPDATE (number, mac) ON audit.head TO field_intake, field_release, field_sender, field_eraser;
GRANT SELECT ON audit.entries TO field_eraser;
"""


def upgrade() -> None:
    """Apply."""
    op.execute("CREATE SCHEMA audit")
    op.create_table(
        "entries",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number > 0 AND isfinite(at) AND octet_length(mac) = 32", name="entries_whole"),
        sa.PrimaryKeyConstraint("number"),
        schema="audit",
    )
    op.create_table(
        "head",
        sa.Column("head_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("head_id = 1", name="head_is_one"),
        sa.PrimaryKeyConstraint("head_id"),
        schema="audit",
    )
    op.execute(RULES)
