"""Tables about households, in the people database. `core` knows no name, phone or street; `vault` only ciphertext."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Float,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    Uuid,
    false,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class ConsentPurpose(StrEnum):
    """What a household may agree to. 同意信息推送服务 is push_info."""

    PUSH_INFO = "push_info"


class Core(DeclarativeBase):
    """Owner of the schema `core`: needs, activity, consent, by random household id."""

    metadata = MetaData(schema="core")


class Drop(Core):
    """One monthly drop and how far its intake has come. `progress` has, once all are in, the rows of each file."""

    __tablename__ = "drops"

    drop_id: Mapped[str] = mapped_column(Text, primary_key=True)
    manifest_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    month: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text)
    progress: Mapped[dict[str, int]] = mapped_column(JSONB)
    rejected: Mapped[int] = mapped_column(Integer, default=0)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Household(Core):
    """The privacy unit: all accounts, phones and devices at one dwelling.

    `city_from` is set when a household has moved to another city, took in a customer from another, or came back after
    its erasure: the first month whose release counts it there, so that no month counts anybody in two.
    `persona_category` is the one owned category in which it may be counted and invited this year, picked by keyed hash,
    `persona_age_band` how old its latest purchase there is (0-2, see slots.py); both are null for who owns nothing.
    """

    __tablename__ = "households"
    __table_args__ = (Index("households_leaf", "city_code", "leaf_id"),)

    household_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    city_code: Mapped[int] = mapped_column(Integer)
    city_from: Mapped[date | None] = mapped_column(Date)
    leaf_id: Mapped[int] = mapped_column(BigInteger)
    opened_on: Mapped[date | None] = mapped_column(Date)
    push_consent: Mapped[bool] = mapped_column(Boolean, default=False)
    activity_score: Mapped[int | None] = mapped_column(SmallInteger)
    activity_level: Mapped[int | None] = mapped_column(SmallInteger)
    channels: Mapped[int | None] = mapped_column(SmallInteger)
    persona_category: Mapped[int | None] = mapped_column(SmallInteger)
    persona_age_band: Mapped[int | None] = mapped_column(SmallInteger)


class Need(Core):
    """A household whose demand score in a category reaches the threshold. Kept narrow: 140 M households live here.

    `counted` says whether the contribution bound (2 needs a household, by keyed hash) lets this row into the bounded
    products; the unbounded city product counts every row.
    """

    __tablename__ = "needs"
    __table_args__ = (Index("needs_audience", "leaf_id", "category"),)

    household_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    category: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    city_code: Mapped[int] = mapped_column(Integer)
    leaf_id: Mapped[int] = mapped_column(BigInteger)
    counted: Mapped[bool] = mapped_column(Boolean)


class ConsentEntry(Core):
    """Append-only: who agreed to what, when, under which policy, and who took it back."""

    __tablename__ = "consents"
    __table_args__ = (Index("consents_household", "household_id", "purpose", "at"),)

    consent_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    household_id: Mapped[UUID] = mapped_column(Uuid)
    purpose: Mapped[str] = mapped_column(Text)
    granted: Mapped[bool] = mapped_column(Boolean)
    policy_version: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Contact(Core):
    """One slot of a household's frequency cap, reserved in the claim. Deleted only when surely nothing was sent."""

    __tablename__ = "contacts"
    __table_args__ = (Index("contacts_household", "household_id", "reserved_at"),)

    message_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    household_id: Mapped[UUID] = mapped_column(Uuid)
    initiator_id: Mapped[UUID] = mapped_column(Uuid)
    text_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    reserved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Purchase(Core):
    """One appliance bought."""

    __tablename__ = "purchases"
    __table_args__ = (Index("purchases_household", "household_id"),)

    purchase_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    household_id: Mapped[UUID] = mapped_column(Uuid)
    category: Mapped[int] = mapped_column(SmallInteger)
    model: Mapped[str] = mapped_column(Text)
    bought_on: Mapped[date] = mapped_column(Date)


class Ticket(Core):
    """One after-sales ticket; its free text is masked at intake, and `mined_tags` are the pains found in it."""

    __tablename__ = "tickets"
    __table_args__ = (Index("tickets_household", "household_id"),)

    ticket_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    household_id: Mapped[UUID] = mapped_column(Uuid)
    category: Mapped[int] = mapped_column(SmallInteger)
    fault_tag: Mapped[str] = mapped_column(Text)
    masked_text: Mapped[str] = mapped_column(Text)
    opened_on: Mapped[date] = mapped_column(Date)
    mined_tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")


class PainPoint(Core):
    """A fault that a household wrote a ticket about within the twelve months before its newest drop's month.

    Only faults of the public vocabulary stand here. `counted` says whether the contribution bound (3 a household, by
    keyed hash) lets this row into the release.
    """

    __tablename__ = "pain_points"

    household_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    category: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    tag: Mapped[str] = mapped_column(Text, primary_key=True)
    counted: Mapped[bool] = mapped_column(Boolean)


class Interest(Core):
    """One interest tag of a household with its weight, 0-1. `counted` as for pain points; unknown tags never do."""

    __tablename__ = "interests"

    household_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    tag: Mapped[str] = mapped_column(Text, primary_key=True)
    weight: Mapped[float] = mapped_column(Float)
    counted: Mapped[bool] = mapped_column(Boolean, server_default=false())


class Topic(Core):
    """One topic that a household discusses, where, and how it stands to it (-1, 0, 1).

    `counted` as for pain points, the same on every platform: a topic counts once.
    """

    __tablename__ = "topics"

    household_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    topic: Mapped[str] = mapped_column(Text, primary_key=True)
    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    stance: Mapped[int] = mapped_column(SmallInteger)
    counted: Mapped[bool] = mapped_column(Boolean, server_default=false())


class Vault(DeclarativeBase):
    """Owner of the schema `vault`: ciphertext and keyed hashes, nothing readable."""

    metadata = MetaData(schema="vault")


class Customer(Vault):
    """Maps the data platform's customer id, as keyed hash, to our random household id."""

    __tablename__ = "customers"

    customer_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    household_id: Mapped[UUID] = mapped_column(Uuid, index=True)


class DataKey(Vault):
    """A household's own data key, wrapped by a key-encryption key. A backup of the data leaves this table out."""

    __tablename__ = "data_keys"

    household_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    kek_version: Mapped[int] = mapped_column(Integer)


class Phone(Vault):
    """A household's phone: AES-256-GCM under the household's data key; blind indexes with their keys' versions.

    `seal_version` is part of the associated data, and says nothing about which key-encryption key is in use.
    """

    __tablename__ = "phones"

    household_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    seal_version: Mapped[int] = mapped_column(Integer)
    lookup_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    lookup_version: Mapped[int] = mapped_column(Integer, index=True)
    opt_out_hash: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    opt_out_version: Mapped[int] = mapped_column(Integer, index=True)


class OptOut(Vault):
    """A phone that must not be written to, as keyed hash under its own key. Survives erasure."""

    __tablename__ = "opt_outs"

    opt_out_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Erasure(Vault):
    """A phone whose owner was erased, as keyed hash: a later drop must not bring the person back unasked."""

    __tablename__ = "erasures"

    opt_out_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class RetiredKey(Vault):
    """A version of a key that is gone for ever: the database takes nothing in that stands under it."""

    __tablename__ = "retired_keys"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
