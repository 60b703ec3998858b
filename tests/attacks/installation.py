"""A private installation for the attackers: a small city, fifty salespeople, and no patience lost on waiting.

Only times and daily amounts differ from the demo: a state is shown every two seconds, so that a day passes in a minute.
"""

from __future__ import annotations

import csv
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stack import demo_city, up
from stack.environment import Installation
from stack.paths import get_run_dir, remove_run_dir
from stack.ports import get_port
from stack.processes import Supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "attacks"
HOUSEHOLDS = 40_000
ACCOUNTS = 50
TERRITORY = (370202, 370203, 370211, 370212, 370213, 370214, 370215, 370281, 370283, 370285)
SLOT_S = 2
MOST_BROADCASTS = 1_000_000
"""Of an account and day, and as many recipients; the organisation may ten times as many, so that it tells nothing."""
_HASTE = {
    "DONE_EVERY_S": str(SLOT_S),
    "ACTOR_BROADCASTS_PER_DAY": str(MOST_BROADCASTS),
    "ACTOR_RECIPIENTS_PER_DAY": str(MOST_BROADCASTS),
    "ORGANISATION_MESSAGES_PER_DAY": str(10 * MOST_BROADCASTS),
    "LOGINS_PER_MINUTE": "10000",
    "SEND_RATE_PER_S": "200",
    # Nobody is held out, so that whoever may be written to is written to: the two worlds differ every time.
    "HELD_OUT_SHARE": "0",
    "TICK_S": "0.25",
}


class AttackedInstallation(Installation):
    """An installation whose processes are told shorter times, on ports of its own."""

    __slots__ = ()

    def port(self, service: str) -> int:
        """Return the port of a service: any free one, beside whatever else runs on this machine."""
        return get_port(self.run_dir, service)

    def variables(self, process: str) -> dict[str, str]:
        """Return the settings of one process."""
        return super().variables(process) | _HASTE


def _write_staff(installation: Installation) -> None:
    file = installation.run_dir / "staff.csv"
    territory = ";".join(str(adcode) for adcode in TERRITORY)
    file.touch(mode=0o600)
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["login", "display_name", "role", "territory", "password"])
        for number in range(1, ACCOUNTS + 1):
            writer.writerow(
                [f"attacker-{number:02d}", f"营销 {number:02d}", "salesperson", territory, secrets.token_hex(6)]
            )


@contextmanager
def run_installation() -> Iterator[Installation]:
    """Load a city of 40,000 households, start every process, and remove it all at the end."""
    get_run_dir(NAME)
    remove_run_dir(NAME)
    with up.hold(NAME) as held:
        installation = AttackedInstallation.at(held.run_dir)
        supervisor = Supervisor(installation)
        try:
            up.start_services(installation)
            _write_staff(installation)
            demo_city.load(installation, households=HOUSEHOLDS, is_stopped=lambda: False)
            programs = [each for each in up._prepare_programs(installation) if each.name != "app"]
            up._start_programs(supervisor, programs, is_stopped=lambda: False)
            yield installation
        finally:
            supervisor.stop()
            up.stop_services(installation)
    remove_run_dir(NAME)
