"""The pump's gauges: what an operator's table shows, the same moment, without a number of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from messaging.delivery import valve
from messaging.delivery.metrics import StatusCollector, serve_metrics
from messaging.delivery.models import MessageState, SkipReason
from stack.ports import _find_free_port

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.messaging.delivery.world import World


def _scrape(sessions: sessionmaker[Session], world: World) -> tuple[str, dict[tuple[str, ...], float]]:
    collector = StatusCollector(sessions, clock=world.clock)
    with serve_metrics(collector, address="127.0.0.1", port=_find_free_port()) as port:
        told = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
    samples = [sample for family in text_string_to_metric_families(told) for sample in family.samples]
    return told, {(sample.name, *sorted(sample.labels.values(), reverse=True)): sample.value for sample in samples}


def test_states_ages_valve_and_slots_are_told_and_nobody_is(world: World) -> None:
    campaign_id = world.add_run()
    people = [world.add_household() for _ in range(3)]
    for person in people[:2]:
        world.add_message(person, campaign_id=campaign_id)
    world.add_message(people[2], campaign_id=campaign_id, state=MessageState.SKIPPED, reason=SkipReason.CAP)
    with world.sender.begin() as session:
        valve.pause(session, reason=valve.PauseReason.OPERATOR, now=world.clock())
    told, figures = _scrape(world.sender, world)
    assert figures["fieldreach_people_up",] == 1
    assert figures["fieldreach_messages", "planned", ""] == 2
    assert figures["fieldreach_messages", "skipped", "cap"] == 1
    assert figures["fieldreach_campaigns", "running"] == 1
    assert figures["fieldreach_valve_paused", "operator"] == 1
    assert figures["fieldreach_messages_oldest_seconds", "planned", ""] >= 0
    assert not any(person.phone in told or str(person.household_id) in told for person in people)


def test_without_the_people_database_only_that_is_told(world: World) -> None:
    away = sessionmaker(create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    _, figures = _scrape(away, world)
    assert figures == {("fieldreach_people_up",): 0}
