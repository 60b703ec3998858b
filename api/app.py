"""The composition root of the web process: what is made here is handed in everywhere else."""

from __future__ import annotations

import gc
from contextlib import suppress
from datetime import UTC, datetime
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from flask import Flask
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.middleware.proxy_fix import ProxyFix

from api import error_handlers
from api.auth import Doorkeeper
from api.browsers import open_to_browsers
from api.database import RECYCLE_S, ReadSessions, make_engine, make_sessions
from api.fragments import FragmentShelf
from api.jiaohubao.active_users import active_users
from api.jiaohubao.conversations import conversations
from api.jiaohubao.interests import interests
from api.jiaohubao.invitations import invitations
from api.jiaohubao.life_circle import life_circle
from api.jiaohubao.months import months
from api.jiaohubao.pain_points import pain_points
from api.metrics import Metrics
from api.openapi import get_description, make_api
from api.released import WarmAnswers
from api.request_log import RequestLog, register
from api.resources import EXTENSION, Clock, Resources
from api.settings import WebSettings
from api.shared.catalog import catalog
from api.shared.health import health
from api.shared.login import login
from api.shared.operations import operations
from api.shared.pages import pages
from api.shared.reviews import reviews
from api.short_way import ShortWay
from api.sign_in import Desk
from api.tokens import TokenSigner
from api.yingxiaobao.broadcasts import broadcasts
from api.yingxiaobao.communities import communities
from api.yingxiaobao.heatmap import heatmap
from api.yingxiaobao.outcomes import outcomes
from api.yingxiaobao.territory import territory
from api.yingxiaobao.tiles import tiles
from geo.snapshot import SnapshotStore
from messaging.campaigns.content.rules import get_shipped_rules
from messaging.campaigns.ports import JobQueue
from messaging.campaigns.rq_queue import RqJobQueue
from messaging.campaigns.settings import MessagingRules, Mode
from privacy.redaction import configure_logging
from radar.archive import Archive
from radar.cards import derive_key

MAX_BODY_BYTES = 64 * 1024


class SilentQueue:
    """Wakes nobody: for descriptions and tests that send nothing."""

    def wake(self, *, campaign_id: UUID) -> None:
        """Do nothing."""


def get_now() -> datetime:
    """Return the time, aware, UTC."""
    return datetime.now(UTC)


def create_web() -> Flask:
    """Make the application that Granian serves: settings from the environment, releases watched."""
    configure_logging("web")
    settings = WebSettings()
    queue = RqJobQueue(settings.redis_url.get_secret_value(), groups=settings.delivery_groups)
    resources = make_resources(settings, queue=queue)
    resources.snapshots.start_watching(interval_s=settings.snapshot_check_s)
    get_shipped_rules()  # built now, and not while somebody waits for the first preview
    Thread(target=_prepare, args=(resources,), name="prepare", daemon=True).start()
    return create_app(resources)


def _prepare(resources: Resources) -> None:
    """Load what answers come from: the current figures first, then the months that the radars' series show."""
    with suppress(SQLAlchemyError):  # the watcher tells of it, and tries again
        resources.snapshots.refresh()
    gc.collect()
    gc.freeze()  # all of it stays: looking through it again would only hold up a request
    resources.archive.warm(resources.read_sessions)


def describe() -> dict[str, Any]:
    """Return the OpenAPI description, without any database or secret of an installation."""
    nowhere = SecretStr("postgresql+psycopg://127.0.0.1:1/none")
    settings = WebSettings(
        mode=Mode.TEST, serving_url=nowhere, redis_url=SecretStr("redis://"), jwt_secret=SecretStr(token_urlsafe(32))
    )
    rules = MessagingRules(mode=Mode.TEST)
    return get_description(create_app(make_resources(settings, queue=SilentQueue(), rules=rules)))


def make_resources(
    settings: WebSettings,
    *,
    queue: JobQueue,
    clock: Clock = get_now,
    rules: MessagingRules | None = None,
    hasher: PasswordHasher | None = None,
) -> Resources:
    """Put together what the views need. Nothing connects anywhere yet."""
    sessions = make_sessions(make_engine(settings.serving_url))
    metrics = Metrics.make()
    read_sessions = _make_read_sessions(settings, primary=sessions, metrics=metrics)
    signer = TokenSigner(settings.jwt_secret, settings.jwt_previous_secret, settings.access_token_s)
    return Resources(
        settings=settings,
        rules=rules or MessagingRules(),
        clock=clock,
        sessions=sessions,
        read_sessions=read_sessions,
        doorkeeper=Doorkeeper(sessions, signer, clock, settings.session_check_s),
        desk=_make_desk(sessions, signer=signer, hasher=hasher or PasswordHasher(), settings=settings),
        queue=queue,
        snapshots=SnapshotStore(
            read_sessions,
            clock,
            public_keys=settings.trusted_keys,
            on_refused=metrics.count_refused_release,
        ),
        archive=Archive(public_keys=settings.trusted_keys, clock=clock),
        card_keys=_make_card_keys(settings),
        warm=WarmAnswers(settings.warm_answers_mb * 1024 * 1024),
        fragments=FragmentShelf(),
        metrics=metrics,
    )


def create_app(resources: Resources) -> Flask:
    """Make the application around its resources."""
    app = Flask("api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json.ensure_ascii = False  # type: ignore[attr-defined] # Flask's default provider has it
    app.json.sort_keys = False  # type: ignore[attr-defined] # the same
    app.extensions[EXTENSION] = resources
    app.url_map.strict_slashes = False
    request_log = RequestLog(resources.metrics)
    register(app, request_log=request_log)
    error_handlers.register(app)
    _register_routes(app)
    open_up = open_to_browsers(app, origins=resources.settings.cors_origins)
    app.wsgi_app = ShortWay(app, resources=resources, request_log=request_log, open_up=open_up)  # type: ignore[method-assign]
    if hops := resources.settings.trusted_proxy_hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def _make_desk(
    sessions: sessionmaker[Session], *, signer: TokenSigner, hasher: PasswordHasher, settings: WebSettings
) -> Desk:
    return Desk(sessions, signer, hasher, settings, decoy_hash=hasher.hash("nobody's password"))


def _make_read_sessions(settings: WebSettings, *, primary: sessionmaker[Session], metrics: Metrics) -> ReadSessions:
    url = settings.serving_read_url
    replicas = None if url is None else make_sessions(make_engine(url, recycle_s=RECYCLE_S))
    return ReadSessions(primary, replicas, on_primary=metrics.count_read_on_primary)


def _make_card_keys(settings: WebSettings) -> tuple[bytes, ...]:
    secrets = filter(None, (settings.jwt_secret, settings.jwt_previous_secret))
    return tuple(derive_key(secret.get_secret_value().encode()) for secret in secrets)


def _register_routes(app: Flask) -> None:
    api = make_api(app)
    yingxiaobao = (communities, heatmap, tiles, territory, outcomes, broadcasts)
    jiaohubao = (active_users, pain_points, interests, life_circle, months, invitations, conversations)
    for blueprint in (login, catalog, *yingxiaobao, *jiaohubao, reviews, operations, health):
        api.register_blueprint(blueprint)
    app.register_blueprint(pages)
