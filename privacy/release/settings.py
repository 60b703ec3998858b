"""What the commands of the release take from the environment; a missing value refuses to start."""

from __future__ import annotations

from typing import ClassVar

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from privacy.groups import GroupSettings
from privacy.release.signing import parse_public_keys


class ServingSettings(BaseSettings):
    """Where released figures are read: SERVING_URL, any role that may read the schema `released`."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    serving_url: SecretStr


class LedgerSettings(GroupSettings):
    """Where the ledger is read: PEOPLE_URL or PEOPLE_DATABASES, role field_release."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)


class VerifySettings(GroupSettings):
    """What a release is checked against, as far as it is given: RELEASE_PUBLIC_KEYS, and ledgers as field_release."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    needs_people: ClassVar[bool] = False

    release_public_keys: str = ""

    @field_validator("release_public_keys")
    @classmethod
    def check_keys(cls, value: str) -> str:
        """Refuse what is no list of public keys."""
        parse_public_keys(value)
        return value

    @property
    def public_keys(self) -> tuple[bytes, ...]:
        """Return the keys that may have signed, none where none are given."""
        return parse_public_keys(self.release_public_keys)
