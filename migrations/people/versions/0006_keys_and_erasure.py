"""Data keys in a table of their own, versions of the blind indexes' keys, erasures, and the role that rotates keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

GRANTS = """
GRANT SELECT (household_id), INSERT, UPDATE (wrapped_key, kek_version), DELETE ON vault.data_keys TO field_intake;
GRANT SELECT (lookup_version, opt_out_version) ON vault.phones TO field_intake;
GRANT SELECT ON vault.data_keys TO field_sender;
GRANT SELECT, DELETE ON vault.data_keys TO field_eraser;
GRANT SELECT, DELETE ON vault.erasures TO field_intake;
GRANT SELECT ON vault.erasures TO field_sender;
GRANT SELECT, INSERT, UPDATE (at) ON vault.erasures TO field_eraser;
GRANT UPDATE (changed_at) ON delivery.messages TO field_eraser;
GRANT SELECT ON delivery.runs TO field_eraser;
GRANT USAGE ON SCHEMA vault TO field_keeper;
GRANT SELECT, UPDATE (wrapped_key, kek_version) ON vault.data_keys TO field_keeper;
GRANT SELECT, UPDATE (lookup_hash, lookup_version, opt_out_hash, opt_out_version) ON vault.phones TO field_keeper;
GRANT SELECT, INSERT, DELETE ON vault.opt_outs TO field_keeper;
GRANT SELECT ON vault.erasures TO field_keeper;
GRANT USAGE ON SCHEMA audit TO field_keeper;
GRANT INSERT ON audit.entries TO field_keeper;
GRANT SELECT, UPDATE (number, mac) ON audit.head TO field_keeper;
"""


def _create_data_keys() -> None:
    op.create_table(
        "data_keys",
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("kek_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("household_id"),
        schema="vault",
    )
    op.execute("INSERT INTO vault.data_keys SELECT household_id, wrapped_key, key_version FROM vault.phones")
    op.drop_column("phones", "wrapped_key", schema="vault")
    # The number stays in the associated data of what is sealed; it says no more which key wraps the data key.
    op.alter_column("phones", "key_version", new_column_name="seal_version", schema="vault")


def _add_versions() -> None:
    for table, column in (("phones", "lookup_version"), ("phones", "opt_out_version"), ("opt_outs", "version")):
        version = sa.Column(column, sa.Integer(), server_default=sa.text("1"), nullable=False)
        op.add_column(table, version, schema="vault")
        op.alter_column(table, column, server_default=None, schema="vault")


def _create_erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("opt_out_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("opt_out_hash"),
        schema="vault",
    )


def upgrade() -> None:
    """Apply."""
    _create_data_keys()
    _add_versions()
    _create_erasures()
    # A dropped column stays in the table's pages until they are written again, and this one held keys.
    op.execute("CLUSTER vault.phones USING phones_pkey")
    op.execute(GRANTS)
