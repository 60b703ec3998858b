"""Alembic's environment of the serving database."""

from api.models import Staff
from geo.models import Places
from messaging.campaigns.talk_models import Invitation
from migrations.upgrade import run_environment
from privacy.release.models import Released
from radar.models import Radar

run_environment(schemas=[Places.metadata, Released.metadata, Invitation.metadata, Staff.metadata, Radar.metadata])
