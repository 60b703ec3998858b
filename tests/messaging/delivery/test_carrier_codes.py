"""Codes and names as the carrier writes them, and what only looks like them."""

from __future__ import annotations

import pytest

from messaging.delivery.carrier_codes import is_sid, read_code
from tests.messaging.delivery.fakes import make_sid


@pytest.mark.parametrize(("value", "code"), [("30003", 30003), (30003, 30003), ("0", 0), ("000001", 1)])
def test_a_code_is_a_number_or_ascii_digits(value: object, code: int) -> None:
    assert read_code(value) == code


@pytest.mark.parametrize(
    "value", ["²", "٣٠", "９", "1" * 5000, 10**9, -1, 1.0, True, None, "", "1\n", "+1", "1_0", b"1"]
)
def test_anything_else_is_no_code(value: object) -> None:
    assert read_code(value) is None


def test_a_sid_is_a_kind_and_32_hexadecimal_digits() -> None:
    assert is_sid(make_sid(1))
    assert not any(is_sid(value) for value in (make_sid(1) + "\n", make_sid(1)[:-1], "CA" + "1" * 32, None, 1))
