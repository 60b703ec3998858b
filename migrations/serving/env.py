"""Alembic's environment of the serving database."""

from api.models import Staff
from geo.models import Places
from messaging.campaigns.models import Campaigns
from migrations.upgrade import run_environment
from privacy.release.models import Released
from radar.models import Radar

run_environment(schemas=[Places.metadata, Released.metadata, Campaigns.metadata, Staff.metadata, Radar.metadata])
