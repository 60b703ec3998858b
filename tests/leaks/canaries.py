"""Marked people, every shape in which one of them could show, and a search for all of it at once."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ahocorasick

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

_DIGESTS = (hashlib.md5, hashlib.sha1, hashlib.sha256)
_SURNAMES = "龘靐齉爩麤灪"


@dataclass(frozen=True, slots=True)
class Canary:
    """An invented person: eleven digits, a name and ids that occur nowhere else."""

    digits: str
    name: str
    customer_id: str
    wechat: str
    address: str

    @property
    def ticket(self) -> str:
        """Return a ticket as a careless clerk writes it."""
        spaced = f"{self.digits[:3]} {self.digits[3:7]} {self.digits[7:]}"
        return f"{self.name}说冰箱不冷，电话{spaced}，微信号：{self.wechat}，上门地址{self.address}，请联系"


def make_canaries(count: int, *, seed: int) -> list[Canary]:
    """Invent people; their phones lie in a range that nobody has."""
    rng = random.Random(seed)
    numbers = rng.sample(range(10**8), count)
    return [
        Canary(
            digits=f"154{number:08}",
            name=f"{_SURNAMES[number % len(_SURNAMES)]}鸑{chr(0x4E00 + number % 5000)}鷟",
            customer_id=f"CANARY{number:08}",
            wechat=f"wxcanary{number:08}",
            address=f"鸑鷟路{number}号楼3单元401室",
        )
        for number in numbers
    ]


@dataclass(frozen=True, slots=True)
class Shape:
    """One byte sequence to look for. A number is one only where no other digit stands beside it."""

    content: bytes
    kind: str
    is_number: bool = False


def find_phone_shapes(digits: str) -> Iterator[Shape]:
    """Yield a phone as written, encoded, and hashed without a key."""
    for written in (digits, f"86{digits}", f"0086{digits}"):
        yield Shape(written.encode(), "digits", is_number=True)
    for gap in (" ", "-", "."):
        yield Shape(f"{digits[:3]}{gap}{digits[3:7]}{gap}{digits[7:]}".encode(), "digits", is_number=True)
    yield Shape(digits.translate({ord("0") + n: 0xFF10 + n for n in range(10)}).encode(), "full width")
    yield Shape(digits.encode().hex().encode(), "hex")
    yield Shape(digits.encode("utf-16-le"), "utf-16")
    yield Shape(int(digits).to_bytes(8, "big"), "integer")
    for lead in range(3):
        # Six bits a letter: at each of three offsets only the letters in the middle are the same everywhere.
        letters = base64.b64encode(b"\0" * lead + digits.encode())
        yield Shape(letters[lead + bool(lead) : -4], "base64")
    for written in (digits, f"86{digits}", f"+86{digits}"):
        for digest in _DIGESTS:
            hashed = digest(written.encode())
            yield Shape(hashed.hexdigest().encode(), "unkeyed hash")
            yield Shape(hashed.digest(), "unkeyed hash")


def find_word_shapes(word: str) -> Iterator[Shape]:
    """Yield a name or an id as text, as JSON escapes it, as hex and in base64."""
    yield Shape(word.encode(), "word")
    yield Shape(word.encode().hex().encode(), "hex")
    yield Shape(base64.b64encode(word.encode())[:-4], "base64")
    if not word.isascii():
        yield Shape(json.dumps(word)[1:-1].encode(), "word")
        yield Shape(word.encode("utf-16-le"), "utf-16")


def find_id_shapes(household_id: UUID) -> Iterator[Shape]:
    """Yield a household's id as text, hex and bytes."""
    for content in (str(household_id).encode(), household_id.hex.encode(), household_id.bytes):
        yield Shape(content, "household id")


def find_shapes(canary: Canary) -> Iterator[Shape]:
    """Yield everything that must show nowhere of a person."""
    yield from find_phone_shapes(canary.digits)
    for word in (canary.name, canary.customer_id, canary.wechat, canary.address):
        yield from find_word_shapes(word)


class Search:
    """Looks for any number of shapes in one pass."""

    def __init__(self, shapes: Iterable[Shape]) -> None:
        """Make the automaton."""
        self._automaton = ahocorasick.Automaton()
        for shape in shapes:
            self._automaton.add_word(shape.content.decode("latin-1"), shape)
        self._automaton.make_automaton()

    def find(self, content: bytes) -> list[str]:
        """Return what was found, by kind and with where it stands; hex also in capitals."""
        found = set()
        for written in (content, content.lower()):
            text = written.decode("latin-1")
            for end, shape in self._automaton.iter(text):
                start = end + 1 - len(shape.content)
                around = written[max(0, start - 1) : start] + written[end + 1 : end + 2]
                if not (shape.is_number and any(48 <= byte <= 57 for byte in around)):
                    found.add(f"{shape.kind} at {start}")
        return sorted(found)
