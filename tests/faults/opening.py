"""Opens a house for faults: databases, keys, a carrier double and a gateway, all on shortened times."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

from field_apps_mock.carrier.server import QuietHandler, start_carrier
from field_apps_mock.carrier.values import AliyunAccount, CarrierSettings
from messaging.delivery.everywhere import GatewayParts
from messaging.delivery.gateway import make_gateway
from messaging.delivery.settings import GatewaySettings
from messaging.delivery.values import Timings
from privacy.people.keys import FileKeyStore, create_key_file
from privacy.people.vault import Vault
from stack.ports import _find_free_port
from tests.faults.house import ACCOUNT_SID, ALIYUN, AUTH_TOKEN, House
from tests.messaging.delivery.world import World, make_recorder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from messaging.delivery.ports import Clock
    from stack.test_services import TestServices


@contextmanager
def open_house(folder: Path, *, services: TestServices, clock: Clock) -> Iterator[House]:
    """Give a house whose state lives in `folder`; the sender's processes are for the caller to start and kill."""
    key_file = folder / "keys.json"
    create_key_file(key_file)
    port = _find_free_port()
    keys = FileKeyStore(key_file)
    world = World(services, vault=Vault(keys), recorder=make_recorder(keys), clock=clock)
    inbound_url, aliyun = f"http://127.0.0.1:{port}/twilio/inbound", AliyunAccount(*ALIYUN.values())
    settings = CarrierSettings(ACCOUNT_SID, AUTH_TOKEN, inbound_url, (), 0.2, 0.4, aliyun)
    with start_carrier(settings, state=folder / "carrier.db", clock=clock, host="127.0.0.1", port=0) as carrier:
        house = House(world=world, key_file=key_file, carrier_url=carrier.url, gateway_port=port, logs=folder)
        house.empty_redis()
        with _serve_gateway(house):
            try:
                yield house
            finally:
                house.stop_all()
    world.close()


@contextmanager
def _serve_gateway(house: House) -> Iterator[None]:
    settings = GatewaySettings.model_validate(
        {
            "mode": "test",
            "people_url": "postgresql://unused",
            "gateway_public_url": house.gateway_url,
            "twilio_account_sid": ACCOUNT_SID,
            "twilio_auth_token": AUTH_TOKEN,
        }
    )
    world = house.world
    parts = GatewayParts(world.gateway, world.vault, world.clock, Timings(first_poll=timedelta(seconds=3)))
    server = make_server(
        "127.0.0.1",
        house.gateway_port,
        make_gateway(settings, parts=parts),
        threaded=True,
        request_handler=QuietHandler,
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
