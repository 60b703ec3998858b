"""What a test of delivery looks at afterwards: counts and lists, as the superuser sees them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select

from messaging.delivery.models import HeldOut, Message, MessageState, Reply
from privacy.people.models import Contact, OptOut

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from messaging.delivery.ports import Clock


class Findings:
    """Reads of a world whose `admin` sees everything."""

    admin: sessionmaker[Session]
    clock: Clock

    def count_states(self) -> dict[str, int]:
        """Count messages by state."""
        with self.admin() as session:
            rows = session.execute(select(Message.state, func.count().label("messages")).group_by(Message.state))
            return {row.state: row.messages for row in rows}

    def count_due(self) -> int:
        """Count the messages that wait for nothing but a worker."""
        due = select(func.count()).where(Message.state == MessageState.PLANNED, Message.not_before <= self.clock())
        with self.admin() as session:
            return session.scalar(due) or 0

    def find_skip_reasons(self) -> set[str | None]:
        """Return why messages were skipped."""
        with self.admin() as session:
            return set(session.scalars(select(Message.reason).where(Message.state == MessageState.SKIPPED)))

    def find_held_out(self, campaign_id: UUID) -> set[UUID]:
        """Return the control group of a campaign."""
        with self.admin() as session:
            return set(session.scalars(select(HeldOut.household_id).where(HeldOut.campaign_id == campaign_id)))

    def find_replies(self) -> list[tuple[UUID, datetime]]:
        """Return which messages were answered, and when."""
        with self.admin() as session:
            return [(row[0], row[1]) for row in session.execute(select(Reply.message_id, Reply.received_at))]

    def count_opt_outs(self) -> int:
        """Count the phones that must not be written to."""
        with self.admin() as session:
            return session.scalar(select(func.count()).select_from(OptOut)) or 0

    def count_slots(self) -> int:
        """Count the slots that caps hold."""
        with self.admin() as session:
            return session.scalar(select(func.count()).select_from(Contact)) or 0
