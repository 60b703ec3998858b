"""A whole sending side for faults: carrier double, gateway, and the sender's processes, all on shortened times."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from field_apps_mock.carrier.server import start_carrier
from field_apps_mock.carrier.values import CarrierSettings
from messaging.delivery.gateway import GatewayParts, make_gateway
from messaging.delivery.settings import GatewaySettings
from messaging.delivery.values import Timings
from privacy.people.keys import FileKeyStore, create_key_file
from privacy.people.vault import Vault
from stack.ports import _find_free_port
from stack.test_services import run_services
from tests.faults.house import ACCOUNT_SID, AUTH_TOKEN, House
from tests.messaging.delivery.world import World, make_recorder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _tell_time() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Give databases, keys, a carrier and a gateway; the test starts and kills the sender's processes itself."""
    key_file = tmp_path / "keys.json"
    create_key_file(key_file)
    port = _find_free_port()
    with run_services() as services:
        keys = FileKeyStore(key_file)
        world = World(services, vault=Vault(keys), recorder=make_recorder(keys), clock=_tell_time)
        settings = CarrierSettings(ACCOUNT_SID, AUTH_TOKEN, f"http://127.0.0.1:{port}/twilio/inbound", (), 0.2, 0.4)
        with start_carrier(
            settings, state=tmp_path / "carrier.db", clock=_tell_time, host="127.0.0.1", port=0
        ) as carrier:
            house = House(world=world, key_file=key_file, carrier_url=carrier.url, gateway_port=port, logs=tmp_path)
            house.empty_redis()
            with _serve_gateway(house):
                yield house
                house.stop_all()
        world.close()


class _serve_gateway:  # noqa: N801 - reads as a verb in a with statement
    def __init__(self, house: House) -> None:
        settings = GatewaySettings.model_validate(
            {
                "mode": "test",
                "people_url": "postgresql://unused",
                "gateway_public_url": house.gateway_url,
                "twilio_account_sid": ACCOUNT_SID,
                "twilio_auth_token": AUTH_TOKEN,
            }
        )
        parts = GatewayParts(
            house.world.gateway, house.world.vault, _tell_time, Timings(first_poll=timedelta(seconds=3))
        )
        app = make_gateway(settings, parts=parts)
        self._server = make_server("127.0.0.1", house.gateway_port, app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
