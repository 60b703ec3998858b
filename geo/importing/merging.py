"""Finds the place that a row means among those already known: by code, by spelling close by, or by a slip close by.

Places are kept city by city. Memory grows with the number of different places, not with the number of rows.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum

from geo.importing.names import is_same_place, make_key
from geo.importing.rows import CleanPlace, Reason

SAME_NAME_M = 500.0
SLIP_M = 150.0
SAME_CODE_M = 2_000.0
_METRES_PER_DEGREE = 111_195.0
_MOST_ALIASES = 20
_CROWD = 500


class Change(StrEnum):
    """What an import did to a place."""

    NONE = "unchanged"
    UPDATED = "updated"
    NEW = "new"


class Outcome(StrEnum):
    """What became of a row."""

    TAKEN = "taken"
    MERGED = "merged"


@dataclass(slots=True)
class KnownPlace:
    """A community as it stands while an import runs. `is_listed` means that the file has already named its code."""

    code: str
    name: str
    lon: float
    lat: float
    district_adcode: int
    households: int | None
    has_outline: bool
    aliases: list[str]
    other_codes: list[str]
    outline: bytes | None = None
    change: Change = Change.NONE
    is_listed: bool = False

    def touch(self) -> None:
        """Note that the place must be written."""
        if self.change is Change.NONE:
            self.change = Change.UPDATED


def measure_roughly_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return the distance in metres, good to some per mille at the distances that matter here."""
    east = (lon - other_lon) * math.cos(math.radians(lat))
    return _METRES_PER_DEGREE * math.hypot(east, lat - other_lat)


def _to_grid(lon: float, lat: float, size_m: float) -> tuple[int, int]:
    north = size_m / _METRES_PER_DEGREE
    # One width for all of China, that of 54 degrees north, so that cells line up; further south they are wider.
    return int(lon / (north / math.cos(math.radians(54.0)))), int(lat / north)


def _find_around(cell: tuple[int, int]) -> list[tuple[int, int]]:
    return [(cell[0] + x, cell[1] + y) for x in (0, -1, 1) for y in (0, -1, 1)]


@dataclass(slots=True)
class CityRegistry:
    """The known places of one city, found by code, by spelling and by nearness. `prefixes` are stripped from names."""

    prefixes: tuple[str, ...]
    places: list[KnownPlace] = field(default_factory=list)
    _by_code: dict[str, KnownPlace] = field(default_factory=dict)
    _by_key: defaultdict[tuple[str, tuple[int, int]], list[KnownPlace]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _nearby: defaultdict[tuple[int, int], list[tuple[str, KnownPlace]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _keys: dict[str, str] = field(default_factory=dict)

    def make_key(self, name: str) -> str:
        """Return the key of a name, remembered: dirty files repeat themselves."""
        key = self._keys.get(name)
        if key is None:
            key = self._keys[name] = make_key(name, prefixes=self.prefixes)
        return key

    def add(self, place: KnownPlace) -> None:
        """Take a place into the registry."""
        self.places.append(place)
        for code in (place.code, *place.other_codes):
            self._by_code[code] = place
        for key in dict.fromkeys(self.make_key(name) for name in (place.name, *place.aliases)):
            self._index(key, place)

    def _index(self, key: str, place: KnownPlace) -> None:
        self._by_key[key, _to_grid(place.lon, place.lat, SAME_NAME_M)].append(place)
        self._nearby[_to_grid(place.lon, place.lat, SLIP_M)].append((key, place))

    def take(self, row: CleanPlace) -> Outcome | Reason:
        """Take one row: a place of its own, or merged into one that it means; a Reason when it is refused."""
        known = self._by_code.get(row.code)
        if known is not None:
            return self._take_again(known, row)
        key = self.make_key(row.name)
        known = self._find_same_name(key, row) or self._find_slip(key, row)
        if known is not None:
            self._merge(known, row, key=key)
            return Outcome.MERGED
        self.add(
            KnownPlace(
                row.code, row.name, row.lon, row.lat, row.district_adcode, row.households, row.outline is not None,
                [], [], row.outline, Change.NEW, is_listed=True,
            )
        )  # fmt: skip
        return Outcome.TAKEN

    def _take_again(self, known: KnownPlace, row: CleanPlace) -> Outcome | Reason:
        far = measure_roughly_m(known.lon, known.lat, row.lon, row.lat) > SAME_CODE_M
        if known.code != row.code or known.is_listed:
            if far:
                return Reason.CODE_ELSEWHERE
            self._merge(known, row, key=self.make_key(row.name))
            return Outcome.MERGED
        known.is_listed = True
        self._correct(known, row)
        self._complete(known, row)
        return Outcome.TAKEN

    def _correct(self, known: KnownPlace, row: CleanPlace) -> None:
        """Let a later file correct name and position of its own code; the old name stays as an alias."""
        if known.name != row.name:
            self._note_alias(known, known.name)
            known.aliases = [alias for alias in known.aliases if alias != row.name]
            known.name = row.name
            known.touch()
        if (round(known.lon, 7), round(known.lat, 7)) != (round(row.lon, 7), round(row.lat, 7)):
            known.lon, known.lat, known.district_adcode = row.lon, row.lat, row.district_adcode
            known.touch()
        self._index(self.make_key(row.name), known)

    def _find_same_name(self, key: str, row: CleanPlace) -> KnownPlace | None:
        for cell in _find_around(_to_grid(row.lon, row.lat, SAME_NAME_M)):
            for place in self._by_key.get((key, cell), ()):
                if measure_roughly_m(place.lon, place.lat, row.lon, row.lat) <= SAME_NAME_M:
                    return place
        return None

    def _find_slip(self, key: str, row: CleanPlace) -> KnownPlace | None:
        for cell in _find_around(_to_grid(row.lon, row.lat, SLIP_M)):
            around = self._nearby.get(cell, ())
            # A crowd on one spot is a placeholder position: there nearness says nothing about a name.
            if len(around) > _CROWD:
                continue
            for other, place in around:
                if is_same_place(key, other) and measure_roughly_m(place.lon, place.lat, row.lon, row.lat) <= SLIP_M:
                    return place
        return None

    def _merge(self, known: KnownPlace, row: CleanPlace, *, key: str) -> None:
        if row.name != known.name:
            self._note_alias(known, row.name)
        if row.code not in self._by_code:
            self._by_code[row.code] = known
            if not row.code.startswith("made-"):
                known.other_codes.append(row.code)
                known.touch()
        if all(
            place is not known for place in self._by_key.get((key, _to_grid(known.lon, known.lat, SAME_NAME_M)), ())
        ):
            self._index(key, known)
        self._complete(known, row)

    def _note_alias(self, known: KnownPlace, name: str) -> None:
        if name not in known.aliases and len(known.aliases) < _MOST_ALIASES:
            known.aliases.append(name)
            known.touch()

    def _complete(self, known: KnownPlace, row: CleanPlace) -> None:
        """Fill what the place lacks; what is known stays."""
        if known.households is None and row.households is not None:
            known.households = row.households
            known.touch()
        if not known.has_outline and row.outline is not None:
            known.outline, known.has_outline = row.outline, True
            known.touch()
