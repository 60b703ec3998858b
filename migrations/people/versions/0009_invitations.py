"""Whom an invitation reached, what was said, and that a conversation is to be forgotten on the other side too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

GRANTS = """
GRANT SELECT, INSERT, UPDATE (opened_at, ended_at) ON delivery.invitations TO field_sender;
GRANT SELECT, INSERT, UPDATE (carried_at) ON delivery.lines TO field_sender;
GRANT SELECT, DELETE ON delivery.tombstones TO field_sender;
GRANT SELECT (campaign_id, message_id, token_hash, answer_by, accepted_at, talk_until, ended_at),
    UPDATE (accepted_at, talk_until, ended_at) ON delivery.invitations TO field_gateway;
GRANT SELECT (line_id, campaign_id, is_users, body, at, source_hash), INSERT ON delivery.lines TO field_gateway;
GRANT SELECT, UPDATE (ended_at), DELETE ON delivery.invitations TO field_eraser;
GRANT SELECT, DELETE ON delivery.lines TO field_eraser;
GRANT SELECT, INSERT ON delivery.tombstones TO field_eraser;
"""


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("initiator_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        _at("bound_at"),
        _at("answer_by"),
        _at("accepted_at", nullable=True),
        _at("talk_until", nullable=True),
        _at("ended_at", nullable=True),
        _at("opened_at", nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["delivery.runs.campaign_id"]),
        sa.PrimaryKeyConstraint("campaign_id"),
        sa.UniqueConstraint("message_id"),
        sa.UniqueConstraint("token_hash"),
        schema="delivery",
    )
    op.create_index("invitations_household", "invitations", ["household_id", "bound_at"], schema="delivery")
    op.create_index("invitations_initiator", "invitations", ["initiator_id", "bound_at"], schema="delivery")


def _create_lines() -> None:
    op.create_table(
        "lines",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("is_users", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _at("at"),
        sa.Column("source_hash", sa.LargeBinary(), nullable=True),
        _at("carried_at", nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["delivery.invitations.campaign_id"]),
        sa.PrimaryKeyConstraint("line_id"),
        sa.UniqueConstraint("source_hash"),
        schema="delivery",
    )
    op.create_index("lines_campaign", "lines", ["campaign_id", "at"], schema="delivery")
    is_new = sa.text("is_users AND carried_at IS NULL")
    op.create_index("lines_new", "lines", ["at"], schema="delivery", postgresql_where=is_new)


def upgrade() -> None:
    """Apply."""
    _create_invitations()
    _create_lines()
    op.create_table(
        "tombstones",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        _at("at"),
        sa.PrimaryKeyConstraint("campaign_id"),
        schema="delivery",
    )
    op.execute(GRANTS)
