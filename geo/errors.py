"""What geo refuses. Exceptions carry typed attributes; the HTTP layer decides what each means to a client."""

from __future__ import annotations

from typing import Literal


class PositionOutOfRangeError(ValueError):
    """A longitude or latitude is not a number on the globe; `axis` says which."""

    def __init__(self, *, axis: Literal["lon", "lat"]) -> None:
        """Keep the axis."""
        super().__init__(f"{axis} is out of range")
        self.axis = axis


class NoReleaseError(LookupError):
    """Nothing has been released yet, so there are no figures to show."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("no release has been published")


class UnknownLeafError(LookupError):
    """Leaves that the current release does not hold."""

    def __init__(self, *, leaf_ids: tuple[int, ...]) -> None:
        """Keep the unknown ids."""
        super().__init__(f"{len(leaf_ids)} leaves are not in the current release")
        self.leaf_ids = leaf_ids


class MixedCitiesError(ValueError):
    """Leaves or districts of more than one city where figures come from one release."""

    def __init__(self, *, city_codes: tuple[int, ...]) -> None:
        """Keep the cities."""
        super().__init__(f"{len(city_codes)} cities where one is allowed")
        self.city_codes = city_codes


class UnknownDistrictError(LookupError):
    """Districts that were never imported."""

    def __init__(self, *, adcodes: tuple[int, ...]) -> None:
        """Keep the unknown adcodes."""
        super().__init__(f"{len(adcodes)} districts are not known")
        self.adcodes = adcodes


class TileOutOfRangeError(ValueError):
    """A tile address that does not exist."""

    def __init__(self, *, z: int, x: int, y: int) -> None:
        """Keep the address."""
        super().__init__(f"no tile {z}/{x}/{y}")
        self.z = z
        self.x = x
        self.y = y


class ImportFileError(ValueError):
    """A file that cannot be imported at all; `file_name` and a fixed `reason`."""

    def __init__(self, *, file_name: str, reason: str) -> None:
        """Keep the file and why."""
        super().__init__(f"{file_name}: {reason}")
        self.file_name = file_name
        self.reason = reason


class NoDistrictsError(LookupError):
    """Communities cannot be imported before the districts that they lie in."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("no districts are known: run `places districts` first")
