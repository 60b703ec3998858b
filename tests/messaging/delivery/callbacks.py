"""A gateway's settings, and one message with the callbacks that the carrier would post about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from twilio.request_validator import RequestValidator

from messaging.delivery.models import Message, MessageState
from messaging.delivery.settings import GatewaySettings
from tests.messaging.delivery.fakes import make_sid

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.messaging.delivery.world import Person, World

ACCOUNT = "AC" + "1" * 32
BASE = "https://gateway.example/hooks"
CURRENT, PREVIOUS, FOREIGN = "current-token", "previous-token", "foreign-token"


def make_settings(*, answer_within_s: float = 60.0) -> GatewaySettings:
    """Return a gateway's settings, patient unless a test is about time: a busy machine proves nothing."""
    return GatewaySettings.model_validate(
        {
            "mode": "test",
            "people_url": "postgresql://unused",
            "gateway_public_url": BASE,
            "gateway_answer_within_s": answer_within_s,
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": CURRENT,
            "twilio_auth_token_previous": PREVIOUS,
        }
    )


class Sent:
    """One message at the carrier, and the callbacks that the carrier would post about it."""

    def __init__(self, world: World, **changes: Any) -> None:  # noqa: ANN401 - any columns of the row
        """Plan and claim one message, or one as given."""
        self.world = world
        self.person: Person = world.add_household()
        values: dict[str, Any] = {"state": MessageState.SENDING, "attempt": 1} | changes
        self.message_id = world.add_message(self.person, **values)
        self.token: UUID = world.get_message(self.message_id).token
        self.sid = make_sid(77)

    def form(self, status: str, **changes: str) -> dict[str, str]:
        """Return the fields of a status callback."""
        return {
            "AccountSid": ACCOUNT, "MessageSid": self.sid, "SmsSid": self.sid, "MessageStatus": status,
            "To": self.person.phone, "From": "+861069000000", "ApiVersion": "2010-04-01",
        } | changes  # fmt: skip

    @property
    def path(self) -> str:
        """Return the path of this message's callbacks."""
        return f"/twilio/status/{self.token}"

    @property
    def message(self) -> Message:
        """Read the message."""
        return self.world.get_message(self.message_id)


def post(client: FlaskClient, path: str, form: dict[str, str], *, token: str = CURRENT, url: str = "") -> TestResponse:
    """Post a form as the carrier does, signed."""
    signature = RequestValidator(token).compute_signature(url or BASE + path, form)
    return client.post(path, data=form, headers={"X-Twilio-Signature": signature})
