"""The code in an invitation's link: made from the message and a key, so that the database holds its hash alone."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from messaging.campaigns.settings import LINK_BLANK

# No text of a user's holds an address: the content rules refuse it.
_BLANK = LINK_BLANK.removeprefix("/t/")
_LINK = re.compile(rf"( https?://[A-Za-z0-9.:/_-]+/t/){_BLANK}(?= )")

if TYPE_CHECKING:
    from uuid import UUID

    from privacy.people.vault import Vault


def make_code(message_id: UUID, *, vault: Vault) -> str:
    """Return the code of a message, 22 characters, URL-safe, 128 bits."""
    return urlsafe_b64encode(vault.link_token(message_id)).decode().rstrip("=")


def hash_code(code: str) -> bytes:
    """Return what is stored of a code, 32 bytes; of 128 random bits nobody finds the origin."""
    return sha256(code.encode()).digest()


def fill_link(text: str, *, message_id: UUID, vault: Vault) -> str:
    """Return a text as it leaves: where it has the blank of a link, with the message's code in it."""
    if not _LINK.search(text):
        return text
    code = make_code(message_id, vault=vault)
    return _LINK.sub(lambda found: f"{found[1]}{code}", text)
