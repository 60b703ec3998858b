"""The OpenAPI 3.1 description: its head, errors as application/problem+json, enumerations by name."""

from __future__ import annotations

from typing import Any

from apispec import APISpec
from flask import Flask
from flask_smorest import Api
from marshmallow import fields

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

# An enumeration is described once, under the name that it has in every client made from the description. Where ours
# would clash there, or say nothing, this is its name.
_PUBLIC_NAMES = {"Category": "CategoryCode", "Why": "SuggestionReason", "NoSeason": "SeasonMissing"}


def _refer(field: fields.Field[Any], ret: dict[str, Any], *, spec: APISpec) -> dict[str, Any]:
    """Put a reference in place of an enumeration's values; `ret` is what apispec has described so far."""
    if not isinstance(field, fields.Enum):
        return {}
    name = _PUBLIC_NAMES.get(field.enum.__name__, field.enum.__name__)
    if name not in spec.components.schemas:
        spec.components.schema(name, {"type": "string", "enum": [each.value for each in field.enum]})
    for key in ("type", "enum"):
        del ret[key]
    reference = {"$ref": f"#/components/schemas/{name}"}
    return {"anyOf": [reference, {"type": "null"}]} if field.allow_none else reference


class ProblemApi(Api):  # type: ignore[misc] # flask-smorest carries no types
    """flask-smorest, with our errors in place of its own."""

    ERROR_SCHEMA = ProblemSchema

    def _init_spec(self, **options: Any) -> None:  # noqa: ANN401 - flask-smorest's options
        super()._init_spec(**options)
        self.ma_plugin.converter.add_attribute_function(
            lambda _, field, ret: _refer(field, ret, spec=self.spec)  # apispec makes it a method of its converter
        )

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
