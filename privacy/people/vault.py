"""Sealed phones: envelope encryption for reading one back, keyed hashes for comparing without reading.

Each household has a data key of its own, wrapped by a key-encryption key, so that deleting one wrapped key erases one
phone, and so that a new key-encryption key touches no ciphertext. Associated data binds each ciphertext to its table,
column, household and key version: one copied to another row does not open.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from privacy.people.errors import KeyName, SealBrokenError

if TYPE_CHECKING:
    from privacy.audit.recording import PhoneRead
    from privacy.people.keys import KeyStore

_NONCE_BYTES = 12
_KEY_BYTES = 32
_ID_BYTES = 16
_WRAPPED_KEY = b"vault.phones\0wrapped_key\0"
_CIPHERTEXT = b"vault.phones\0ciphertext\0"


class RandomBytes(Protocol):
    """Gives bytes that nobody can foresee."""

    def __call__(self, size: int, /) -> bytes:
        """Return `size` bytes."""
        ...


@dataclass(frozen=True, slots=True)
class SealedPhone:
    """What vault.phones keeps of a phone; both ciphertexts start with their nonce of 12 bytes."""

    wrapped_key: bytes
    ciphertext: bytes
    key_version: int
    lookup_hash: bytes
    opt_out_hash: bytes


class Vault:
    """Seals, opens and compares phones with the keys of one store; phones come and go as E.164 text."""

    def __init__(self, keys: KeyStore, *, random: RandomBytes = os.urandom) -> None:
        """Take a key store; a key is asked for only when it is needed."""
        self._keys = keys
        self._random = random
        self._wrappers: dict[int, AESGCM] = {}
        self._macs: dict[KeyName, HMAC] = {}

    def seal(self, household_id: UUID, phone: str) -> SealedPhone:
        """Encrypt a phone for one household under a fresh data key and the newest key-encryption key."""
        version = self._keys.kek_version
        data_key, noise = self._random(_KEY_BYTES), self._random(2 * _NONCE_BYTES)
        tail = household_id.bytes + version.to_bytes(4, "big")
        nonce, other = noise[:_NONCE_BYTES], noise[_NONCE_BYTES:]
        wrapped = self._get_wrapper(version).encrypt(nonce, data_key, _WRAPPED_KEY + tail)
        sealed = AESGCM(data_key).encrypt(other, phone.encode(), _CIPHERTEXT + tail)
        return SealedPhone(nonce + wrapped, other + sealed, version, self.lookup_hash(phone), self.opt_out_hash(phone))

    def open(
        self, household_id: UUID, *, wrapped_key: bytes, ciphertext: bytes, key_version: int, read: PhoneRead
    ) -> str:
        """Return the phone of one household; `read` notes it first. Raises SealBrokenError, KeyMissingError."""
        read.note(household_id)
        wrapper = self._get_wrapper(key_version)
        tail = household_id.bytes + key_version.to_bytes(4, "big")
        try:
            data_key = _decrypt(wrapper, wrapped_key, associated=_WRAPPED_KEY + tail)
            return _decrypt(AESGCM(data_key), ciphertext, associated=_CIPHERTEXT + tail).decode()
        except (InvalidTag, ValueError):
            raise SealBrokenError from None

    def lookup_hash(self, phone: str) -> bytes:
        """Return the blind index of a phone, 32 bytes: equal phones, equal hashes, only with the key."""
        return self._hash(KeyName.LOOKUP, phone.encode())

    def opt_out_hash(self, phone: str) -> bytes:
        """Return the hash that outlives erasure, under a key of its own, 32 bytes."""
        return self._hash(KeyName.OPT_OUT, phone.encode())

    def customer_hash(self, customer_id: str) -> bytes:
        """Return the hash of the data platform's customer id, 32 bytes."""
        return self._hash(KeyName.CUSTOMER, customer_id.encode())

    def bounds_hash(self, household_id: UUID, *, year: int, item: str) -> bytes:
        """Return the hash by which a household's few counted items are chosen, the same all year, 32 bytes."""
        return self._hash(KeyName.BOUNDS, year.to_bytes(2, "big") + household_id.bytes + item.encode())

    def make_household_ids(self, count: int) -> list[UUID]:
        """Return new random household ids."""
        noise = self._random(_ID_BYTES * count)
        return [UUID(bytes=noise[at : at + _ID_BYTES], version=4) for at in range(0, len(noise), _ID_BYTES)]

    def _hash(self, name: KeyName, message: bytes) -> bytes:
        if name not in self._macs:
            self._macs[name] = HMAC(self._keys.get_key(name), SHA256())
        mac = self._macs[name].copy()
        mac.update(message)
        return mac.finalize()

    def _get_wrapper(self, version: int) -> AESGCM:
        if version not in self._wrappers:
            self._wrappers[version] = AESGCM(self._keys.get_kek(version=version))
        return self._wrappers[version]


def _decrypt(cipher: AESGCM, sealed: bytes, *, associated: bytes) -> bytes:
    return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], associated)
