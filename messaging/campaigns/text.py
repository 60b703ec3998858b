"""The text as it is sent: signature, body, suffix. Built here once and never touched again."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from messaging.campaigns.segments import Encoding, count_segments

if TYPE_CHECKING:
    from messaging.campaigns.settings import MessagingRules


@dataclass(frozen=True, slots=True)
class FinalText:
    """What the carrier gets, byte for byte; `sha256` is taken over its UTF-8 bytes."""

    text: str = field(repr=False)
    sha256: bytes
    segments: int
    units: int
    encoding: Encoding


def compose(body: str, *, settings: MessagingRules) -> FinalText:
    """Put the signature before a body and the way to opt out behind it; spaces around the body go."""
    return _finish(f"{settings.signature}{body.strip(' ')}{settings.suffix}")


def compose_invitation(body: str, *, settings: MessagingRules) -> FinalText:
    """Do the same with a link between body and suffix. Its code is blank, as long as the real one, and hashed blank."""
    return _finish(f"{settings.signature}{body.strip(' ')}{settings.link}{settings.suffix}")


def _finish(text: str) -> FinalText:
    count = count_segments(text)
    # A body with half a surrogate pair is refused by the character rules; its preview must still have a hash.
    digest = sha256(text.encode("utf-8", "surrogatepass")).digest()
    return FinalText(text, digest, count.segments, count.units, count.encoding)
