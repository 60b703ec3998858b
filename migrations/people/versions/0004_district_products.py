"""What the district products count: one persona, few pain points, interests and topics a household, and outcomes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON core.pain_points TO field_intake;
GRANT SELECT ON core.pain_points TO field_release;
GRANT SELECT (household_id, tag, counted) ON core.interests TO field_release;
GRANT SELECT (household_id, topic, counted) ON core.topics TO field_release;
GRANT SELECT (household_id, category, bought_on) ON core.purchases TO field_release;
GRANT SELECT, DELETE ON core.pain_points, delivery.held_out, delivery.replies TO field_eraser;
GRANT USAGE ON SCHEMA delivery TO field_release;
GRANT SELECT (campaign_id, category) ON delivery.runs TO field_release;
GRANT SELECT (message_id, campaign_id, household_id, accepted_at) ON delivery.messages TO field_release;
GRANT SELECT (campaign_id, household_id, drawn_at) ON delivery.held_out TO field_release;
GRANT SELECT (message_id) ON delivery.replies TO field_release;
GRANT SELECT, INSERT ON delivery.held_out TO field_sender;
GRANT INSERT ON delivery.replies TO field_gateway;
"""


def _create_pain_points() -> None:
    op.create_table(
        "pain_points",
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.SmallInteger(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("household_id", "category", "tag"),
        schema="core",
    )


def _create_held_out() -> None:
    op.create_table(
        "held_out",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["delivery.runs.campaign_id"]),
        sa.PrimaryKeyConstraint("campaign_id", "household_id"),
        schema="delivery",
    )
    op.create_index("held_out_household", "held_out", ["household_id"], unique=False, schema="delivery")


def _create_replies() -> None:
    op.create_table(
        "replies",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["delivery.messages.message_id"]),
        sa.PrimaryKeyConstraint("message_id", "received_at"),
        schema="delivery",
    )


def upgrade() -> None:
    """Apply."""
    for column in ("persona_category", "persona_age_band"):
        op.add_column("households", sa.Column(column, sa.SmallInteger(), nullable=True), schema="core")
    for table in ("interests", "topics"):
        op.add_column(
            table, sa.Column("counted", sa.Boolean(), server_default=sa.false(), nullable=False), schema="core"
        )
    _create_pain_points()
    _create_held_out()
    _create_replies()
    op.execute(GRANTS)
