"""Handles of conversations: a household as one planner sees it, for as long as one conversation lasts.

AES-SIV (RFC 5297) of the household id, with the viewer and the epoch of seven days as associated data. The same
household has another handle for another planner and in another epoch, so that two of them can be told to be one by
nobody without the key; a handle in other hands, or altered, fails authentication. The key lives on the people side.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from privacy.people.errors import HandleError, KeyName

if TYPE_CHECKING:
    from privacy.people.keys import KeyStore

EPOCH: Final = timedelta(days=7)
_LENGTH: Final = 43
_PURPOSE: Final = b"fieldreach conversation"


def get_epoch(at: datetime) -> int:
    """Return the number of the epoch that a time falls in; epochs begin on Thursdays, 00:00 UTC."""
    return int(at.timestamp() // EPOCH.total_seconds())


class Handles:
    """Seals and opens handles with the key of one store."""

    def __init__(self, keys: KeyStore) -> None:
        """Take a key store. Raises KeyMissingError."""
        self._cipher = AESSIV(keys.get_key(KeyName.HANDLE))

    def seal(self, household_id: UUID, *, viewer_id: UUID, epoch: int) -> str:
        """Return the handle of a household, 43 characters, URL-safe."""
        sealed = self._cipher.encrypt(household_id.bytes, _bind(viewer_id, epoch))
        return urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, handle: str, *, viewer_id: UUID, epoch: int) -> UUID:
        """Return the household of a handle. Raises HandleError."""
        if len(handle) != _LENGTH or not handle.isascii():
            raise HandleError
        try:
            sealed = urlsafe_b64decode(handle + "=")
            plain = self._cipher.decrypt(sealed, _bind(viewer_id, epoch))
            return UUID(bytes=plain)
        except (InvalidTag, binascii.Error, ValueError):
            raise HandleError from None


def _bind(viewer_id: UUID, epoch: int) -> list[bytes]:
    return [_PURPOSE, viewer_id.bytes, epoch.to_bytes(8, "big")]
