"""The Flask application of the double."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from field_apps_mock.carrier.aliyun import make_aliyun
from field_apps_mock.carrier.api import make_api
from field_apps_mock.carrier.control import make_control
from field_apps_mock.carrier.errors import TwilioError
from field_apps_mock.carrier.inbox import make_inbox
from field_apps_mock.carrier.values import API_VERSION

if TYPE_CHECKING:
    from field_apps_mock.carrier.network import Network


def _answer_error(error: TwilioError) -> tuple[Response, int]:
    answer = jsonify(error.to_json())
    if error.retry_after_s is not None:
        answer.headers["Retry-After"] = str(error.retry_after_s)
    if error.status == 401:  # noqa: PLR2004 - Unauthorized
        answer.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return answer, error.status


def make_app(network: Network, *, stopping: threading.Event | None = None) -> Flask:
    """Return the application over a network; `stopping` ends answers that hang."""
    app = Flask("field_apps_mock.carrier", static_folder=None)
    app.register_blueprint(make_api(network, stopping=stopping or threading.Event()))
    app.register_blueprint(make_control(network))
    app.register_blueprint(make_inbox(network))
    if network.settings.aliyun is not None:
        aliyun = make_aliyun(network, account=network.settings.aliyun, stopping=stopping or threading.Event())
        app.register_blueprint(aliyun)

    @app.errorhandler(TwilioError)
    def answer_twilio_error(error: TwilioError) -> tuple[Response, int]:
        return _answer_error(error)

    @app.errorhandler(HTTPException)
    def answer_other_error(error: HTTPException) -> tuple[Response, int] | HTTPException:
        if request.path.startswith(f"/{API_VERSION}"):
            return _answer_error(TwilioError(20004 if isinstance(error, MethodNotAllowed) else 20404))
        return error

    return app
