"""What can go wrong with keys, phones and the vault. No error quotes a phone, a name or a key."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class KeyName(StrEnum):
    """The keys of the people side; each has one use only."""

    KEK = "kek"
    LOOKUP = "lookup"
    OPT_OUT = "opt_out"
    CUSTOMER = "customer"
    BOUNDS = "bounds"
    SIGNING = "signing"
    AUDIT = "audit"
    HANDLE = "handle"
    LINK = "link"


VERSIONED: Final = frozenset({KeyName.KEK, KeyName.LOOKUP, KeyName.OPT_OUT})
"""Keys that can be rotated. The others name what is stored for ever: a new one would lose it."""

FIRST_KEYS: Final = frozenset({KeyName.KEK, KeyName.LOOKUP, KeyName.OPT_OUT, KeyName.CUSTOMER, KeyName.BOUNDS})
"""Keys that every whole file of whatever version holds. A file that lacks one is a share, made for one process."""


class KeyStoreError(Exception):
    """Keys cannot be had, or not be changed as asked."""


class KeyMissingError(KeyStoreError):
    """The key store of this process does not hold the key, or not in this version."""

    def __init__(self, *, name: KeyName, version: int | None = None) -> None:
        """Keep which key was asked for."""
        super().__init__(f"key {name} {'' if version is None else version}".rstrip() + " is not in this key file")
        self.name = name
        self.version = version


class KeyFileError(KeyStoreError):
    """A key file cannot be used; `reason` is a fixed word: missing, exposed, syntax, length."""

    def __init__(self, *, reason: str) -> None:
        """Keep the reason; the path stays out, the caller knows it."""
        super().__init__(f"unusable key file: {reason}")
        self.reason = reason


class KeyShareError(KeyStoreError):
    """A file is a share and must not be, or the other way round; `reason` is a fixed word: share, whole, other."""

    _WORDS: Final = {
        "share": "this file is a share: add to the whole file, then make its shares again",
        "whole": "the target holds every key: it is not replaced by a share",
        "other": "the target holds a key that is not one of this file: it is not replaced",
    }

    def __init__(self, *, reason: str) -> None:
        """Keep the reason."""
        super().__init__(self._WORDS[reason])
        self.reason = reason


class KmsError(KeyStoreError):
    """The key management service gave no key; `reason` is a fixed word: unreachable, refused, malformed."""

    def __init__(self, *, reason: str) -> None:
        """Keep the reason; what was asked and what came back stay out."""
        super().__init__(f"key management service: {reason}")
        self.reason = reason


class KeyInUseError(KeyStoreError):
    """A version of a key cannot be retired; `where` says what still needs it, by count."""

    def __init__(self, *, name: KeyName, version: int, where: dict[str, int]) -> None:
        """Keep what still needs the version."""
        needed = ", ".join(f"{count:,} {what}" for what, count in where.items() if count)
        super().__init__(f"key {name} {version} is still needed: {needed}")
        self.name = name
        self.version = version
        self.where = where


class SealBrokenError(Exception):
    """A ciphertext does not belong to this household, column or key, or was altered."""


class HandleError(Exception):
    """A handle was not made for this viewer and epoch, or was altered."""


class PhoneError(ValueError):
    """A text is no phone number that a message can go to."""
