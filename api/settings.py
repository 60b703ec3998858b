"""What the web process is told by its environment. A missing secret refuses to start."""

from __future__ import annotations

import json
import os
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from messaging.campaigns.settings import Mode
from privacy.release.signing import parse_public_keys

MIN_SECRET_BYTES = 32
# fmt: off
WITHHELD = frozenset({
    "PEOPLE_URL", "PEOPLE_DIRECT_URL", "PEOPLE_DATABASES", "KEY_FILE", "KMS_TOKEN", "TWILIO_AUTH_TOKEN",
    "ALIYUN_ACCESS_KEY_SECRET",
})
# fmt: on


class WebSettings(BaseSettings):
    """Settings of the web process. Names in the environment are these in capitals, without a prefix."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    mode: Mode
    serving_url: SecretStr
    serving_read_url: SecretStr | None = None
    redis_url: SecretStr
    jwt_secret: SecretStr
    jwt_previous_secret: SecretStr | None = None
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    trusted_proxy_hops: Annotated[int, Field(ge=0, le=5)] = 0
    access_token_s: Annotated[int, Field(ge=60, le=3600)] = 900
    refresh_token_s: Annotated[int, Field(ge=3600, le=90 * 86400)] = 30 * 86400
    session_check_s: Annotated[int, Field(ge=0, le=60)] = 5
    login_failures: Annotated[int, Field(ge=1, le=20)] = 5
    login_lock_s: Annotated[int, Field(ge=1, le=86400)] = 900
    logins_per_minute: Annotated[int, Field(ge=1, le=10_000)] = 30
    snapshot_check_s: Annotated[float, Field(gt=0, le=300)] = 3.0
    released_max_age_s: Annotated[int, Field(ge=0, le=86400)] = 300
    warm_answers_mb: Annotated[int, Field(ge=1, le=1024)] = 32
    release_public_keys: str = ""
    delivery_groups: Annotated[tuple[str, ...], NoDecode] = ()

    @field_validator("delivery_groups", mode="before")
    @classmethod
    def split_groups(cls, value: object) -> object:
        """Take `east,north`: the names of the groups whose senders are woken, and nothing else about them."""
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("cors_origins", mode="before")
    @classmethod
    def split_origins(cls, value: object) -> object:
        """Take `https://a.example,https://b.example`, or the same as a JSON list."""
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            return json.loads(value)
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("cors_origins")
    @classmethod
    def check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse a wildcard: answers belong to signed-in staff."""
        if any("*" in origin or not origin.startswith(("http://", "https://")) for origin in value):
            raise ValueError("CORS_ORIGINS must list origins such as https://app.example, without wildcards")
        return value

    @field_validator("jwt_secret", "jwt_previous_secret")
    @classmethod
    def check_secret(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse a signing key that could be guessed."""
        if value is not None and len(value.get_secret_value().encode()) < MIN_SECRET_BYTES:
            raise ValueError(f"a signing key needs at least {MIN_SECRET_BYTES} bytes")
        return value

    @field_validator("release_public_keys")
    @classmethod
    def check_public_keys(cls, value: str) -> str:
        """Refuse what is no list of public keys: base64, commas between."""
        parse_public_keys(value)
        return value

    @property
    def trusted_keys(self) -> tuple[bytes, ...]:
        """Return the keys one of which must have signed a release; none outside production: then digests suffice."""
        return parse_public_keys(self.release_public_keys)

    @model_validator(mode="after")
    def require_public_keys(self) -> WebSettings:
        """Refuse to serve figures in production that anybody could have written into the database."""
        if self.mode is Mode.PRODUCTION and not self.trusted_keys:
            raise ValueError("RELEASE_PUBLIC_KEYS must name the keys that releases are signed with")
        return self

    @model_validator(mode="after")
    def refuse_people(self) -> WebSettings:
        """Refuse to start where somebody handed the web process the way to the people database or its keys."""
        if handed := sorted(WITHHELD & os.environ.keys()):
            raise ValueError(f"the web process must not be given {' or '.join(handed)}")
        return self
