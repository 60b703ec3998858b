"""Segments equal smsutil's, and the final text is what is counted."""

from __future__ import annotations

from hashlib import sha256
from random import Random

import pytest
import smsutil
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.campaigns.segments import Encoding, count_segments, count_utf16_units
from messaging.campaigns.settings import MessagingRules
from messaging.campaigns.text import compose
from tests.messaging.campaigns.examples import HONEST, RULES

_TEXT = st.text(
    st.one_of(st.sampled_from("abc 123冰箱，。😀𠮷€[]{}\n\x1b£"), st.characters(exclude_categories=["Cs"])),
    max_size=320,
)
_GSM = st.text(st.sampled_from("abcXYZ 0129@£€[]{}~|^\\\n"), max_size=480)


_ALPHABETS = ("abcXYZ 0129@£€[]{}~|^\\\n", "abc 123冰箱，。😀𠮷€[]{}\n\x1b£", "冰箱以旧换新，。", "a", "😀𠮷")


@given(text=st.one_of(_TEXT, _GSM))
@settings(max_examples=200, deadline=None)
def test_segments_are_equal_to_smsutil(text: str) -> None:
    check_against_smsutil(text)


def test_segments_of_10000_random_texts_are_equal_to_smsutil() -> None:
    source = Random(20261127)
    for number in range(10_000):
        alphabet = _ALPHABETS[number % len(_ALPHABETS)]
        # Most of the lengths lie where one segment becomes two or three.
        length = source.choice((source.randrange(220), *range(65, 72), *range(130, 140), *range(151, 162)))
        check_against_smsutil("".join(source.choices(alphabet, k=length)))


def check_against_smsutil(text: str) -> None:
    """Compare segments, encoding and units."""
    split = smsutil.split(text)
    count = count_segments(text)
    expected = Encoding.GSM7 if split.encoding == "gsm0338" else Encoding.UCS2
    assert (count.segments, count.encoding) == (len(split.parts), expected)
    assert count.units == split.total_bytes // (1 if expected is Encoding.GSM7 else 2)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("好" * 70, 1),
        ("好" * 71, 2),
        ("好" * 134, 2),
        ("好" * 135, 3),
        ("好" * 66 + "😀" + "好" * 66, 3),
        ("a" * 161, 2),
    ],
)
def test_boundaries(text: str, segments: int) -> None:
    assert count_segments(text).segments == segments


def test_utf16_units_count_surrogates_twice() -> None:
    assert count_utf16_units("好😀a") == 4


def test_the_final_text_is_signature_body_suffix_and_its_hash() -> None:
    final = compose(f"  {HONEST} ", settings=RULES)
    assert final.text == f"【青禾】{HONEST}App内退订"
    assert final.sha256 == sha256(final.text.encode()).digest()
    assert (final.segments, final.units, final.encoding) == (1, len(final.text), Encoding.UCS2)


def test_the_longest_text_needs_two_segments_at_most() -> None:
    rules = MessagingRules(carrier_inbound=True, message_signature="青禾电器旗舰门店")
    assert compose("好" * rules.text_units_max, settings=rules).segments == 2


def test_half_a_surrogate_pair_does_not_break_the_preview() -> None:
    assert compose("\ud83d冰箱换新", settings=RULES).segments == 1


@pytest.mark.parametrize("carrier_inbound", [True, False])
def test_the_longest_text_stays_in_one_segment_with_either_way_to_opt_out(*, carrier_inbound: bool) -> None:
    rules = MessagingRules(carrier_inbound=carrier_inbound)
    assert compose("好" * rules.text_units_max, settings=rules).segments == 1
