"""The tables of campaigns and of staff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def _create_actor_usage() -> None:
    op.create_table(
        "actor_usage",
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("broadcasts", sa.Integer(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("invitations", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "day"),
        schema="campaigns",
    )


def _create_broadcasts() -> None:
    op.create_table(
        "broadcasts",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("city_code", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Text(), nullable=False),
        sa.Column("category", sa.SmallInteger(), nullable=False),
        sa.Column("leaf_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("final_text", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("rules_version", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("broadcast_id"),
        schema="campaigns",
    )
    op.create_index("broadcasts_actor", "broadcasts", ["actor_id", "created_at"], unique=False, schema="campaigns")
    op.create_index("broadcasts_live", "broadcasts", ["expires_at"], unique=False, schema="campaigns")


def _create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "route", "key"),
        schema="campaigns",
    )
    op.create_index(
        op.f("ix_campaigns_idempotency_keys_created_at"),
        "idempotency_keys",
        ["created_at"],
        unique=False,
        schema="campaigns",
    )


def _create_organisation_usage() -> None:
    op.create_table(
        "organisation_usage",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
        schema="campaigns",
    )


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("territory", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_id"),
        sa.UniqueConstraint("login"),
        schema="staff",
    )


def _create_refresh_tokens() -> None:
    op.create_table(
        "refresh_tokens",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["staff.accounts.account_id"],
        ),
        sa.PrimaryKeyConstraint("token_sha256"),
        schema="staff",
    )
    op.create_index(
        op.f("ix_staff_refresh_tokens_account_id"), "refresh_tokens", ["account_id"], unique=False, schema="staff"
    )
    op.create_index(
        op.f("ix_staff_refresh_tokens_family_id"), "refresh_tokens", ["family_id"], unique=False, schema="staff"
    )


def _create_login_attempts() -> None:
    op.create_table(
        "login_attempts",
        sa.Column("subject_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject_sha256", "minute"),
        schema="staff",
    )


def upgrade() -> None:
    """Apply."""
    op.execute("CREATE SCHEMA campaigns")
    op.execute("CREATE SCHEMA staff")
    _create_actor_usage()
    _create_broadcasts()
    _create_idempotency_keys()
    _create_organisation_usage()
    _create_accounts()
    _create_refresh_tokens()
    _create_login_attempts()
