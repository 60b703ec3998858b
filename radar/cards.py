"""A persona card as a signed text: nobody makes one up, and it is good for one planner and one day.

The same card of the same day is the same text, so that reloading shows the same answer. What is signed includes the
planner, who does not stand in it: another planner's card fails. Clients take it as it is. Nothing is stored, and a card
names no household: which one is behind it is drawn out of the web process's reach, once somebody invites.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from privacy.release.slots import Activity, AgeBand
from privacy.release.values import Category
from radar.allowance import get_day
from radar.errors import CardExpiredError, CardUnknownError

_PURPOSE = b"fieldreach persona card"
_LONGEST = 200
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class Persona:
    """The tuple behind a card: those who live in a district and are this active in this category."""

    district_adcode: int
    age_band: AgeBand
    activity: Activity
    category: Category

    def __str__(self) -> str:
        """Return the written form, `370202/under_5_years/active/freezer`: the district and the name of the slot."""
        return f"{self.district_adcode}/{self.age_band}/{self.activity}/{self.category}"

    @classmethod
    def parse(cls, written: str) -> Persona:
        """Read the written form back. Raises ValueError for anything else."""
        adcode, age_band, activity, category = written.split("/")
        return cls(int(adcode), AgeBand(age_band), Activity(activity), Category(category))


@dataclass(frozen=True, slots=True)
class Card:
    """What a card's text says: whom to draw from, and the release that it was drawn from."""

    persona: Persona
    release_id: str
    day: date


def derive_key(secret: bytes) -> bytes:
    """Return the key of cards, 32 bytes, from the secret of the web process: no access token is ever a card."""
    return hmac.digest(secret, _PURPOSE, hashlib.sha256)


def write_card(card: Card, *, planner_id: UUID, key: bytes) -> str:
    """Return the text of a card, URL-safe, of at most 200 characters."""
    plain = "|".join((card.day.isoformat(), card.release_id, str(card.persona)))
    signed = _sign(plain.encode(), planner_id=planner_id, key=key) + plain.encode()
    return urlsafe_b64encode(signed).decode().rstrip("=")


def _sign(plain: bytes, *, planner_id: UUID, key: bytes) -> bytes:
    return hmac.digest(key, planner_id.bytes + plain, hashlib.sha256)[:_TAG_BYTES]


def read_card(token: str, *, planner_id: UUID, now: datetime, keys: Sequence[bytes]) -> Card:
    """Return what a card says to the planner whom it was shown to, on the day that it was shown.

    `keys` are those of `derive_key`, the previous secret's after the current one's. Raises CardUnknownError for a text
    that is no card of this planner and CardExpiredError for one of another day (Asia/Shanghai).
    """
    card = _parse(_open(token, planner_id=planner_id, keys=keys))
    if card.day != get_day(now):
        raise CardExpiredError
    return card


def _open(token: str, *, planner_id: UUID, keys: Sequence[bytes]) -> str:
    if len(token) > _LONGEST or not token.isascii():
        raise CardUnknownError
    try:
        signed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise CardUnknownError from None
    tag, plain = signed[:_TAG_BYTES], signed[_TAG_BYTES:]
    if not any(hmac.compare_digest(tag, _sign(plain, planner_id=planner_id, key=key)) for key in keys):
        raise CardUnknownError
    return plain.decode()


def _parse(plain: str) -> Card:
    try:
        day, release_id, persona = plain.split("|")
        return Card(Persona.parse(persona), release_id, date.fromisoformat(day))
    except ValueError:  # signed by an older version, whose lists were others
        raise CardUnknownError from None
