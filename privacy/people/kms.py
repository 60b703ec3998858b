"""The port of a key management service: what wraps the keys of a key file, and what a file without one does instead."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Protocol

from privacy.people.errors import KeyFileError

if TYPE_CHECKING:
    from privacy.people.errors import KeyName


class Kms(Protocol):
    """Wraps keys under a root key that never leaves it. Called once a key when a process starts, never for a phone.

    `name` and `version` are bound to the wrapped text: one key does not unwrap as another.
    """

    def wrap(self, key: bytes, *, name: KeyName, version: int) -> str:
        """Return a key of 32 bytes as text that only this service can read back. Raises KmsError."""
        ...

    def unwrap(self, text: str, *, name: KeyName, version: int) -> bytes:
        """Return the key. Raises KmsError, or KeyFileError where the text is no key of this kind."""
        ...


class PlainKeys:
    """No service at all: base64, for development and for whoever guards the file by other means."""

    def wrap(self, key: bytes, *, name: KeyName, version: int) -> str:
        """Return the key as base64."""
        del name, version
        return base64.b64encode(key).decode()

    def unwrap(self, text: str, *, name: KeyName, version: int) -> bytes:
        """Return the key. Raises KeyFileError for anything but base64."""
        del name, version
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            raise KeyFileError(reason="syntax") from None
