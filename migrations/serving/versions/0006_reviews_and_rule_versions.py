"""The decisions about doubtful texts, and the versions of the rules that an operator adds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0004"

GRANTS = """
GRANT SELECT, INSERT ON campaigns.reviews TO field_web;
GRANT SELECT ON campaigns.rule_versions TO field_web;
GRANT UPDATE (starts_at, expires_at, refused_for) ON campaigns.broadcasts TO field_web;
GRANT SELECT ON campaigns.reviews TO field_operator;
GRANT SELECT, INSERT ON campaigns.rule_versions TO field_operator;
GRANT SELECT ON campaigns.reviews, campaigns.rule_versions TO field_sender;
"""


def _create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("rules_version", sa.Text(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("broadcast_id"),
        schema="campaigns",
    )


def _create_rule_versions() -> None:
    op.create_table(
        "rule_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        schema="campaigns",
    )


def _extend_broadcasts() -> None:
    findings = sa.Column(
        "findings", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
    )
    op.add_column("broadcasts", findings, schema="campaigns")
    op.add_column("broadcasts", sa.Column("refused_for", sa.Text(), nullable=True), schema="campaigns")
    op.create_index(
        "broadcasts_in_review",
        "broadcasts",
        ["created_at", "broadcast_id"],
        schema="campaigns",
        postgresql_where=sa.text("state = 'in_review'"),
    )


def upgrade() -> None:
    """Apply."""
    _create_reviews()
    _create_rule_versions()
    _extend_broadcasts()
    op.execute(GRANTS)
