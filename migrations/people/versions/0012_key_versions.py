"""Under which lookup key a message was planned; and retired keys, so that nothing comes to stand under one again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"

# A message of before has no version: that of its household's phone if the hash is the same, else the first.
FIND_VERSIONS = """
UPDATE delivery.messages AS m SET lookup_version = p.lookup_version FROM vault.phones AS p
WHERE p.household_id = m.household_id AND p.lookup_hash = m.lookup_hash AND p.lookup_version <> 1
"""
GRANTS = """
GRANT USAGE ON SCHEMA delivery TO field_keeper;
GRANT SELECT (lookup_version, state) ON delivery.messages TO field_keeper;
GRANT SELECT ON vault.retired_keys TO field_intake, field_sender, field_gateway, field_eraser;
GRANT SELECT, INSERT ON vault.retired_keys TO field_keeper;
"""
# A process that still runs with the former share fails, and is heard of, instead of noting a refusal that nobody sees.
# The lock is that of privacy/people/key_uses.py: whoever retires a key waits for those who write under one.
REFUSE = """
CREATE FUNCTION vault.check_keys_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(4810523717);
    IF EXISTS (SELECT FROM written AS w JOIN vault.retired_keys AS r ON {is_retired}) THEN
        RAISE EXCEPTION 'a key of vault.{table} is retired';
    END IF;
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER check_keys_at_{event} AFTER {event} ON vault.{table} REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION vault.check_keys_of_{table}();
REVOKE EXECUTE ON FUNCTION vault.check_keys_of_{table}() FROM PUBLIC
"""
IS_RETIRED = {
    "opt_outs": "r.name = 'opt_out' AND r.version = w.version",
    "erasures": "r.name = 'opt_out' AND r.version = w.version",
    "phones": "(r.name = 'opt_out' AND r.version = w.opt_out_version)"
    " OR (r.name = 'lookup' AND r.version = w.lookup_version)",
    "data_keys": "r.name = 'kek' AND r.version = w.kek_version",
}


def _refuse_retired_keys() -> None:
    op.create_table(
        "retired_keys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version"),
        schema="vault",
    )
    for table, is_retired in IS_RETIRED.items():
        op.execute(REFUSE.format(table=table, is_retired=is_retired))
        for event in ("INSERT", "UPDATE"):
            op.execute(TRIGGER.format(table=table, event=event))


def upgrade() -> None:
    """Apply."""
    version = sa.Column("lookup_version", sa.Integer(), server_default=sa.text("1"), nullable=False)
    op.add_column("messages", version, schema="delivery")
    op.execute(FIND_VERSIONS)
    # Whoever is asked about a phone looks first whether a version is in use that the process does not hold.
    for column in ("lookup_version", "opt_out_version"):
        op.create_index(f"phones_{column}", "phones", [column], schema="vault")
    _refuse_retired_keys()
    op.execute(GRANTS)
