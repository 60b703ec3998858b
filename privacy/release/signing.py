"""Who published a release: an Ed25519 signature (RFC 8032) over the digest of its figures.

The seed stands in the key file of the process that publishes and nowhere else. Whoever shows figures knows public keys
only, several while one is being replaced. The message begins with a domain of its own, so that no signature made for
another purpose passes for one of a release.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES = 32
_DOMAIN = b"fieldreach/release/figures/1\0"

Signer: TypeAlias = Callable[[bytes], bytes]
"""Signs the digest of a release, 32 bytes, and returns the signature, 64 bytes."""


def make_signer(seed: bytes) -> Signer:
    """Return what signs with a seed of 32 bytes."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return lambda digest: key.sign(_DOMAIN + digest)


def get_public_key(seed: bytes) -> bytes:
    """Return the public key of a seed, 32 bytes each."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def write_public_key(public_key: bytes) -> str:
    """Return a public key as it stands in RELEASE_PUBLIC_KEYS."""
    return base64.b64encode(public_key).decode()


def parse_public_keys(written: str) -> tuple[bytes, ...]:
    """Read RELEASE_PUBLIC_KEYS: base64, commas between. Raises ValueError for anything that is no key."""
    try:
        keys = tuple(base64.b64decode(part.strip(), validate=True) for part in written.split(",") if part.strip())
    except binascii.Error:
        raise ValueError("a public key is base64") from None
    if any(len(key) != KEY_BYTES for key in keys):
        raise ValueError(f"a public key has {KEY_BYTES} bytes")
    return keys


def is_signed(digest: bytes, *, signature: bytes, public_keys: Sequence[bytes]) -> bool:
    """Say whether one of the keys signed the digest of a release."""
    for key in public_keys:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, _DOMAIN + digest)
        except InvalidSignature:
            continue
        return True
    return False
