"""Sealed phones: envelope encryption for reading one back, keyed hashes for comparing without reading.

Each household has a data key of its own, wrapped by a key-encryption key and kept in a table of its own, so that
deleting one wrapped key erases one phone, backups can be made without keys, and a new key-encryption key touches no
ciphertext. Associated data binds each ciphertext to its column and household, and to how it was sealed: one copied to
another row does not open.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, Protocol
from uuid import UUID

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from privacy.people.errors import KeyName, SealBrokenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from privacy.audit.recording import BatchRead, PhoneRead
    from privacy.people.keys import KeyStore

_NONCE_BYTES = 12
_KEY_BYTES = 32
_ID_BYTES = 16
_TOKEN_BYTES = 16
# What stands in these labels is in every ciphertext: the wrapped keys have moved to a table of their own since.
_WRAPPED_KEY = b"vault.phones\0wrapped_key\0"
_CIPHERTEXT = b"vault.phones\0ciphertext\0"
_SEAL_VERSION = 1


class RandomBytes(Protocol):
    """Gives bytes that nobody can foresee."""

    def __call__(self, size: int, /) -> bytes:
        """Return `size` bytes."""
        ...


class WrappedKey(NamedTuple):
    """What vault.data_keys keeps of a household: its data key, nonce first, under one key-encryption key."""

    wrapped_key: bytes
    kek_version: int


class PhoneHashes(NamedTuple):
    """A phone's two blind indexes, 32 bytes each, and the versions of their keys."""

    lookup_hash: bytes
    lookup_version: int
    opt_out_hash: bytes
    opt_out_version: int


class SealedPhones(NamedTuple):
    """What the vault keeps of n phones, as columns; all under the newest keys."""

    ciphertexts: list[bytes]
    seal_version: int
    wrapped_keys: list[bytes]
    kek_version: int
    opt_out_hashes: list[bytes]
    opt_out_version: int


class SealedPhone(NamedTuple):
    """What the vault keeps of a phone; `ciphertext` starts with its nonce of 12 bytes."""

    ciphertext: bytes
    seal_version: int
    key: WrappedKey
    hashes: PhoneHashes


class Vault:
    """Seals, opens and compares phones with the keys of one store; phones come and go as E.164 text."""

    def __init__(self, keys: KeyStore, *, random: RandomBytes = os.urandom) -> None:
        """Take a key store; a key is asked for only when it is needed."""
        self._keys = keys
        self._random = random
        self._versions: dict[KeyName, tuple[int, ...]] = {}
        self._wrappers: dict[int, AESGCM] = {}
        self._macs: dict[tuple[KeyName, int], HMAC] = {}

    def seal(self, household_id: UUID, phone: str) -> SealedPhone:
        """Encrypt the phone of one household: what `seal_many` does for many."""
        sealed = self.seal_many([household_id.bytes], [phone])
        key = WrappedKey(sealed.wrapped_keys[0], sealed.kek_version)
        return SealedPhone(sealed.ciphertexts[0], sealed.seal_version, key, self.hash_phone(phone))

    def seal_many(self, household_ids: Sequence[bytes], phones: Sequence[str]) -> SealedPhones:
        """Encrypt the phones of n households, by the 16 bytes of their ids.

        Each under a fresh data key, which is wrapped by the newest key-encryption key.
        """
        kek_version = self.find_versions(KeyName.KEK)[0]
        wrap, tail = self._get_wrapper(kek_version).encrypt, kek_version.to_bytes(4, "big")
        own_tail = _SEAL_VERSION.to_bytes(4, "big")
        size = _KEY_BYTES + 2 * _NONCE_BYTES
        noise = self._random(size * len(phones))
        ciphertexts, wrapped_keys = [], []
        for at, household_id, phone in zip(range(0, len(noise), size), household_ids, phones, strict=True):
            data_key = noise[at : at + _KEY_BYTES]
            nonce = noise[at + _KEY_BYTES : at + size - _NONCE_BYTES]
            other = noise[at + size - _NONCE_BYTES : at + size]
            sealed = AESGCM(data_key).encrypt(nonce, phone.encode(), _CIPHERTEXT + household_id + own_tail)
            ciphertexts.append(nonce + sealed)
            wrapped_keys.append(other + wrap(other, data_key, _WRAPPED_KEY + household_id + tail))
        opt_out_version = self.find_versions(KeyName.OPT_OUT)[0]
        opt_out_hashes = self._hash_many(KeyName.OPT_OUT, map(str.encode, phones), version=opt_out_version)
        return SealedPhones(ciphertexts, _SEAL_VERSION, wrapped_keys, kek_version, opt_out_hashes, opt_out_version)

    def open(
        self, household_id: UUID, *, key: WrappedKey, ciphertext: bytes, seal_version: int, read: PhoneRead | BatchRead
    ) -> str:
        """Return the phone of one household; `read` notes it first. Raises SealBrokenError, KeyMissingError."""
        read.note(household_id)
        data_key = self._unwrap(household_id, key)
        try:
            associated = _bind(_CIPHERTEXT, household_id, seal_version)
            return _decrypt(AESGCM(data_key), ciphertext, associated=associated).decode()
        except (InvalidTag, ValueError):
            raise SealBrokenError from None

    def rewrap(self, household_id: UUID, key: WrappedKey) -> WrappedKey:
        """Return a data key under the newest key-encryption key. Raises SealBrokenError, KeyMissingError."""
        return self._wrap(household_id, self._unwrap(household_id, key), nonce=self._random(_NONCE_BYTES))

    def find_versions(self, name: KeyName, /) -> tuple[int, ...]:
        """Return the versions of a key that this process works with, the newest first. Raises KeyMissingError."""
        known = self._versions.get(name)
        if known is None:
            known = self._versions[name] = self._keys.find_versions(name)
        return known

    def hash_phone(self, phone: str) -> PhoneHashes:
        """Return both blind indexes of a phone under the newest keys."""
        return PhoneHashes(
            self.lookup_hash(phone), self.find_versions(KeyName.LOOKUP)[0],
            self.opt_out_hash(phone), self.find_versions(KeyName.OPT_OUT)[0],
        )  # fmt: skip

    def lookup_hash(self, phone: str) -> bytes:
        """Return the blind index of a phone, 32 bytes: equal phones, equal hashes, only with the key."""
        return self._hash(KeyName.LOOKUP, phone.encode(), version=self.find_versions(KeyName.LOOKUP)[0])

    def lookup_hashes(self, phone: str) -> tuple[bytes, ...]:
        """Return the blind index under every version of its key, the newest first: what a search must look for."""
        return self._hash_all(KeyName.LOOKUP, phone)

    def opt_out_hash(self, phone: str) -> bytes:
        """Return the hash that outlives erasure, under a key of its own, 32 bytes."""
        return self._hash(KeyName.OPT_OUT, phone.encode(), version=self.find_versions(KeyName.OPT_OUT)[0])

    def opt_out_hashes(self, phone: str) -> tuple[bytes, ...]:
        """Return that hash under every version of its key, the newest first: a refusal counts under each."""
        return self._hash_all(KeyName.OPT_OUT, phone)

    def link_token(self, message_id: UUID) -> bytes:
        """Return the 16 bytes that name a message's page to whoever got the message; only their hash is stored."""
        return self._hash(KeyName.LINK, message_id.bytes)[:_TOKEN_BYTES]

    def customer_hash(self, customer_id: str) -> bytes:
        """Return the hash of the data platform's customer id, 32 bytes."""
        return self._hash(KeyName.CUSTOMER, customer_id.encode())

    def customer_hashes(self, customer_ids: Iterable[str]) -> list[bytes]:
        """Return the hash of each of many customer ids."""
        return self._hash_many(KeyName.CUSTOMER, map(str.encode, customer_ids))

    def lookup_hashes_of(self, phones: Sequence[str]) -> list[tuple[bytes, ...]]:
        """Return `lookup_hashes` of each of many phones."""
        versions = self.find_versions(KeyName.LOOKUP)
        columns = [self._hash_many(KeyName.LOOKUP, map(str.encode, phones), version=version) for version in versions]
        return list(zip(*columns, strict=True))

    def bounds_hashes(self, household_ids: Iterable[bytes], items: Iterable[bytes], *, year: int) -> list[bytes]:
        """Return the hashes by which few items of a household count, the same all year, 32 bytes each.

        For n pairs of the 16 bytes of a household's id, and an item.
        """
        head = year.to_bytes(2, "big")
        pairs = zip(household_ids, items, strict=True)
        return self._hash_many(KeyName.BOUNDS, (head + household_id + item for household_id, item in pairs))

    def make_household_ids(self, count: int) -> list[UUID]:
        """Return new random household ids."""
        return [UUID(bytes=one) for one in self.make_ids(count)]

    def make_ids(self, count: int) -> list[bytes]:
        """Return the 16 bytes of new random household ids, each a UUID of version 4."""
        noise = np.frombuffer(self._random(_ID_BYTES * count), dtype=np.uint8).reshape(count, _ID_BYTES).copy()
        noise[:, 6] = noise[:, 6] & 0x0F | 0x40
        noise[:, 8] = noise[:, 8] & 0x3F | 0x80
        ids: list[bytes] = noise.view(f"V{_ID_BYTES}").ravel().tolist()
        return ids

    def _hash(self, name: KeyName, message: bytes, *, version: int = 1) -> bytes:
        mac = self._get_mac(name, version=version).copy()
        mac.update(message)
        return mac.finalize()

    def _hash_many(self, name: KeyName, messages: Iterable[bytes], *, version: int = 1) -> list[bytes]:
        copy, hashes = self._get_mac(name, version=version).copy, []
        for message in messages:
            mac = copy()
            mac.update(message)
            hashes.append(mac.finalize())
        return hashes

    def _get_mac(self, name: KeyName, *, version: int) -> HMAC:
        known = self._macs.get((name, version))
        if known is None:
            known = self._macs[name, version] = HMAC(self._keys.get_key(name, version=version), SHA256())
        return known

    def _hash_all(self, name: KeyName, phone: str) -> tuple[bytes, ...]:
        versions, message = self.find_versions(name), phone.encode()
        return tuple([self._hash(name, message, version=version) for version in versions])

    def _wrap(self, household_id: UUID, data_key: bytes, *, nonce: bytes) -> WrappedKey:
        version = self.find_versions(KeyName.KEK)[0]
        wrapped = self._get_wrapper(version).encrypt(nonce, data_key, _bind(_WRAPPED_KEY, household_id, version))
        return WrappedKey(nonce + wrapped, version)

    def _unwrap(self, household_id: UUID, key: WrappedKey) -> bytes:
        wrapper = self._get_wrapper(key.kek_version)
        associated = _bind(_WRAPPED_KEY, household_id, key.kek_version)
        try:
            return _decrypt(wrapper, key.wrapped_key, associated=associated)
        except (InvalidTag, ValueError):
            raise SealBrokenError from None

    def _get_wrapper(self, version: int) -> AESGCM:
        if version not in self._wrappers:
            self._wrappers[version] = AESGCM(self._keys.get_key(KeyName.KEK, version=version))
        return self._wrappers[version]


def _bind(label: bytes, household_id: UUID, version: int) -> bytes:
    return label + household_id.bytes + version.to_bytes(4, "big")


def _decrypt(cipher: AESGCM, sealed: bytes, *, associated: bytes) -> bytes:
    return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], associated)
