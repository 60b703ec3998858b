"""The key management service of HashiCorp Vault and OpenBao: their transit engine, over HTTP.

One transit key for each of ours, so that a policy gives the gateway `transit/decrypt/fieldreach-lookup` and
`-opt_out` and nothing else. Paths and fields: the transit engine's API, `encrypt/:name` and `decrypt/:name`.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

import requests

from privacy.people.errors import KmsError

if TYPE_CHECKING:
    from privacy.people.errors import KeyName

_TIMEOUT_S = (3, 10)


class TransitKms:
    """Wraps by `{url}/v1/{mount}/encrypt/{prefix}{name}`, with name and version as associated data (AES-256-GCM)."""

    def __init__(self, url: str, *, token: str, mount: str = "transit", prefix: str = "fieldreach-") -> None:
        """Take the service's address and a token that may use the keys this process needs."""
        self._base = f"{url.rstrip('/')}/v1/{mount}"
        self._token = token
        self._prefix = prefix

    def wrap(self, key: bytes, *, name: KeyName, version: int) -> str:
        """Return the service's own text, `vault:v1:...`. Raises KmsError."""
        return self._ask("encrypt", {"plaintext": _encode(key)}, answer="ciphertext", name=name, version=version)

    def unwrap(self, text: str, *, name: KeyName, version: int) -> bytes:
        """Return the key. Raises KmsError."""
        plain = self._ask("decrypt", {"ciphertext": text}, answer="plaintext", name=name, version=version)
        try:
            return base64.b64decode(plain, validate=True)
        except binascii.Error:
            raise KmsError(reason="malformed") from None

    def _ask(self, verb: str, content: dict[str, str], *, answer: str, name: KeyName, version: int) -> str:
        body = content | {"associated_data": _encode(f"{name}:{version}".encode())}
        try:
            response = requests.post(
                f"{self._base}/{verb}/{self._prefix}{name}",
                json=body,
                headers={"X-Vault-Token": self._token},
                timeout=_TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException:
            # Its text may quote the request.
            raise KmsError(reason="unreachable") from None
        if response.status_code != requests.codes.ok:
            raise KmsError(reason="refused")
        try:
            return str(response.json()["data"][answer])
        except (ValueError, LookupError, TypeError):
            raise KmsError(reason="malformed") from None


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode()
