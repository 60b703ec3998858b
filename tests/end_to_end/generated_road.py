"""The salesperson's road, walked with a client that a generator made."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.end_to_end.generated import Generated, connect, generate
from tests.live_browser.live_salesperson import make_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live_browser.house import House

LON, LAT = 120.384392, 36.062345  # 五四广场, GCJ-02


@contextmanager
def sign_in_generated(house: House, folder: Path) -> Iterator[Generated]:
    """Generate a client into a folder, sign a salesperson in with it, and out at the end."""
    generate(folder)
    account = house.lend_salesperson(broadcasts=2)
    address = house.system.installation.address("web")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        door = connect(address)
        asked = door.models.Credentials(login=account.login, password=account.password)
        tokens = door.call("log_in", "sign_in", body=asked)
        signed_in = connect(address, token=tokens.access_token)
        yield signed_in
        signed_in.call("log_in", "sign_out", body=door.models.Refresh(refresh_token=tokens.refresh_token))
        assert isinstance(signed_in.call("log_in", "show_me"), door.models.Problem)
        for one in (door, signed_in):
            one.close()


def find_audience(salesperson: Generated, **more: object) -> dict[str, Any]:
    """Return the arguments of an audience around here, and of what is written to it."""
    models = salesperson.models
    found = salesperson.call(
        "communities", "list_communities", lon=LON, lat=LAT, datum=models.Datum.GCJ02,
        category=models.CategoryCode.AIR_CONDITIONER, limit=30,
    )  # fmt: skip
    codes = [community.community_code for community in found.communities]
    return {"category": models.CategoryCode.AIR_CONDITIONER, "community_codes": codes, **more}


def see_the_need(salesperson: Generated) -> None:
    """Learn who one is, and what is needed around here."""
    models = salesperson.models
    me = salesperson.call("log_in", "show_me")
    assert me.role is models.Role.SALESPERSON
    catalog = salesperson.call("catalog", "show_catalog")
    assert models.CategoryCode.AIR_CONDITIONER in {category.code for category in catalog.categories}
    heat = salesperson.call(
        "heatmap", "show_heatmap", lon=LON, lat=LAT, category=models.CategoryCode.AIR_CONDITIONER, radius_m=3000
    )
    assert heat.total.need.value > heat.total.need.moe95 > 0
    assert {cell.geometry.type_ for cell in heat.features} == {models.GeometryType.POLYGON}
    territory = salesperson.call("territory", "show_my_territory")
    assert {district.adcode for district in territory.districts} == {district.adcode for district in me.territory}


def send_once_and_take_back(salesperson: Generated, house: House) -> None:
    """Be warned of a bad text, send a good one twice with one key, and take another one back."""
    models = salesperson.models
    bad = models.Area(**find_audience(salesperson, body="以旧换新详情请加微信 abc12345 联系我"))
    preview = salesperson.call("broadcasts", "preview_broadcast", body=bad)
    assert preview.verdict is models.Verdict.REFUSE
    assert all(0 <= finding.start < finding.end for finding in preview.findings)
    order = models.BroadcastBody(**find_audience(salesperson, body=make_text(), quota=50))
    key = str(uuid4())
    sent = [salesperson.call("broadcasts", "start_broadcast", body=order, idempotency_key=key) for _ in range(2)]
    assert sent[0].broadcast_id == sent[1].broadcast_id
    left = house.count_messages(str(sent[0].broadcast_id))
    arrived = house.carrier.find_arrived(sent[0].final_text)
    assert len(arrived) == sum(count for state, count in left.items() if state != "skipped") > 0
    order.body = make_text()
    other = salesperson.call("broadcasts", "start_broadcast", body=order, idempotency_key=str(uuid4()))
    cancelled = salesperson.call("broadcasts", "cancel_broadcast", broadcast_id=other.broadcast_id)
    assert cancelled.state is models.BroadcastState.CANCELLED
    listed = salesperson.call("broadcasts", "list_broadcasts", limit=10)
    assert [item.broadcast_id for item in listed.items[:2]] == [other.broadcast_id, sent[0].broadcast_id]
    shown = salesperson.call("broadcasts", "show_broadcast", broadcast_id=sent[0].broadcast_id)
    assert shown.state in {models.BroadcastState.ACCEPTED, models.BroadcastState.DONE}


def be_refused(salesperson: Generated) -> None:
    """Send what may not be sent, and read the problem with its places in the text."""
    models = salesperson.models
    order = models.BroadcastBody(**find_audience(salesperson, body="详情请加微信 abc12345", quota=50))
    refused = salesperson.call("broadcasts", "start_broadcast", body=order, idempotency_key=str(uuid4()))
    assert isinstance(refused, models.Problem)
    assert refused.type_.endswith("/problems/text-refused")
    assert [entry.pointer for entry in refused.errors if entry.pointer] != []
