"""The two WSGI applications, each made when asked for: `wsgi:app` for field users, `wsgi:gateway` for the carrier."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pydantic import ValidationError

from settings_faults import explain

# By name and late: the web process must never import what can read a phone number.
_FACTORIES = {"app": "api.app:create_web", "gateway": "messaging.delivery.gateway:create_gateway"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - either application, or nothing
    """Make one application, once; where its settings are wrong, end the process and say which."""
    if name not in _FACTORIES:
        raise AttributeError(name)
    module, factory = _FACTORIES[name].split(":")
    try:
        application = globals()[name] = getattr(import_module(module), factory)()
    except ValidationError as error:
        raise SystemExit(explain(error)) from None
    return application
