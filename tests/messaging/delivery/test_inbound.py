"""What phones wrote while nobody was in: read from the carrier's list, from where the last reading ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from messaging.delivery.errors import CarrierUnavailableError
from messaging.delivery.inbound import listen
from messaging.delivery.models import InboundCursor
from messaging.delivery.ports import InboundSms
from privacy.people.consent import is_opted_out
from tests.messaging.delivery.fakes import RecordingSmsSender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import World

OVERLAP = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _no_cursor(world: World) -> Iterator[None]:
    """Forget how far an earlier test read."""
    yield
    with world.admin.begin() as session:
        session.execute(delete(InboundCursor))


def read_cursor(world: World) -> datetime | None:
    with world.admin() as session:
        row = session.get(InboundCursor, 1)
        return row.listed_until if row else None


def hear(world: World, sender: RecordingSmsSender) -> int:
    return listen(world.make_inquiry(sender), overlap=OVERLAP)


def test_a_refusal_in_the_list_opts_out_and_again_changes_nothing(world: World) -> None:
    refusing, asking = world.add_household(), world.add_household()
    sender = RecordingSmsSender(
        heard=[
            InboundSms(asking.phone, "多少钱"),
            InboundSms(refusing.phone.removeprefix("+86"), "退订"),
            InboundSms(refusing.phone, "退訂！"),
            InboundSms("95533", "R"),
            InboundSms("", "R"),
        ]
    )
    assert [hear(world, sender) for _ in range(2)] == [1, 0]
    with world.admin() as session:
        said_no = [
            is_opted_out(session, opt_out_hashes=[world.vault.opt_out_hash(person.phone)])
            for person in (refusing, asking)
        ]
    assert said_no == [True, False]
    assert world.count_opt_outs() == 1


def test_the_first_reading_looks_back_a_month_and_the_next_ones_an_overlap(world: World, clock: FakeClock) -> None:
    began = clock()
    hear(world, first := RecordingSmsSender())
    assert first.listings[0][0] == began - timedelta(days=30) - OVERLAP
    clock.advance(minutes=1)
    hear(world, second := RecordingSmsSender())
    assert second.listings == [(began - OVERLAP, None)]
    assert read_cursor(world) == began + timedelta(minutes=1)


def test_a_long_outage_is_read_day_by_day_without_a_gap(world: World, clock: FakeClock) -> None:
    hear(world, RecordingSmsSender())
    began = clock()
    clock.advance(days=3, hours=5)
    hear(world, sender := RecordingSmsSender())
    midnights = [datetime(2026, 11, day, tzinfo=UTC) for day in (19, 20, 21)]
    assert sender.listings == list(zip([began - OVERLAP, *midnights], [*midnights, None], strict=True))


def test_a_carrier_that_fails_midway_costs_no_day_and_no_refusal(world: World, clock: FakeClock) -> None:
    hear(world, RecordingSmsSender())
    clock.advance(days=2)
    person = world.add_household()

    class FailsOnTheThird(RecordingSmsSender):
        def find_inbound(self, *, since: datetime, before: datetime | None) -> list[InboundSms]:
            if len(self.listings) == 2:
                raise CarrierUnavailableError(reason="500")
            return super().find_inbound(since=since, before=before)

    with pytest.raises(CarrierUnavailableError):
        hear(world, FailsOnTheThird(heard=[InboundSms(person.phone, "R")]))
    assert (world.count_opt_outs(), read_cursor(world)) == (1, datetime(2026, 11, 20, tzinfo=UTC))
    hear(world, after := RecordingSmsSender())
    assert after.listings[0][0] == datetime(2026, 11, 20, tzinfo=UTC) - OVERLAP


def test_a_cursor_from_the_future_hides_nothing(world: World, clock: FakeClock) -> None:
    clock.advance(days=400)
    hear(world, RecordingSmsSender())
    clock.advance(days=-400)
    hear(world, sender := RecordingSmsSender())
    assert (sender.listings, read_cursor(world)) == ([(clock() - OVERLAP, None)], clock())


def test_a_reading_that_is_to_end_starts_no_other_day(world: World) -> None:
    sender = RecordingSmsSender()
    listen(world.make_inquiry(sender), overlap=OVERLAP, is_over=lambda: len(sender.listings) == 2)
    assert len(sender.listings) == 2
    assert read_cursor(world) == sender.listings[1][1]


def test_neither_number_nor_text_shows() -> None:
    assert repr(InboundSms("+8619900000001", "退订")) == "InboundSms(...)"
