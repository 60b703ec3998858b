"""Log-in and the signed-in member of staff."""

from __future__ import annotations

from marshmallow import Schema, fields

from api.models import Role
from api.schemas.fields import choice, in_length, like, one_of

_TOKEN = r"[A-Za-z0-9_-]{16,128}"  # noqa: S105 - a pattern


class CredentialsSchema(Schema):
    """What a member of staff signs in with."""

    login = fields.String(required=True, validate=like(r"[A-Za-z0-9._@-]{1,64}"))
    password = fields.String(required=True, validate=in_length(1, 256), metadata={"format": "password"})


class RefreshSchema(Schema):
    """A refresh token."""

    refresh_token = fields.String(required=True, validate=like(_TOKEN))


class TokensSchema(Schema):
    """Tokens after a log-in or a renewal. The refresh token is good for one use."""

    access_token = fields.String(required=True)
    token_type = fields.String(required=True, validate=one_of("Bearer"))
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds"})
    refresh_token = fields.String(required=True)


class TerritoryDistrictSchema(Schema):
    """One district, as named in a territory or a catalog."""

    adcode = fields.Integer(required=True, metadata={"description": "Six-digit code of the district"})
    name = fields.String(required=True)
    city_code = fields.Integer(required=True)
    city_name = fields.String(required=True)


class MeSchema(Schema):
    """The signed-in member of staff."""

    account_id = fields.UUID(required=True)
    login = fields.String(required=True)
    display_name = fields.String(required=True)
    role = choice(Role, required=True)
    territory = fields.List(fields.Nested(TerritoryDistrictSchema), required=True)
