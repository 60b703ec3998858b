"""What can go wrong in delivery, without a phone number or a text in any of it."""

from __future__ import annotations


class CarrierUnavailableError(Exception):
    """The carrier gave no usable answer to a question; `reason` is a type name or a status, never its text."""

    def __init__(self, *, reason: str) -> None:
        """Keep the reason."""
        super().__init__(f"the carrier gave no answer: {reason}")
        self.reason = reason


class ImpossibleArrowError(Exception):
    """A change of state that the outbox does not know was asked for: a fault in our own code."""

    def __init__(self, *, source: str, target: str) -> None:
        """Keep both ends."""
        super().__init__(f"no arrow leads from {source} to {target}")
        self.source = source
        self.target = target


class ForgedRequestError(Exception):
    """A request to the gateway is not what the carrier would send; `reason` is a fixed word."""

    def __init__(self, *, reason: str) -> None:
        """Keep the reason."""
        super().__init__(f"not from the carrier: {reason}")
        self.reason = reason


class HouseholdBusyError(Exception):
    """A message to this household is in a worker's hands right now; it cannot be erased before that ends."""


class ValveOpenError(Exception):
    """What may only be done while nothing leaves was asked for while messages may leave."""
