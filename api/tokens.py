"""Access tokens (JWT, HS256) and refresh tokens (random, stored as SHA-256)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import jwt
from pydantic import SecretStr

from api.errors import UnauthenticatedError

ISSUER = "fieldreach"
_OPTIONS: jwt.types.Options = {
    "require": ["sub", "sid", "iat", "exp"],
    # The clock comes in as an argument; `exp` is compared with it below.
    "verify_exp": False,
    "verify_iat": False,
}


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says: who, through which log-in, until when (Unix seconds)."""

    account_id: UUID
    family_id: UUID
    expires_at_s: int


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """Signs access tokens with the current secret, and still reads those of the previous one."""

    secret: SecretStr
    previous: SecretStr | None
    lifetime_s: int

    def sign(self, account_id: UUID, *, family_id: UUID, now: datetime) -> str:
        """Return an access token."""
        issued_at_s = int(now.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": str(account_id),
            "sid": str(family_id),
            "iat": issued_at_s,
            "exp": issued_at_s + self.lifetime_s,
        }
        return jwt.encode(claims, self.secret.get_secret_value(), algorithm="HS256")

    def read(self, token: str, *, now: datetime) -> Claims:
        """Return what a token says, or raise UnauthenticatedError."""
        for secret in filter(None, (self.secret, self.previous)):
            try:
                found = jwt.decode(
                    token,
                    secret.get_secret_value(),
                    algorithms=["HS256"],
                    audience=ISSUER,
                    issuer=ISSUER,
                    options=_OPTIONS,
                )
                claims = Claims(UUID(found["sub"]), UUID(found["sid"]), int(found["exp"]))
            except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
                continue
            if claims.expires_at_s > now.timestamp():
                return claims
        raise UnauthenticatedError


def make_refresh_token() -> str:
    """Return 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def hash_refresh_token(token: str) -> bytes:
    """Return what is stored of a refresh token. 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
