"""The system under test as the stories see it: its addresses, its accounts, its carrier, and what really left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from stack.demo_city import read_staff
from stack.demo_client import Carrier, FieldClient, Json
from tests.browser.conftest import Stack
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.end_to_end.system import RunningSystem

_PER_DAY: Final = 3
_UNDER_WAY: Final = frozenset({"planned", "sending", "unknown"})


@dataclass(slots=True)
class House:
    """A running system. Salespeople are lent one by one: each may send three broadcasts a day."""

    system: RunningSystem
    carrier: Carrier
    lent: set[str] = field(default_factory=set)

    @property
    def origins(self) -> frozenset[str]:
        """Return the addresses that a page may speak to."""
        return frozenset(map(self.system.installation.address, ("app", "web", "carrier", "gateway")))

    def find_account(self, role: str) -> Stack:
        """Return the app's address and an account of a role."""
        return next(self._as_stack(row) for row in read_staff(self.system.installation) if row["role"] == role)

    def lend_salesperson(self, *, broadcasts: int = 0) -> Stack:
        """Return a salesperson whom no other story uses and who may still send so many broadcasts today."""
        for row in read_staff(self.system.installation):
            if row["role"] != "salesperson" or row["login"] in self.lent:
                continue
            if not broadcasts or self._count_sent(row) + broadcasts <= _PER_DAY:
                self.lent.add(row["login"])
                return self._as_stack(row)
        raise AssertionError("every salesperson has sent too much today: start a fresh system")

    def take_tokens(self, account: Stack) -> Json:
        """Return the tokens of a new log-in, as the app keeps them."""
        body = {"login": account.login, "password": account.password}
        return FieldClient(self.system.installation.address("web")).post("/v1/auth/token", body)

    def sign_in(self, account: Stack) -> FieldClient:
        """Return a client of the HTTP API for an account."""
        client = FieldClient(self.system.installation.address("web"))
        client.log_in(account.login, account.password)
        return client

    def count_messages(self, broadcast_id: str, *, within_s: float = 90.0) -> dict[str, int]:
        """Wait until a broadcast's messages have all left and count them by state, as only the people side can."""
        counts: dict[str, int] = {}

        def have_left() -> bool:
            counts.clear()
            counts.update(self.system.count_messages(broadcast_id))
            return bool(counts) and not counts.keys() & _UNDER_WAY

        wait_until(have_left, within_s=within_s)
        return counts

    def _count_sent(self, row: dict[str, str]) -> int:
        return self.sign_in(self._as_stack(row)).count_sent_today()

    def _as_stack(self, row: dict[str, str]) -> Stack:
        return Stack(self.system.installation.address("app"), row["login"], row["password"], None)
