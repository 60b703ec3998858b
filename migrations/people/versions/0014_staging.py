"""Where a drop stands between its check and its tables, so that any number of processes can work on it.

Nobody is erased while a drop is half in, and it is empty after; what a check that died has left goes before anybody is
erased (0016). So its tables name no `household_id`, by which erasures and exports would look for them. Unlogged: after
a crash of the server all of it is empty together, journal and rows, and the drop is checked again.
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"

TABLES = """
CREATE SCHEMA staging;
CREATE UNLOGGED TABLE staging.runs (
    drop_id text PRIMARY KEY, manifest_sha256 bytea NOT NULL, now timestamptz NOT NULL, buckets int NOT NULL,
    chunk_rows int NOT NULL, leader int);
CREATE UNLOGGED TABLE staging.parts (
    stage text, table_name text, number int, rows int NOT NULL, is_done boolean NOT NULL, task bytea, result bytea,
    PRIMARY KEY (stage, table_name, number));
ALTER TABLE staging.parts ALTER COLUMN task SET STORAGE EXTERNAL, ALTER COLUMN result SET STORAGE EXTERNAL;
CREATE UNLOGGED TABLE staging.roll (
    row_number bigint NOT NULL, customer_hash bytea NOT NULL, home_id uuid, at_phone uuid);
CREATE UNLOGGED TABLE staging.present (bucket int NOT NULL, customer_key bigint NOT NULL, home_id uuid NOT NULL);
"""
# What a household may have several of: rows of the files, by the bucket of the household that they speak of.
STAGED = {
    "consents": "purpose text, granted boolean, policy_version text, source text, at timestamptz",
    "scores": "category smallint",
    "activity": "score int, level int, channels int",
    "purchases": "category smallint, model text, bought_on date",
    "tickets": "category smallint, fault_tag text, masked_text text, opened_on date, mined_tags text[]",
    "interests": "tag text, weight float8",
    "topics": "topic text, platform text, stance int",
}
GRANTS = """
GRANT USAGE ON SCHEMA staging TO field_intake;
GRANT SELECT, INSERT, UPDATE, TRUNCATE ON staging.runs, staging.parts TO field_intake;
GRANT SELECT, INSERT, TRUNCATE ON staging.roll, staging.present TO field_intake;
"""


def upgrade() -> None:
    """Apply."""
    op.execute(TABLES)
    op.execute("CREATE INDEX present_bucket ON staging.present (bucket)")
    op.execute(GRANTS)
    for name, columns in STAGED.items():
        keys = "bucket int NOT NULL, customer_key bigint NOT NULL"
        op.execute(f"CREATE UNLOGGED TABLE staging.{name} ({keys}, {columns})")
        op.execute(f"CREATE INDEX {name}_bucket ON staging.{name} (bucket)")
        op.execute(f"GRANT SELECT, INSERT, TRUNCATE ON staging.{name} TO field_intake")
