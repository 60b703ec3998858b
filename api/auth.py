"""Who is calling, and whether the route lets the caller in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session, sessionmaker

from api.accounts import Caller, get_caller
from api.errors import RoleRefusedError, UnauthenticatedError
from api.models import Role
from api.tokens import TokenSigner

PUBLIC: frozenset[Role] = frozenset()
SALES: frozenset[Role] = frozenset({Role.SALESPERSON})
REVIEWERS: frozenset[Role] = frozenset({Role.REVIEWER})
PLANNERS: frozenset[Role] = frozenset({Role.PLANNER})
OPERATORS: frozenset[Role] = frozenset({Role.OPERATOR})
ANY_ROLE: frozenset[Role] = frozenset(Role)

MAX_REMEMBERED = 10_000
_SCHEME = "Bearer "


@dataclass(frozen=True, slots=True)
class _Seen:
    caller: Caller
    expires_at_s: int
    checked_at_s: float


@dataclass(slots=True)
class Doorkeeper:
    """Knows callers by their access token, and asks the database again every `check_s` seconds.

    Log-out, a changed role or a closed account therefore holds in every process within `check_s` seconds, and in
    the process that signed the caller out at once.
    """

    sessions: sessionmaker[Session]
    signer: TokenSigner
    clock: Callable[[], datetime]
    check_s: int
    _seen: dict[str, _Seen] = field(default_factory=dict)

    def identify(self, authorization: str | None) -> Caller:
        """Return the caller of an Authorization header, or raise UnauthenticatedError."""
        caller = self.recall(authorization)
        if caller is not None:
            return caller
        if authorization is None or not authorization.startswith(_SCHEME):
            raise UnauthenticatedError
        return self._check(authorization[len(_SCHEME) :], now=self.clock()).caller

    def recall(self, authorization: str | None) -> Caller | None:
        """Return the caller of an Authorization header while the last look at the database still counts, else None."""
        if authorization is None or not authorization.startswith(_SCHEME):
            return None
        seen = self._seen.get(authorization[len(_SCHEME) :])
        if seen is None:
            return None
        now_s = self.clock().timestamp()
        return seen.caller if now_s < seen.expires_at_s and now_s < seen.checked_at_s + self.check_s else None

    def forget(self, family_id: UUID) -> None:
        """Drop what is remembered of one log-in."""
        for token, seen in list(self._seen.items()):
            if seen.caller.family_id == family_id:
                self._seen.pop(token, None)

    def _check(self, token: str, *, now: datetime) -> _Seen:
        self._seen.pop(token, None)
        claims = self.signer.read(token, now=now)
        with self.sessions() as session:
            caller = get_caller(session, account_id=claims.account_id, family_id=claims.family_id)
        if caller is None:
            raise UnauthenticatedError
        if len(self._seen) >= MAX_REMEMBERED:
            self._seen.clear()
        seen = self._seen[token] = _Seen(caller, claims.expires_at_s, now.timestamp())
        return seen


def check_role(caller: Caller, *, roles: frozenset[Role]) -> None:
    """Raise RoleRefusedError unless the caller has one of the roles."""
    if caller.role not in roles:
        raise RoleRefusedError
