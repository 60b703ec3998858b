"""Services of the log-in: sign in, renew, sign out. Each owns its transactions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session, sessionmaker

from api import refresh_tokens
from api.accounts import charge_login, clear_failures
from api.errors import LoginRefusedError, RefreshRefusedError
from api.settings import WebSettings
from api.tokens import TokenSigner


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client holds after a log-in."""

    access_token: str
    expires_in: int
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - the name of the scheme


@dataclass(frozen=True, slots=True)
class Desk:
    """What signing in needs: sessions, keys, the password hasher, and the limits."""

    sessions: sessionmaker[Session]
    signer: TokenSigner
    hasher: PasswordHasher
    settings: WebSettings
    # Checked when there is no account, so that an unknown login takes as long as a known one.
    decoy_hash: str

    def sign_in(self, *, login: str, password: str, now: datetime) -> Tokens:
        """Return new tokens, or raise LoginRefusedError without saying why."""
        with self.sessions.begin() as session:
            found = charge_login(
                session,
                login=login,
                now=now,
                max_failures=self.settings.login_failures,
                lock_s=self.settings.login_lock_s,
            )
        known_hash = self.decoy_hash if found is None else found.password_hash
        if not self._is_password(known_hash, password) or found is None:
            raise LoginRefusedError
        new_hash = self.hasher.hash(password) if self.hasher.check_needs_rehash(known_hash) else None
        with self.sessions.begin() as session:
            clear_failures(session, account_id=found.account_id, new_hash=new_hash)
            return self._issue(session, account_id=found.account_id, family_id=uuid4(), now=now)

    def renew(self, *, refresh_token: str, now: datetime) -> Tokens:
        """Exchange a refresh token for new tokens; one that was used before ends the log-in."""
        with self.sessions.begin() as session:
            caller = refresh_tokens.use(session, token=refresh_token, now=now)
            if caller is not None:
                return self._issue(session, account_id=caller.account_id, family_id=caller.family_id, now=now)
        # Raised outside: the revocation above must stay.
        raise RefreshRefusedError

    def sign_out(self, *, refresh_token: str, now: datetime) -> UUID | None:
        """End the log-in of a refresh token and return its family; an unknown token changes nothing."""
        with self.sessions.begin() as session:
            return refresh_tokens.revoke(session, token=refresh_token, now=now)

    def _is_password(self, known_hash: str, password: str) -> bool:
        try:
            return self.hasher.verify(known_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def _issue(self, session: Session, *, account_id: UUID, family_id: UUID, now: datetime) -> Tokens:
        refresh_token = refresh_tokens.issue(
            session, account_id=account_id, family_id=family_id, now=now, lifetime_s=self.settings.refresh_token_s
        )
        access_token = self.signer.sign(account_id, family_id=family_id, now=now)
        return Tokens(access_token, self.settings.access_token_s, refresh_token)
