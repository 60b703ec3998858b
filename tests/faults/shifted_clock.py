"""A clock that a storm may set: the carrier's, the gateway's, and, through the people database, the sender's."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import text

if TYPE_CHECKING:
    from tests.messaging.delivery.world import World

_SHANGHAI = ZoneInfo("Asia/Shanghai")
# The sender asks the database for the time. Found before PostgreSQL's own, this answer can be moved.
_INSTALL = (
    "CREATE SCHEMA faults",
    "CREATE TABLE faults.shift (by interval NOT NULL)",
    "INSERT INTO faults.shift VALUES ('0')",
    """CREATE FUNCTION faults.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE SECURITY DEFINER
    AS 'SELECT pg_catalog.clock_timestamp() + (SELECT by FROM faults.shift)'""",
    "GRANT USAGE ON SCHEMA faults TO field_sender",
)


class ShiftedClock:
    """The machine's time plus a shift. Aware, UTC."""

    def __init__(self) -> None:
        """Begin in step with the machine."""
        self._shift = timedelta()

    def __call__(self) -> datetime:
        """Return the shifted time."""
        return datetime.now(UTC) + self._shift

    def install(self, world: World) -> None:
        """Let the sender's role see the shifted time. Processes look again every ten seconds."""
        database = world.services.names["people"]
        with world.admin.begin() as session:
            for statement in _INSTALL:
                session.execute(text(statement))
            session.execute(
                text(f"ALTER ROLE field_sender IN DATABASE {database} SET search_path = faults, pg_catalog")
            )

    def step(self, world: World, *, by: timedelta) -> None:
        """Set the clock forward or back."""
        self._shift += by
        with world.admin.begin() as session:
            session.execute(text("UPDATE faults.shift SET by = :by"), {"by": self._shift})

    def go_to(self, world: World, moment: time) -> None:
        """Set the clock forward to the next time that it is `moment` in Shanghai."""
        here = self().astimezone(_SHANGHAI)
        there = datetime.combine(here.date(), moment, tzinfo=_SHANGHAI)
        self.step(world, by=(there if there > here else there + timedelta(days=1)) - here)
