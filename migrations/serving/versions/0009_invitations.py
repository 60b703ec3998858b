"""Invitations, and the conversations that they lead to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

GRANTS = """
GRANT SELECT, INSERT ON campaigns.invitations TO field_web;
GRANT SELECT ON campaigns.conversations, campaigns.answers TO field_web;
GRANT SELECT, INSERT ON campaigns.planner_messages TO field_web;
GRANT SELECT, INSERT, UPDATE ON campaigns.conversation_marks TO field_web;
GRANT SELECT ON campaigns.invitations TO field_sender;
GRANT SELECT, INSERT, DELETE ON campaigns.conversations, campaigns.answers TO field_sender;
GRANT SELECT, UPDATE (taken_at), DELETE ON campaigns.planner_messages TO field_sender;
GRANT SELECT ON campaigns.invitations TO field_operator;
GRANT USAGE ON SCHEMA places TO field_sender;
GRANT SELECT (leaf_id, city_code, district_adcode) ON places.leaves TO field_sender;
GRANT SELECT ON released.district_figures TO field_sender;
"""


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("district_adcode", sa.Integer(), nullable=False),
        sa.Column("age_band", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        _at("created_at"),
        sa.PrimaryKeyConstraint("invitation_id"),
        schema="campaigns",
    )
    op.create_index("invitations_actor", "invitations", ["actor_id", "created_at"], schema="campaigns")


def _create_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        _at("opened_at"),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("handle"),
        sa.UniqueConstraint("invitation_id"),
        schema="campaigns",
    )
    op.create_index("conversations_actor", "conversations", ["actor_id", "opened_at"], schema="campaigns")


def _create_texts() -> None:
    op.create_table(
        "answers",
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _at("at"),
        sa.PrimaryKeyConstraint("answer_id"),
        schema="campaigns",
    )
    op.create_index("answers_handle", "answers", ["handle", "at"], schema="campaigns")
    op.create_table(
        "planner_messages",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _at("at"),
        _at("taken_at", nullable=True),
        sa.PrimaryKeyConstraint("message_id"),
        schema="campaigns",
    )
    op.create_index("planner_messages_handle", "planner_messages", ["handle", "at"], schema="campaigns")
    is_new = sa.text("taken_at IS NULL")
    op.create_index("planner_messages_new", "planner_messages", ["at"], schema="campaigns", postgresql_where=is_new)


def _create_marks() -> None:
    op.create_table(
        "conversation_marks",
        sa.Column("handle", sa.Text(), nullable=False),
        _at("read_until", nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("handle"),
        schema="campaigns",
    )


def upgrade() -> None:
    """Apply."""
    _create_invitations()
    _create_conversations()
    _create_texts()
    _create_marks()
    op.execute(GRANTS)
