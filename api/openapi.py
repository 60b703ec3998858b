"""The OpenAPI 3.1 description: its head, and errors as application/problem+json."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_smorest import Api

from api.schemas.problems import ProblemSchema

PROBLEM_JSON = "application/problem+json"

_INFO = {
    "description": (
        "Backend of the field apps 营销宝 and 交互宝. Figures come from one noised release a month; no answer holds a "
        "person. Positions are read and answered in `datum`, GCJ-02 unless told otherwise. "
        "Every error is application/problem+json, described under /problems/<slug>."
    ),
}

CONFIG: dict[str, object] = {
    "API_TITLE": "Fieldreach",
    "API_VERSION": "1.0.0",
    "OPENAPI_VERSION": "3.1.0",
    "API_SPEC_OPTIONS": {
        "info": {key: _INFO[key] for key in ("description",)},
        "servers": [{"url": "/"}],
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{"bearer": []}],
    },
}


class ProblemApi(Api):  # type: ignore[misc] # flask-smorest carries no types
    """flask-smorest, with our errors in place of its own."""

    ERROR_SCHEMA = ProblemSchema

    def _register_responses(self) -> None:
        # flask-smorest documents errors under the default content type of successes: swapped while it registers them.
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM_JSON
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE

    def _register_error_handlers(self) -> None:
        """Leave errors to api/error_handlers.py."""


def make_api(app: Flask) -> Any:  # noqa: ANN401 - flask-smorest carries no types
    """Attach the description to an application."""
    app.config.update(CONFIG)
    return ProblemApi(app)


def get_description(app: Flask) -> dict[str, Any]:
    """Return the whole description of an application."""
    description: dict[str, Any] = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    return description
