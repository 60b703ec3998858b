"""What can be wrong with a request, as typed attributes. problems.py gives each its status and its words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong with one argument."""

    UNKNOWN = "unknown"
    REQUIRED = "required"
    NULL = "null"
    TYPE = "type"
    RANGE = "range"
    CHOICE = "choice"
    FORMAT = "format"
    LENGTH = "length"
    REPEATED = "repeated"
    INVALID = "invalid"
    AREA_MISSING = "area_missing"
    AREA_BOTH = "area_both"
    NO_SUCH_PLACE = "no_such_place"
    TWO_CITIES = "two_cities"


@dataclass(frozen=True, slots=True)
class ArgumentFault:
    """One wrong argument: a JSON pointer to it, or its name in the query or header after a slash."""

    pointer: str
    fault: Fault


class RequestError(Exception):
    """A request that cannot be answered as asked."""


class InvalidArgumentsError(RequestError):
    """Arguments that the declared schema does not allow."""

    def __init__(self, *faults: ArgumentFault) -> None:
        """Keep what is said about it."""
        super().__init__("invalid arguments")
        self.faults = faults


class UnauthenticatedError(RequestError):
    """No access token, or one that is broken, expired or revoked."""


class LoginRefusedError(RequestError):
    """Unknown login, wrong password, or an account that is locked or inactive: the caller is not told which."""


class RefreshRefusedError(RequestError):
    """A refresh token that is unknown, expired, revoked or was used before."""


class RoleRefusedError(RequestError):
    """A signed-in caller whose role the route does not name."""


class OutsideTerritoryError(RequestError):
    """Places outside the districts that the caller answers for."""

    def __init__(self, *pointers: str) -> None:
        """Keep what is said about it."""
        super().__init__("outside territory")
        self.pointers = pointers


class TooManyLoginsError(RequestError):
    """More log-ins from one address than allowed in a minute."""

    def __init__(self, *, retry_after_s: int) -> None:
        """Keep what is said about it."""
        super().__init__("too many log-ins")
        self.retry_after_s = retry_after_s
