"""The tables of households and of the vault."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def _create_consents() -> None:
    op.create_table(
        "consents",
        sa.Column("consent_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consent_id"),
        schema="core",
    )
    op.create_index("consents_household", "consents", ["household_id", "purpose", "at"], unique=False, schema="core")


def _create_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("initiator_id", sa.Uuid(), nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id"),
        schema="core",
    )
    op.create_index("contacts_household", "contacts", ["household_id", "reserved_at"], unique=False, schema="core")


def _create_drops() -> None:
    op.create_table(
        "drops",
        sa.Column("drop_id", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("progress", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("drop_id"),
        schema="core",
    )


def _create_households() -> None:
    op.create_table(
        "households",
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("city_code", sa.Integer(), nullable=False),
        sa.Column("city_from", sa.Date(), nullable=True),
        sa.Column("leaf_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("push_consent", sa.Boolean(), nullable=False),
        sa.Column("activity_score", sa.SmallInteger(), nullable=True),
        sa.Column("activity_level", sa.SmallInteger(), nullable=True),
        sa.Column("channels", sa.SmallInteger(), nullable=True),
        sa.PrimaryKeyConstraint("household_id"),
        schema="core",
    )
    op.create_index("households_leaf", "households", ["city_code", "leaf_id"], unique=False, schema="core")


def _create_interests() -> None:
    op.create_table(
        "interests",
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("household_id", "tag"),
        schema="core",
    )


def _create_needs() -> None:
    op.create_table(
        "needs",
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.SmallInteger(), nullable=False),
        sa.Column("city_code", sa.Integer(), nullable=False),
        sa.Column("leaf_id", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("household_id", "category"),
        schema="core",
    )
    op.create_index("needs_audience", "needs", ["leaf_id", "category"], unique=False, schema="core")


def _create_purchases() -> None:
    op.create_table(
        "purchases",
        sa.Column("purchase_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.SmallInteger(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("purchase_id"),
        schema="core",
    )
    op.create_index("purchases_household", "purchases", ["household_id"], unique=False, schema="core")


def _create_tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("ticket_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.SmallInteger(), nullable=False),
        sa.Column("fault_tag", sa.Text(), nullable=False),
        sa.Column("masked_text", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id"),
        schema="core",
    )
    op.create_index("tickets_household", "tickets", ["household_id"], unique=False, schema="core")


def _create_topics() -> None:
    op.create_table(
        "topics",
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("stance", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("household_id", "topic", "platform"),
        schema="core",
    )


def _create_customers() -> None:
    op.create_table(
        "customers",
        sa.Column("customer_hash", sa.LargeBinary(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("customer_hash"),
        schema="vault",
    )
    op.create_index(
        op.f("ix_vault_customers_household_id"), "customers", ["household_id"], unique=False, schema="vault"
    )


def _create_opt_outs() -> None:
    op.create_table(
        "opt_outs",
        sa.Column("opt_out_hash", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("opt_out_hash"),
        schema="vault",
    )


def _create_phones() -> None:
    op.create_table(
        "phones",
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("lookup_hash", sa.LargeBinary(), nullable=False),
        sa.Column("opt_out_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("household_id"),
        sa.UniqueConstraint("lookup_hash"),
        schema="vault",
    )
    op.create_index(op.f("ix_vault_phones_opt_out_hash"), "phones", ["opt_out_hash"], unique=False, schema="vault")


def upgrade() -> None:
    """Apply."""
    op.execute("CREATE SCHEMA core")
    op.execute("CREATE SCHEMA vault")
    _create_consents()
    _create_contacts()
    _create_drops()
    _create_households()
    _create_interests()
    _create_needs()
    _create_purchases()
    _create_tickets()
    _create_topics()
    _create_customers()
    _create_opt_outs()
    _create_phones()
