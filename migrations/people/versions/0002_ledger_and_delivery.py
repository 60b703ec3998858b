"""The tables of the ledger and of delivery."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _create_charges() -> None:
    op.create_table(
        "charges",
        sa.Column("charge_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("city_code", sa.Integer(), nullable=False),
        sa.Column("rho", sa.Float(), nullable=False),
        sa.Column("sigma", sa.Float(), nullable=False),
        sa.Column("sensitivity_squared", sa.Float(), nullable=False),
        sa.Column("parameters_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("charged_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("charge_id"),
        sa.UniqueConstraint("product", "month", "city_code"),
        schema="ledger",
    )


def _create_draws() -> None:
    op.create_table(
        "draws",
        sa.Column("charge_id", sa.BigInteger(), nullable=False),
        sa.Column("keys", sa.LargeBinary(), nullable=False),
        sa.Column("values", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["charge_id"],
            ["ledger.charges.charge_id"],
        ),
        sa.PrimaryKeyConstraint("charge_id"),
        schema="ledger",
    )


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("initiator_id", sa.Uuid(), nullable=False),
        sa.Column("city_code", sa.Integer(), nullable=False),
        sa.Column("category", sa.SmallInteger(), nullable=False),
        sa.Column("leaf_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("final_text", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expanded", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.LargeBinary(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id"),
        schema="delivery",
    )


def _create_valve() -> None:
    op.create_table(
        "valve",
        sa.Column("valve_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recent_in_doubt", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("refilled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("valve_id"),
        schema="delivery",
    )


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("lookup_hash", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("absences", sa.Integer(), nullable=False),
        sa.Column("resends", sa.Integer(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["delivery.runs.campaign_id"],
        ),
        sa.PrimaryKeyConstraint("message_id"),
        sa.UniqueConstraint("campaign_id", "household_id"),
        sa.UniqueConstraint("campaign_id", "lookup_hash"),
        sa.UniqueConstraint("sid"),
        sa.UniqueConstraint("token"),
        schema="delivery",
    )
    op.create_index(
        "messages_awaited",
        "messages",
        ["check_at"],
        unique=False,
        schema="delivery",
        postgresql_where=sa.text("state IN ('accepted', 'sent')"),
    )
    op.create_index(
        "messages_due",
        "messages",
        ["not_before"],
        unique=False,
        schema="delivery",
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index(
        "messages_in_doubt",
        "messages",
        ["check_at"],
        unique=False,
        schema="delivery",
        postgresql_where=sa.text("state = 'unknown'"),
    )
    op.create_index(
        "messages_leased",
        "messages",
        ["lease_until"],
        unique=False,
        schema="delivery",
        postgresql_where=sa.text("state = 'sending'"),
    )


def _create_receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("receipt_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["delivery.messages.message_id"],
        ),
        sa.PrimaryKeyConstraint("receipt_id"),
        sa.UniqueConstraint("sid", "status"),
        schema="delivery",
    )


def _create_inbound_cursor() -> None:
    op.create_table(
        "inbound_cursor",
        sa.Column("cursor_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("listed_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cursor_id"),
        schema="delivery",
    )


def upgrade() -> None:
    """Apply."""
    op.execute("CREATE SCHEMA ledger")
    op.execute("CREATE SCHEMA delivery")
    _create_charges()
    _create_draws()
    _create_runs()
    _create_valve()
    _create_messages()
    _create_receipts()
    _create_inbound_cursor()
