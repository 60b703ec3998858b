"""X-Twilio-Signature: HMAC-SHA1 over the full URL followed by every form field, sorted, name and value run together."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "X-Twilio-Signature"


def sign(url: str, fields: Mapping[str, str], *, auth_token: str) -> str:
    """Return the base64 signature of a form POST to a URL."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode("ascii")
