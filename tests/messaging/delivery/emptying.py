"""What tests of delivery leave in both databases, in an order in which it can be deleted."""

from __future__ import annotations

from messaging.campaigns.models import (
    ActorUsage,
    Broadcast,
    IdempotencyKey,
    OrganisationUsage,
    Review,
    RuleVersion,
)
from messaging.campaigns.pump_report import StoredReport
from messaging.campaigns.talk_models import Answer, Conversation, ConversationMark, Invitation, PlannerMessage
from messaging.delivery.models import HeldOut, Message, PastMessage, Receipt, Reply, Run
from messaging.delivery.talk_models import BoundInvitation, Line, Tombstone
from privacy.people.models import ConsentEntry, Contact, DataKey, Erasure, Household, Need, OptOut, Phone, RetiredKey
from privacy.release.models import DistrictFigures, LeafFigures, Release

TABLES = (
    Tombstone, Line, BoundInvitation, Receipt, Reply, HeldOut, PastMessage, Message, Run, Contact, ConsentEntry, Need,
    Phone, DataKey, OptOut, Erasure, RetiredKey, Household,
)  # fmt: skip
PUBLISHED = (
    PlannerMessage, Answer, Conversation, ConversationMark, Invitation, ActorUsage, OrganisationUsage, IdempotencyKey,
    Broadcast, Review, RuleVersion, StoredReport, LeafFigures, DistrictFigures, Release,
)  # fmt: skip
