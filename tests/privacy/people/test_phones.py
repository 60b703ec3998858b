"""What is taken for a phone number. How one number may be set apart is tried where a drop is taken in."""

from __future__ import annotations

import pytest

from privacy.people.errors import PhoneError
from privacy.people.phones import parse_phone


@pytest.mark.parametrize(
    "typed", ["15400000001abc", "15400000001 x", "15400000001号", "+8615400000001 Wang", "1540000OOO1", "+1500555ABCD"]
)
def test_a_number_holds_no_letters(typed: str) -> None:
    with pytest.raises(PhoneError):
        parse_phone(typed)
