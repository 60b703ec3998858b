"""Alembic's environment of the people database."""

from messaging.delivery.talk_models import BoundInvitation
from migrations.upgrade import run_environment
from privacy.audit.models import Audit
from privacy.people.models import Core, Vault
from privacy.release.ledger_models import Ledger

run_environment(schemas=[Core.metadata, Vault.metadata, Ledger.metadata, BoundInvitation.metadata, Audit.metadata])
