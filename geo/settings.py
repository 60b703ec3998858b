"""Settings of the command line that imports places."""

from __future__ import annotations

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class PlacesSettings(BaseSettings):
    """Where places are written: `SERVING_URL`, as the role field_operator. A missing one refuses to start."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    serving_url: SecretStr
