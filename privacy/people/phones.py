"""Phone numbers as people write them, brought to E.164 so that equal numbers have equal hashes."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

from privacy.people.errors import PhoneError

REGION = "CN"
COUNTRY_CODE = "+86"
NATIONAL_DIGITS = 11
PLAIN_MOBILE = r"\+?(?:86|0086)?(1[0-9]{10})"
_MAINLAND_MOBILE = re.compile(PLAIN_MOBILE)
_SEPARATORS = str.maketrans("", "", " -\t()\u00a0")
_LONGEST = 40


def parse_phone(text: str, /) -> str:
    """Return a number in E.164, +8613... for the mainland. Raises PhoneError.

    A mainland number must have the shape of a mobile, 11 digits from 1 on; whether its range is assigned today does
    not matter, ranges are added faster than tables. A foreign number must be a valid one. A number holds no letters:
    the library would read them as digits, or drop them with what follows.
    """
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if len(text) > _LONGEST or any(character.isalpha() for character in folded):
        raise PhoneError
    quick = _MAINLAND_MOBILE.fullmatch(folded.translate(_SEPARATORS))
    return f"{COUNTRY_CODE}{quick[1]}" if quick else _parse_slowly(folded.strip())


def _parse_slowly(folded: str) -> str:
    try:
        number = phonenumbers.parse(folded, REGION)
    except phonenumbers.NumberParseException:
        raise PhoneError from None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    is_mainland = number.country_code == phonenumbers.country_code_for_region(REGION)
    is_usable = bool(_MAINLAND_MOBILE.fullmatch(e164)) if is_mainland else phonenumbers.is_valid_number(number)
    if number.extension or not is_usable:
        raise PhoneError
    return e164
