"""The attacks that need a running system: circles, collusion, and the broadcast channel, in that order on one city."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.attacks.attackers import sign_in_all
from tests.attacks.channel_attack import attack_channel
from tests.attacks.circle_attack import judge_recovered, recover, show_others
from tests.attacks.collusion import attack_by_collusion
from tests.attacks.insight import gain_insight
from tests.attacks.installation import run_installation

if TYPE_CHECKING:
    from tests.attacks.sizes import Sizes
    from tests.attacks.values import Row, ShowProgress


def attack_running_system(sizes: Sizes, *, seed: int, show: ShowProgress) -> list[Row]:
    """Bring a city up, attack it over HTTP, take it down; returns the rows."""
    with run_installation() as installation:
        with show("signing fifty accounts in") as progress:
            clients = sign_in_all(installation, progress=progress)
        with show("rehearsing the release") as progress:
            insight = gain_insight(installation, progress=progress)
        with show("asking") as progress:
            recovered, asked = recover(
                clients,
                insight=insight,
                categories=sizes.categories,
                volume=sizes.volume,
                seed=seed,
                progress=progress,
            )
        rows = judge_recovered(recovered, asked=asked) + show_others(recovered, seed=seed)
        with show("asking the same") as progress:
            rows += attack_by_collusion(clients, progress=progress)
        with show("broadcasting") as progress:
            rows += attack_channel(installation, clients, trials=sizes.broadcasts, seed=seed, progress=progress)
    return rows
