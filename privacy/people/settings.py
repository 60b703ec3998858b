"""What the people side takes from the environment; a missing value refuses to start."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class PeopleSettings(BaseSettings):
    """Where the people database is (PEOPLE_URL) and which key file this process may read (KEY_FILE)."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    people_url: SecretStr
    key_file: Path
