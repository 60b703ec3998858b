"""`manage.py demo`: the whole story by HTTP against the running system, line by line, with the proof at its end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

import click
import requests

from stack import demo_city
from stack.demo_client import Carrier, FieldClient, Json
from stack.demo_planner import talk_with_somebody
from stack.environment import Installation
from stack.paths import get_run_dir
from stack.read_routes import HERE
from stack.reading import find_clients, read_everything
from stack.telling import demand, say, wait_for

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEATMAPS = {"community heatmap": "/v1/yingxiaobao/communities", "user heatmap": "/v1/yingxiaobao/heatmap"}
_QUOTA = 100
_SENT_WITHIN_S = 120
_DONE_WITHIN_S = 180
_SHANGHAI = ZoneInfo("Asia/Shanghai")


def _sign_in(installation: Installation) -> FieldClient:
    """Log in as the first salesperson who may still send today: each may send three broadcasts a day."""
    for account in demo_city.read_staff(installation):
        if account["role"] != "salesperson":
            continue
        client = FieldClient(installation.address("web"))
        client.log_in(account["login"], account["password"])
        if client.count_sent_today() < 3:  # noqa: PLR2004 - the rule's own number
            return client
    raise click.ClickException("demo: every demo salesperson has sent three broadcasts today")


def _show_territory(client: FieldClient) -> None:
    me = client.get("/v1/me")
    districts = "、".join(district["name"] for district in me["territory"])
    say(f"1. {me['display_name']} signs in. Territory: {districts}.")


def _show_communities(client: FieldClient, category: str) -> list[str]:
    found = client.get("/v1/yingxiaobao/communities", **HERE, category=category, limit="30")
    rows = found["communities"]
    say(f"2. The {len(rows)} nearest communities and their need for a new {category} (release {found['release_id']}):")
    for row in rows[:5]:
        need = row["needs"][category]
        shown = "few" if need["few"] else f"{need['value']:.0f} ± {need['moe95']:.0f}"
        say(f"   {row['distance_m']:5.0f} m  {row['name']}, {row['district']['name']}: users "
             f"{row['users']['value']:.0f}, need {shown}")  # fmt: skip
    return [row["community_code"] for row in rows]


def _show_heatmap(client: FieldClient, category: str) -> None:
    heat = client.get("/v1/yingxiaobao/heatmap", **HERE, category=category, radius_m="5000")
    need = heat["total"]["need"]
    say(f"3. Within 5 km: {len(heat['features'])} cells, need {need['value']:.0f} ± {need['moe95']:.0f} households.")


def _choose_category(client: FieldClient) -> Json:
    """Return the first category, from another one each minute, whose released need around here allows a quota."""
    categories = client.get("/v1/catalog")["categories"]
    start = datetime.now(UTC).minute % len(categories)
    for category in categories[start:] + categories[:start]:
        near = client.get("/v1/yingxiaobao/communities", **HERE, category=category["code"], limit="30")
        codes = [row["community_code"] for row in near["communities"]]
        audience = {"community_codes": codes, "category": category["code"], "body": ""}
        if client.post("/v1/yingxiaobao/broadcasts/preview", audience)["allowed_quotas"]:
            return Json(category)
    raise click.ClickException("demo: the released need allows no quota here in any category")


def _show_refusal(client: FieldClient, audience: Json) -> None:
    preview = client.post(
        "/v1/yingxiaobao/broadcasts/preview", audience | {"body": "以旧换新详情请加微信 abc12345 联系我"}
    )
    demand(that=preview["verdict"] == "refuse", otherwise="a text with a private contact was not refused")
    finding = preview["findings"][0]
    say(f"4. A text with a private contact is refused while typing: {finding['detail']}")


def _send(client: FieldClient, audience: Json, *, product: str) -> str:
    body = f"旧{product}费电又占地？到店以旧换新可享补贴，{datetime.now(_SHANGHAI):%H点%M分}起接受预约。"
    preview = client.post("/v1/yingxiaobao/broadcasts/preview", audience | {"body": body})
    say(f"5. Preview, exactly as it will arrive ({preview['segments']} segment): {preview['final_text']}")
    say(f"   Allowed quotas by the released need: {preview['allowed_quotas']}")
    quota = _QUOTA if _QUOTA in preview["allowed_quotas"] else min(preview["allowed_quotas"], default=0)
    demand(that=quota > 0, otherwise="the released need allows no quota here")
    key = str(uuid4())
    request = audience | {"body": body, "quota": quota}
    first = client.post("/v1/yingxiaobao/broadcasts", request, key=key)
    again = client.post("/v1/yingxiaobao/broadcasts", request, key=key)
    demand(that=first["broadcast_id"] == again["broadcast_id"], otherwise="a double tap made two broadcasts")
    say(f"6. Sent, tapped twice, accepted once: {quota} {first['state']}. Who they are, nobody in front learns.")
    return str(first["broadcast_id"])


def _follow(client: FieldClient, carrier: Carrier, broadcast_id: str, *, before: int) -> None:
    path = f"/v1/yingxiaobao/broadcasts/{broadcast_id}"
    text = client.get(path)["final_text"]
    wait_for(lambda: carrier.count_accepted() > before, within_s=_SENT_WITHIN_S, otherwise="no message left")
    wait_for(carrier.is_quiet, within_s=_SENT_WITHIN_S, otherwise="the messages do not come to an end")
    stats = carrier.get_stats()
    demand(that=stats["duplicates"] == 0, otherwise="a phone got a message twice")
    arrived = carrier.find_arrived(text)
    quota = int(client.get(path)["quota"])
    demand(that=0 < len(arrived) <= quota, otherwise=f"{len(arrived)} messages arrived for a quota of {quota}")
    say(f"7. On the phones, as only the carrier sees it: {len(arrived)} messages, no phone twice. One of them:")
    say(f"   {arrived[0]}")
    wait_for(lambda: client.get(path)["state"] == "done", within_s=_DONE_WITHIN_S, otherwise="it never became done")
    say("8. At the next slot the salesperson reads: done. No count, no names, no times.")


def _prove(installation: Installation, clients: Mapping[str, FieldClient], known: Mapping[str, str]) -> None:
    before = read_everything(clients, **known)
    refused = [path for path, answer in before.items() if answer.status != requests.codes.ok]
    demand(that=not refused, otherwise=f"refused, which proves nothing: {', '.join(refused)}")
    say("10. The people database is stopped.")
    installation.people.stop()
    try:
        demand(that=not installation.people.is_running(), otherwise="the people database still answers")
        after = read_everything(clients, **known)
        for path, answer in before.items():
            demand(that=after[path] == answer, otherwise=f"{path} changed without the people database")
        for name, path in _HEATMAPS.items():
            say(f"   {name}: {len(before[path].content):,} bytes, the same to the last one.")
        say(f"   So are all {len(before)} reads of the API, by status, ETag and content.")
        say(f"   Left out: what the operator reads of the pump, {_tell_pump(clients['operator'])}")
    finally:
        installation.people.start()
    say("   The people database is back.")


def _tell_pump(operator: FieldClient) -> str:
    report = operator.get("/v1/operations/pump")["report"]
    return f"whose last sign of life is of {report['told_at']}."


@click.command()
@click.option("--name", default="demo", show_default=True, help="The installation's folder below .run/.")
def demo(name: str) -> None:
    """Tell the whole story by HTTP against the running system."""
    installation = Installation.at(get_run_dir(name))
    if not FieldClient(installation.address("web")).is_ready():
        raise click.ClickException("the system is not running: `make run` in another shell first")
    client = _sign_in(installation)
    carrier = Carrier.of(installation)
    chosen = _choose_category(client)
    category = str(chosen["code"])
    _show_territory(client)
    codes = _show_communities(client, category)
    _show_heatmap(client, category)
    audience = {"community_codes": codes, "category": category}
    _show_refusal(client, audience)
    before = carrier.count_accepted()
    broadcast_id = _send(client, audience, product=chosen["name_zh"])
    _follow(client, carrier, broadcast_id, before=before)
    clients = find_clients(installation) | {"salesperson": client}
    known = {"broadcast_id": broadcast_id, **talk_with_somebody(clients["planner"], carrier)}
    _prove(installation, clients, known)
    say("demo: ok")
