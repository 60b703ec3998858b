"""The people side of the channel attack: a city in which nobody but the targets may be written to.

So a broadcast reaches exactly one household or none, which is the greatest difference that one household can make.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import create_engine, delete, exists, func, insert, select, update
from sqlalchemy.orm import Session, aliased, sessionmaker

from messaging.delivery.models import Message, MessageState, Run, RunState
from privacy.people.consent import record_consent, record_opt_out
from privacy.people.models import ConsentEntry, Contact, Household, Need, OptOut, Phone

if TYPE_CHECKING:
    from collections.abc import Collection

    from stack.environment import Installation

_HANDLED_WITHIN_S = 30.0
_OVER = (MessageState.SKIPPED, MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED)


class Standing(StrEnum):
    """How the target stands to a broadcast. Only an eligible one gets a message."""

    ELIGIBLE = "eligible"
    CAPPED = "capped"
    OPTED_OUT = "opted out"
    UNCONSENTED = "unconsented"
    WITHOUT_NEED = "without need"


@dataclass(frozen=True, slots=True)
class Target:
    """One household, its need, and where its phone is known by."""

    household_id: UUID
    category: int
    leaf_id: int
    city_code: int
    opt_out_hash: bytes


@dataclass(frozen=True, slots=True)
class People:
    """The people database, by its owner: no role of the system may do all this."""

    sessions: sessionmaker[Session]

    @classmethod
    def of(cls, installation: Installation) -> People:
        """Connect to the people database of an installation."""
        url = installation.people.url(database="people")
        return cls(sessionmaker(create_engine(url, hide_parameters=True), expire_on_commit=False))

    def find_target(self, *, leaf_ids: Collection[int], category: int) -> Target:
        """Return a household of an audience with this need and no other, a phone, and consent."""
        other = aliased(Need)
        has_other = exists().where(other.household_id == Need.household_id, other.category != category)
        query = (
            select(Need, Phone.opt_out_hash)
            .join(Household, Household.household_id == Need.household_id)
            .join(Phone, Phone.household_id == Need.household_id)
            .where(Need.leaf_id.in_(leaf_ids), Need.category == category, Household.push_consent, ~has_other)
            .where(exists().where(ConsentEntry.household_id == Need.household_id, ConsentEntry.granted))
            .order_by(Need.household_id)
            .limit(1)
        )
        with self.sessions() as session:
            need, opt_out_hash = session.execute(query).one()
        return Target(need.household_id, category, need.leaf_id, need.city_code, opt_out_hash)

    def silence_all(self) -> None:
        """Let nobody be drawn any more."""
        with self.sessions.begin() as session:
            session.execute(update(Household).values(push_consent=False))

    def set_standing(self, target: Target, standing: Standing) -> None:
        """Make the target what it is to be, and nothing else of it."""
        now, mine = datetime.now(UTC), target.household_id
        with self.sessions.begin() as session:
            session.execute(delete(Contact).where(Contact.household_id == mine))
            session.execute(delete(OptOut).where(OptOut.opt_out_hash == target.opt_out_hash))
            session.execute(delete(Need).where(Need.household_id == mine, Need.category == target.category))
            granted = standing is not Standing.UNCONSENTED
            record_consent(session, household_id=mine, granted=granted, policy_version="1", source="attack", at=now)
            if standing is not Standing.WITHOUT_NEED:
                session.execute(insert(Need).values(_to_need(target)))
            if standing is Standing.OPTED_OUT:
                record_opt_out(session, opt_out_hash=target.opt_out_hash, version=1, source="attack", at=now)
            if standing is Standing.CAPPED:
                session.add(_make_contact(mine, at=now - timedelta(hours=1)))

    def count_reached(self, broadcast_id: str) -> int:
        """Wait until a broadcast is carried out; returns how many messages of it left, 0 or 1."""
        campaign = UUID(broadcast_id)
        deadline = time.monotonic() + _HANDLED_WITHIN_S
        waiting = select(func.count()).where(Message.campaign_id == campaign, Message.state.not_in(_OVER))
        left = select(func.count()).where(Message.campaign_id == campaign, Message.state != MessageState.SKIPPED)
        while time.monotonic() < deadline:
            with self.sessions() as session:
                state = session.scalar(select(Run.state).where(Run.campaign_id == campaign))
                if state not in (None, RunState.EXPANDING) and session.scalar(waiting) == 0:
                    return session.scalar(left) or 0
            time.sleep(0.1)
        raise TimeoutError(broadcast_id)


def _to_need(target: Target) -> dict[str, object]:
    return {
        "household_id": target.household_id,
        "category": target.category,
        "city_code": target.city_code,
        "leaf_id": target.leaf_id,
        "counted": True,
    }


def _make_contact(household_id: UUID, *, at: datetime) -> Contact:
    return Contact(
        message_id=uuid4(),
        household_id=household_id,
        initiator_id=uuid4(),
        text_sha256=uuid4().bytes,
        reserved_at=at,
    )
