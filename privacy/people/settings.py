"""What the people side takes from the environment; a missing value refuses to start."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import Engine
from sqlalchemy.pool import NullPool

from privacy.engines import is_pooled, open_engine
from privacy.groups import Group, GroupSettings
from privacy.people.drop.errors import NotDirectError
from privacy.people.keys import FileKeyStore
from privacy.people.kms import Kms, PlainKeys
from privacy.people.transit_kms import TransitKms

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class PeopleSettings(GroupSettings):
    """Where the people database is, or one for each group of cities."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)


def open_directly(group: Group) -> Engine:
    """Open a database for what outlives a transaction. Raises NotDirectError where a pooler stands in between."""
    if is_pooled(group.direct_url):
        raise NotDirectError
    return open_engine(group.direct_url, poolclass=NullPool)


class RedisSettings(BaseSettings):
    """Where helpers of an intake are woken: REDIS_URL."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    redis_url: SecretStr


class Guard(StrEnum):
    """What guards the keys in the key file."""

    FILE = "file"
    TRANSIT = "transit"


class KmsSettings(BaseSettings):
    """What guards the keys: KEY_STORE, and KMS_URL, KMS_TOKEN, KMS_MOUNT, KMS_KEY_PREFIX where that is a service."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    mode: Literal["production", "demo", "test"] = "production"
    key_store: Guard = Guard.FILE
    kms_url: str = ""
    kms_token: SecretStr = SecretStr("")
    kms_mount: str = Field("transit", pattern=r"^[\w.-]+(/[\w.-]+)*$")
    kms_key_prefix: str = Field("fieldreach-", pattern=r"^[\w.-]*$")

    @model_validator(mode="after")
    def _check_service(self) -> Self:
        if self.key_store is not Guard.TRANSIT:
            return self
        parts = urlsplit(self.kms_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("KEY_STORE=transit needs KMS_URL, http(s)://host[:port]")
        if parts.scheme == "http" and parts.hostname not in _LOCAL:
            raise ValueError("keys travel over https, or from an agent on this machine")
        if not self.kms_token.get_secret_value():
            raise ValueError("KEY_STORE=transit needs KMS_TOKEN")
        return self

    @property
    def kms(self) -> Kms:
        """Return what wraps and unwraps the keys of a file."""
        if self.key_store is Guard.FILE:
            return PlainKeys()
        token = self.kms_token.get_secret_value()
        return TransitKms(self.kms_url, token=token, mount=self.kms_mount, prefix=self.kms_key_prefix)


class KeySettings(KmsSettings):
    """Which key file this process may read, KEY_FILE. Production does not take keys in plain text by mistake."""

    key_file: Path
    key_file_accepted: bool = False

    @model_validator(mode="after")
    def _check_production(self) -> Self:
        if self.mode == "production" and self.key_store is Guard.FILE and not self.key_file_accepted:
            raise ValueError("KEY_STORE=file is plain text: use transit, or say KEY_FILE_ACCEPTED=true")
        return self

    def open_store(self) -> FileKeyStore:
        """Read the keys. Raises KeyFileError, KmsError."""
        return FileKeyStore(self.key_file, kms=self.kms)


class MiningSettings(BaseSettings):
    """Where an installation keeps its own words for pains (PAIN_TERMS_FILE), if it has any."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    pain_terms_file: Path | None = None
