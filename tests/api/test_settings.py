"""Settings of the web process: nothing secret has a default, and nothing secret is printed."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api.settings import WebSettings
from tests.released import TRUSTED

GOOD = {
    "MODE": "production",
    "SERVING_URL": "postgresql+psycopg://field_web:hidden-word@db/serving",
    "REDIS_URL": "redis://queue",
    "JWT_SECRET": "a secret of thirty-two bytes or more",
    "RELEASE_PUBLIC_KEYS": TRUSTED,
}


def read_settings() -> WebSettings:
    return WebSettings()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PEOPLE_URL", "KEY_FILE", "CORS_ORIGINS", "SERVING_READ_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_good_settings_start_and_print_no_secret() -> None:
    settings = read_settings()
    assert settings.access_token_s == 900
    assert "hidden-word" not in repr(settings)
    assert "thirty-two" not in repr(settings)


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_setting_refuses_to_start(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(ValidationError, match=f"(?i){name}"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_SECRET", "short-secret"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "app.example"),
        ("MODE", "debug"),
        ("ACCESS_TOKEN_S", "1"),
        ("PEOPLE_URL", "postgresql://anything"),
        ("RELEASE_PUBLIC_KEYS", ""),
        ("RELEASE_PUBLIC_KEYS", "AAAA"),
    ],
)
def test_a_wrong_setting_refuses_to_start_without_showing_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        read_settings()
    assert "short-secret" not in str(refused.value)


@pytest.mark.parametrize(
    "written", ["https://a.example, https://b.example", '["https://a.example", "https://b.example"]']
)
def test_origins_come_as_a_list_or_with_commas(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", written)
    assert read_settings().cors_origins == ("https://a.example", "https://b.example")
