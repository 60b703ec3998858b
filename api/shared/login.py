"""Signing in, renewing and signing out, and who is signed in."""

from __future__ import annotations

from typing import Any

from flask import g, request

from api.auth import ANY_ROLE, PUBLIC
from api.blueprint import Blueprint
from api.login_limit import charge_address, hash_address
from api.problem_details import make_rate_headers
from api.reading import read
from api.resources import get_resources
from api.schemas.login import CredentialsSchema, MeSchema, RefreshSchema, TokensSchema
from api.sign_in import Tokens
from geo.queries import find_districts

login = Blueprint("log-in", prefix="/v1", description="Signing in and out")


@login.route("/auth/token", method="POST", roles=PUBLIC, problems=(401, 429))
@login.arguments(CredentialsSchema, location="json")
@login.answers(TokensSchema)
def sign_in(credentials: dict[str, str]) -> tuple[Tokens, int, dict[str, str]]:
    """Sign in with login and password."""
    resources, now = get_resources(), get_resources().clock()
    settings = resources.settings
    subject = hash_address(request.remote_addr or "", secret=settings.jwt_secret)
    allowance = charge_address(resources.sessions, subject_sha256=subject, now=now, limit=settings.logins_per_minute)
    tokens = resources.desk.sign_in(**credentials, now=now)
    return tokens, 200, make_rate_headers("log-in", remaining=allowance.remaining, reset_s=allowance.reset_s)


@login.route("/auth/refresh", method="POST", roles=PUBLIC, problems=(401,))
@login.arguments(RefreshSchema, location="json")
@login.answers(TokensSchema)
def renew_tokens(arguments: dict[str, str]) -> Tokens:
    """Exchange a refresh token, once; a second use ends the whole log-in."""
    return get_resources().desk.renew(**arguments, now=get_resources().clock())


@login.route("/auth/logout", method="POST", roles=PUBLIC)
@login.arguments(RefreshSchema, location="json")
@login.answers(status=204)
def sign_out(arguments: dict[str, str]) -> None:
    """End a log-in: its refresh token and its access tokens stop working."""
    resources = get_resources()
    family_id = resources.desk.sign_out(**arguments, now=resources.clock())
    if family_id is not None:
        resources.doorkeeper.forget(family_id)


@login.route("/me", roles=ANY_ROLE)
@login.answers(MeSchema)
def show_me() -> dict[str, Any]:
    """Show who is signed in and the districts that they answer for."""
    caller = g.caller
    territory = [one for one in read(find_districts) if one.adcode in caller.territory]
    return {
        "account_id": caller.account_id,
        "login": caller.login,
        "display_name": caller.display_name,
        "role": caller.role,
        "territory": territory,
    }
