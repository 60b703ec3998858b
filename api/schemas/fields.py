"""Fields that read strictly: what Python would accept as a number is not always one."""

# ruff: noqa: ANN401 - the signatures are marshmallow's

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from marshmallow import ValidationError, fields, validate

from api.errors import Fault

_DECIMAL = re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,17})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


class QueryNumber(fields.Float):
    """A decimal number in a query: no exponent, no underscore, no foreign digits."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        if not _DECIMAL.fullmatch(str(value)):
            raise ValidationError(Fault.TYPE)
        return float(value)


class QueryWhole(fields.Integer):
    """A whole number of at most nine digits in a query."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if not _WHOLE.fullmatch(str(value)):
            raise ValidationError(Fault.TYPE)
        return int(value)


class BodyWhole(fields.Integer):
    """A whole number in a JSON body: neither true nor "50" nor 50.0."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if type(value) is not int:
            raise ValidationError(Fault.TYPE)
        return value


def choice(kind: type[Enum], **options: Any) -> fields.Enum[Any]:
    """Return a field for one of the values of an enumeration, written as a string."""
    return fields.Enum(kind, by_value=fields.String, error_messages={"unknown": Fault.CHOICE}, **options)


def in_range(low: float, high: float) -> validate.Range:
    """Return the rule that a number lies between two, both allowed."""
    return validate.Range(min=low, max=high, error=Fault.RANGE)


def in_length(low: int, high: int) -> validate.Length:
    """Return the rule that a text or list has a length between two, both allowed."""
    return validate.Length(min=low, max=high, error=Fault.LENGTH)


def like(pattern: str) -> validate.Regexp:
    """Return the rule that a text matches a pattern as a whole."""
    return validate.Regexp(rf"^{pattern}\Z", flags=re.ASCII, error=Fault.FORMAT)


def one_of(*choices: Any) -> validate.OneOf:
    """Return the rule that a value is one of these."""
    return validate.OneOf(choices, error=Fault.CHOICE)
