"""Aliyun's ACS3-HMAC-SHA256: method, path, sorted query, signed headers and the body's hash, under the key's secret."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM = "ACS3-HMAC-SHA256"
_HEADER = re.compile(rf"{ALGORITHM} Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{{64}})")
_MUST_BE_SIGNED = frozenset({"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"})


def find_key_id(authorization: str) -> str | None:
    """Return whose key an Authorization header names, None where it is not of this kind."""
    found = _HEADER.fullmatch(authorization)
    return found[1] if found else None


def is_signed(
    method: str, path: str, query: str, *, body: bytes, headers: Mapping[str, str], access_key_secret: str
) -> bool:
    """Say whether a request carries the signature that the secret makes, over its real body and the headers it must."""
    headers = {name.lower(): value for name, value in headers.items()}
    found = _HEADER.fullmatch(headers.get("authorization", ""))
    body_sha256 = hashlib.sha256(body).hexdigest()
    if found is None or headers.get("x-acs-content-sha256") != body_sha256:
        return False
    names = found[2].split(";")
    if not set(names) >= _MUST_BE_SIGNED:
        return False
    canonical = "\n".join(
        [
            method,
            path,
            _write_query(query),
            "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in names),
            found[2],
            body_sha256,
        ]
    )
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    made = hmac.new(access_key_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(made, found[3])


def _write_query(query: str) -> str:
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
