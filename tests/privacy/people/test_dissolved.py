"""A household that its last customer leaves: what was sent goes along, and no row keeps the id of what is gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from privacy.people.holdings import TABLES
from tests.privacy.people.drops import Columns, make_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.privacy.people.conftest import Intake

A, B = 3, 150
CAMPAIGN, OTHER_CAMPAIGN = UUID(int=1), UUID(int=2)


_PAST = """
SET LOCAL ROLE field_owner;
CREATE TABLE IF NOT EXISTS delivery.past_messages_2026_05 PARTITION OF delivery.past_messages
    FOR VALUES FROM ('2026-05-01 00:00+00') TO ('2026-06-01 00:00+00');
INSERT INTO delivery.past_messages
SELECT id, :id, :home, '', :id, state, NULL, 1, 0, NULL, accepted_at, '2026-05-09', NULL, '[]'
FROM (VALUES
    (CAST(:id AS uuid), 'delivered', CAST('2026-05-08' AS timestamptz)), (CAST(:other AS uuid), 'skipped', NULL)
) AS past (id, state, accepted_at)
"""


def _take(intake: Intake, tables: dict[str, Columns], *, day: int, month: int = 12) -> None:
    intake.clock.now = datetime(2026, month, day, 4, 0, tzinfo=UTC)
    name = f"{month}-{day}"
    intake(intake.writer(name, drop_id=name, month=f"2026-{month}").write(tables))


@pytest.fixture
def sent(intake: Intake) -> Iterator[dict[str, Columns]]:
    """Take in November; A had a message of one campaign, has one of another planned, and is held out of that, too."""
    tables = make_tables()
    _take(intake, tables, day=18, month=11)
    with intake.people_engine.begin() as connection:
        for campaign_id in (CAMPAIGN, OTHER_CAMPAIGN):
            run = (
                "INSERT INTO delivery.runs (campaign_id, initiator_id, city_code, category, leaf_ids, quota,"
                " final_text, text_sha256, state, expanded, starts_at, expires_at)"
                " VALUES (:id, :id, 370200, 0, '{7}', 50, 'x', '', 'running', 0, now(), now())"
            )
            connection.execute(text(run), {"id": campaign_id})
        its = {"home": intake.get_household(f"K{A:05}"), "other": OTHER_CAMPAIGN, "id": CAMPAIGN}
        message = (
            "INSERT INTO delivery.messages (message_id, campaign_id, household_id, lookup_hash, token, state, attempt,"
            " not_before, absences, resends, accepted_at, changed_at)"
            " VALUES ({0}, {0}, :home, '', {0}, '{1}', 1, now(), 0, 0, {2}, now())"
        )
        connection.execute(text(message.format(":id", "delivered", "now()")), its)
        connection.execute(text(message.format(":other", "planned", "NULL")), its)
        for statement in (
            "INSERT INTO core.contacts VALUES (:id, :home, :id, '', now())",
            "INSERT INTO delivery.replies VALUES (:id, now()), (:other, now())",
            "INSERT INTO delivery.held_out VALUES (:other, :home, now())",
            *_PAST.split(";"),
        ):
            connection.execute(text(statement), its)
    yield tables
    with intake.people_engine.begin() as connection:
        for name in ("held_out", "replies", "messages", "past_messages", "runs"):
            connection.execute(text(f"DELETE FROM delivery.{name}"))  # noqa: S608 - our own tables


def _find_orphans(intake: Intake) -> dict[str, int]:
    found = {}
    for schema, name in intake.ask(TABLES.text):
        query = (
            f"SELECT count(*) FROM {schema}.{name} AS t"  # noqa: S608 - our own tables
            " WHERE NOT EXISTS (SELECT FROM core.households AS h WHERE h.household_id = t.household_id)"
        )
        found[f"{schema}.{name}"] = intake.ask(query)[0][0]
    assert len(found) > 10
    return {name: count for name, count in found.items() if count}


def _count_contacts(intake: Intake, customer: int) -> int:
    query = "SELECT count(*) FROM core.contacts WHERE household_id = :id"
    return int(intake.ask(query, id=intake.get_household(f"K{customer:05}"))[0][0])


def test_what_was_sent_goes_along_and_nothing_else_is_left(intake: Intake, sent: dict[str, Columns]) -> None:
    sent["households"]["phone"][A] = sent["households"]["phone"][B]
    _take(intake, sent, day=1)
    home = intake.get_household(f"K{B:05}")
    assert intake.ask("SELECT message_id, household_id FROM delivery.messages") == [(CAMPAIGN, home)]
    assert intake.ask("SELECT message_id, household_id FROM delivery.past_messages") == [(CAMPAIGN, home)]
    assert intake.ask("SELECT message_id FROM delivery.replies") == [(CAMPAIGN,)]
    assert _count_contacts(intake, A) == 1
    assert _find_orphans(intake) == {}


def test_there_and_back_again_frees_nobody_of_the_cap(intake: Intake, sent: dict[str, Columns]) -> None:
    phones = sent["households"]["phone"]
    own, phones[A] = phones[A], phones[B]
    _take(intake, sent, day=1)
    phones[A] = own
    _take(intake, sent, day=2)
    assert intake.get_household(f"K{A:05}") != intake.get_household(f"K{B:05}")
    assert (_count_contacts(intake, A), _count_contacts(intake, B)) == (1, 1)
    assert _find_orphans(intake) == {}


def test_of_two_messages_of_one_campaign_one_is_kept(intake: Intake, sent: dict[str, Columns]) -> None:
    with intake.people_engine.begin() as connection:
        twin = (
            "INSERT INTO delivery.messages (message_id, campaign_id, household_id, lookup_hash, token, state, attempt,"
            " not_before, absences, resends, accepted_at, changed_at)"
            " VALUES (:id, :campaign, :home, 'b', :id, 'delivered', 1, now(), 0, 0, now(), now())"
        )
        home = intake.get_household(f"K{B:05}")
        connection.execute(text(twin), {"id": uuid4(), "campaign": CAMPAIGN, "home": home})
    sent["households"]["phone"][A] = sent["households"]["phone"][B]
    _take(intake, sent, day=1)
    assert intake.ask("SELECT campaign_id, household_id FROM delivery.messages") == [(CAMPAIGN, home)]
    assert _find_orphans(intake) == {}


def test_a_household_whose_number_another_has_leaves_no_row(intake: Intake, sent: dict[str, Columns]) -> None:
    for columns in sent.values():
        if "customer_id" in columns:
            columns["customer_id"] = ["NEW" if name == f"K{A:05}" else name for name in columns["customer_id"]]
    _take(intake, sent, day=1)
    assert intake.ask("SELECT count(*) FROM delivery.messages") == [(0,)]
    assert _find_orphans(intake) == {}
