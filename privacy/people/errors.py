"""What can go wrong with keys, phones and the vault. No error quotes a phone, a name or a key."""

from __future__ import annotations

from enum import StrEnum


class KeyName(StrEnum):
    """The keys of the people side; each has one use only."""

    KEK = "kek"
    LOOKUP = "lookup"
    OPT_OUT = "opt_out"
    CUSTOMER = "customer"
    BOUNDS = "bounds"
    SIGNING = "signing"
    AUDIT = "audit"


class KeyMissingError(Exception):
    """The key store of this process does not hold the key; `version` only for key-encryption keys."""

    def __init__(self, *, name: KeyName, version: int | None = None) -> None:
        """Keep which key was asked for."""
        super().__init__(f"key {name} {'' if version is None else version}".rstrip() + " is not in this key file")
        self.name = name
        self.version = version


class KeyFileError(Exception):
    """A key file cannot be used; `reason` is a fixed word: missing, exposed, syntax, length."""

    def __init__(self, *, reason: str) -> None:
        """Keep the reason; the path stays out, the caller knows it."""
        super().__init__(f"unusable key file: {reason}")
        self.reason = reason


class SealBrokenError(Exception):
    """A ciphertext does not belong to this household, column or key, or was altered."""


class PhoneError(ValueError):
    """A text is no phone number that a message can go to."""
