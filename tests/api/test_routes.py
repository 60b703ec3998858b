"""What holds for every route: it names its roles, is described, and its process cannot reach people."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from api.auth import PUBLIC
from api.blueprint import Blueprint
from api.openapi import get_description

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

PUBLIC_ROUTES = {
    "/v1/auth/token",
    "/v1/auth/refresh",
    "/v1/auth/logout",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/",
    "/docs",
    "/problems/",
    "/problems/<slug>",
}
FORBIDDEN = ("privacy.people", "messaging.delivery", "twilio", "privacy.release.ledger_models")


def test_every_route_names_its_roles_except_the_listed_public_ones(app: Flask) -> None:
    public = set()
    for rule in app.url_map.iter_rules():
        roles = app.view_functions[rule.endpoint].__dict__.get("roles", PUBLIC)
        if not roles:
            public.add(rule.rule)
    assert public == PUBLIC_ROUTES
    assert len(list(app.url_map.iter_rules())) > len(public) + 10


def test_every_route_with_a_role_refuses_strangers(app: Flask, client: FlaskClient) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule in PUBLIC_ROUTES:
            continue
        path = rule.rule
        for name, kind in rule._converters.items():  # the converters know what an argument looks like
            example = {
                "UUIDConverter": (f"<uuid:{name}>", "00000000-0000-0000-0000-000000000000"),
                "IntegerConverter": (f"<int:{name}>", "1"),
                "UnicodeConverter": (f"<{name}>", "x"),
            }
            path = path.replace(*example[type(kind).__name__])
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            assert client.open(path, method=method).status_code == 401, (method, path)


def test_a_route_without_a_role_cannot_be_registered() -> None:
    blueprint = Blueprint("x", prefix="/x", description="x")
    with pytest.raises(TypeError, match="roles"):
        blueprint.route("/y")  # type: ignore[call-arg] # that is the point


def test_every_described_operation_has_a_summary_an_id_and_a_default_problem(app: Flask) -> None:
    ids = []
    for path, item in get_description(app)["paths"].items():
        for verb in item.keys() & {"get", "post", "put", "patch", "delete"}:
            operation = item[verb]
            ids.append(operation["operationId"])
            assert operation["summary"], path
            assert "default" in operation["responses"], path
    assert len(ids) == len(set(ids)) >= 15


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_web_process_imports_nothing_that_reaches_people(name: str) -> None:
    program = (
        "import sys\n"
        "import wsgi\n"
        "wsgi.app\n"
        f"print([module for module in sys.modules if module == {name!r} or module.startswith({name!r} + '.')])"
    )
    environment = {
        "MODE": "test",
        "SERVING_URL": "postgresql+psycopg://127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "JWT_SECRET": "x" * 32,
    }
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("handed", ["PEOPLE_URL", "KEY_FILE", "KMS_TOKEN"])
def test_the_web_process_refuses_to_start_with_the_way_to_people(handed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import wsgi  # noqa: PLC0415 - the module is what is tested

    for name, value in (
        ("MODE", "test"),
        ("SERVING_URL", "postgresql+psycopg://127.0.0.1:1/none"),
        ("REDIS_URL", "redis://127.0.0.1:1/0"),
        ("JWT_SECRET", "x" * 32),
        (handed, "something secret"),
    ):
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=handed) as refused:
        wsgi.app  # noqa: B018 - touching it makes it
    assert "something secret" not in str(refused.value)


def test_wsgi_knows_two_applications_only() -> None:
    import wsgi  # noqa: PLC0415 - the module is what is tested

    with pytest.raises(AttributeError):
        wsgi.application  # noqa: B018 - touching it makes it
