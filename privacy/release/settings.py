"""What the commands of the release take from the environment; a missing value refuses to start."""

from __future__ import annotations

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServingSettings(BaseSettings):
    """Where released figures are read: SERVING_URL, any role that may read the schema `released`."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    serving_url: SecretStr


class LedgerSettings(BaseSettings):
    """Where the ledger is read: PEOPLE_URL, role field_release."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    people_url: SecretStr
