"""City groups: which people database holds whom. Without groups there is one, for every city; here is the one choice.

`PEOPLE_DATABASES='{"east": {"url": "...", "cities": [370200, 370100]}, "north": {...}}'` instead of `PEOPLE_URL`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_MOST = 32  # each reports in front under a number that the table there knows: migration 0011
_City = Annotated[int, Field(ge=100_000, le=999_999)]


class GroupError(Exception):
    """A city or a name that no group has, or none where one is needed; the message says which there are."""


@dataclass(frozen=True, slots=True)
class Group:
    """One people database and the cities that live in it. The only one has no name and holds every city."""

    name: str | None
    url: SecretStr
    direct_url: SecretStr
    cities: frozenset[int] | None = None

    def holds(self, city_code: int) -> bool:
        """Say whether a city lives here."""
        return self.cities is None or city_code in self.cities


class _Named(BaseModel):
    """One group as it is written in the setting."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, extra="forbid")

    url: SecretStr
    direct_url: SecretStr | None = None
    cities: Annotated[frozenset[_City], Field(min_length=1)]


class GroupSettings(BaseSettings):
    """Where people are: PEOPLE_URL, or PEOPLE_DATABASES with a database for each group of cities.

    The direct URLs lead past a pooler, for what outlives a transaction.
    """

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    needs_people: ClassVar[bool] = True

    people_databases: Annotated[dict[str, _Named], NoDecode] = Field(default_factory=dict)
    people_direct_url: SecretStr | None = None
    people_url: SecretStr | None = Field(default=None, validate_default=True)

    @field_validator("people_databases", mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            # Without the cause: it would hold the whole text, passwords included.
            raise ValueError('PEOPLE_DATABASES is JSON: {"name": {"url": "...", "cities": [...]}}') from None

    @field_validator("people_databases")
    @classmethod
    def _check(cls, value: dict[str, _Named]) -> dict[str, _Named]:
        if len(value) > _MOST:
            raise ValueError(f"at most {_MOST} groups")
        if not all(map(_NAME.fullmatch, value)):
            raise ValueError("a group's name is made of a-z, 0-9, - and _")
        cities = [city for group in value.values() for city in group.cities]
        if len(cities) != len(set(cities)):
            raise ValueError("a city lives in one group only")
        return value

    @field_validator("people_url")
    @classmethod
    def _choose(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        # Not there where it is wrong itself.
        groups = info.data.get("people_databases")
        if groups and (value or info.data.get("people_direct_url")):
            raise ValueError("PEOPLE_URL or PEOPLE_DATABASES, not both")
        if cls.needs_people and value is None and groups == {}:
            raise ValueError("is missing (or PEOPLE_DATABASES, for city groups)")
        return value

    @property
    def groups(self) -> tuple[Group, ...]:
        """Return every group, by name; the only one where there are none."""
        if self.people_databases:
            return tuple(
                Group(name, each.url, each.direct_url or each.url, each.cities)
                for name, each in sorted(self.people_databases.items())
            )
        return (Group(None, self.people_url, self.people_direct_url or self.people_url),) if self.people_url else ()

    def get_group(self, name: str | None) -> Group:
        """Return a group by its name; no name is that of the only one. Raises GroupError."""
        for group in self.groups:
            if group.name == name:
                return group
        raise GroupError(f"--group is one of: {', '.join(filter(None, self._names)) or 'none, there are no groups'}")

    def choose_groups(self, name: str | None) -> tuple[Group, ...]:
        """Return the named group, every one where no name is given. Raises GroupError."""
        return self.groups if name is None else (self.get_group(name),)

    def get_group_of(self, city_code: int) -> Group:
        """Return the group that a city lives in. Raises GroupError."""
        for group in self.groups:
            if group.holds(city_code):
                return group
        raise GroupError(f"{city_code} is a city of no group: PEOPLE_DATABASES has {', '.join(map(str, self._names))}")

    @property
    def _names(self) -> list[str | None]:
        return [group.name for group in self.groups]
