"""The distinguisher finds an oracle that is there, and none where nothing differs."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import requests

from tests.attacks.channel import Watch, _hide_due_state
from tests.attacks.channel_attack import judge_channel
from tests.attacks.distinguisher import Observation, distinguish_by_text, distinguish_by_times
from tests.attacks.households import Standing
from tests.attacks.values import Verdict

COUNT = 240


def _observe(*, text_tells: bool = False, lag_s: float = 0.0) -> list[Observation]:
    rng = np.random.default_rng(3)
    return [
        Observation(
            b"one page" if present and text_tells else b"the same page",
            (float(rng.exponential(0.02)), float(rng.exponential(0.02)) + lag_s * present),
            bool(present),
        )
        for present in rng.random(COUNT) < 0.5
    ]


def _judge(observations: list[Observation], *, lanes: int = 1) -> list[Verdict]:
    seen = [
        (Standing.ELIGIBLE if each.is_present else Standing.CAPPED, each, int(each.is_present)) for each in observations
    ]
    return [row.verdict for row in judge_channel(seen, lanes=lanes)]


def test_where_nothing_differs_nothing_is_found() -> None:
    assert set(_judge(_observe())) == {Verdict.MET}


def test_a_difference_in_the_bytes_is_found() -> None:
    observations = _observe(text_tells=True)
    assert distinguish_by_text(observations).value == 1
    assert _judge(observations)[1:3] == [Verdict.MISSED, Verdict.MISSED]


def test_a_delay_of_thirty_milliseconds_is_found() -> None:
    observations = _observe(lag_s=0.03)
    assert distinguish_by_times(observations).value > 0.7
    assert _judge(observations)[3] is Verdict.MISSED


def test_a_phone_that_does_not_show_its_world_spoils_the_attack() -> None:
    seen = [(Standing.ELIGIBLE, each, 0) for each in _observe() if each.is_present]
    assert judge_channel(seen, lanes=1)[0].verdict is Verdict.MISSED


def _answer(state: str, *, done_at: datetime) -> bytes:
    return f'{{"state":"{state}","done_at":"{done_at.isoformat()}"}}'.encode()


def test_a_state_is_hidden_only_where_it_is_what_the_clock_says() -> None:
    slot = datetime(2026, 11, 18, 7, 0, tzinfo=UTC)
    before, after = slot.timestamp() - 5, slot.timestamp() + 5
    hidden = b"as the clock says"
    assert hidden in _hide_due_state(_answer("accepted", done_at=slot), sent_at=before, read_at=before)
    assert hidden in _hide_due_state(_answer("done", done_at=slot), sent_at=after, read_at=after)
    assert hidden not in _hide_due_state(_answer("done", done_at=slot), sent_at=before, read_at=before)
    assert hidden not in _hide_due_state(_answer("accepted", done_at=slot), sent_at=after, read_at=after)


def test_ids_and_times_are_put_aside_and_counts_are_not() -> None:
    def note(body: str) -> bytes:
        response = requests.Response()
        response.status_code, response._content = 200, body.encode()
        response.headers["X-Request-Id"] = body
        watch = Watch({})
        watch.note(lambda: response)
        return watch.pages[0]

    one = '{"id":"796c3edc-ec94-4ddd-a175-20f4bec6760a","at":"2026-11-18T07:00:00.5+00:00","sent":49}'
    other = '{"id":"00000000-ec94-4ddd-a175-20f4bec6760a","at":"2026-11-18T07:00:01+00:00","sent":49}'
    assert note(one) == note(other)
    assert note(one) != note(other.replace("49", "50"))
