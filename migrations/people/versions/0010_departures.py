"""What an intake may clear when a customer leaves a household; what earlier ones left behind goes."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

GRANTS = """
GRANT DELETE ON core.consents, vault.customers TO field_intake;
GRANT SELECT, INSERT, UPDATE (household_id), DELETE ON core.contacts TO field_intake;
GRANT USAGE ON SCHEMA delivery TO field_intake;
GRANT SELECT (message_id, campaign_id, household_id, state, accepted_at), UPDATE (household_id), DELETE
    ON delivery.messages TO field_intake;
GRANT SELECT (campaign_id, household_id, message_id), UPDATE (household_id), DELETE
    ON delivery.invitations TO field_intake;
GRANT SELECT (household_id), DELETE ON delivery.held_out TO field_intake;
GRANT SELECT (campaign_id), DELETE ON delivery.lines TO field_intake;
GRANT SELECT (message_id), DELETE ON delivery.receipts, delivery.replies TO field_intake;
GRANT INSERT ON delivery.tombstones TO field_intake;
"""
_GONE = "household_id NOT IN (SELECT household_id FROM core.households)"
_HANGING = (("lines", "campaign_id", "invitations"), ("receipts", "message_id", "messages"),
            ("replies", "message_id", "messages"))  # fmt: skip
_OWNERS = (
    *(f"core.{name}" for name in ("consents", "contacts", "interests", "needs", "pain_points", "purchases", "tickets")),
    *("core.topics", "vault.customers", "vault.data_keys", "vault.phones"),
    *("delivery.held_out", "delivery.invitations", "delivery.messages"),
)


def _delete_orphans() -> None:
    """Delete rows of households that an intake dropped without them. Only the fixed names above get in."""
    op.execute(
        "INSERT INTO delivery.tombstones (campaign_id, at)"  # noqa: S608 - see above
        f" SELECT campaign_id, now() FROM delivery.invitations WHERE {_GONE} ON CONFLICT DO NOTHING"
    )
    for child, key, owner in _HANGING:
        op.execute(f"DELETE FROM delivery.{child} WHERE {key} IN (SELECT {key} FROM delivery.{owner} WHERE {_GONE})")  # noqa: S608 - see above
    for owner in _OWNERS:
        op.execute(f"DELETE FROM {owner} WHERE {_GONE}")  # noqa: S608 - see above


def upgrade() -> None:
    """Apply."""
    op.execute(GRANTS)
    _delete_orphans()
