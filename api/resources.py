"""What views reach for: everything that lives as long as the process. Made in app.py, read from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from flask import current_app, g
from sqlalchemy.orm import Session, sessionmaker

from api.auth import Doorkeeper
from api.database import ReadSessions
from api.fragments import FragmentShelf
from api.metrics import Metrics
from api.released import WarmAnswers
from api.settings import WebSettings
from api.sign_in import Desk
from geo.snapshot import Snapshot, SnapshotStore
from messaging.campaigns.ports import JobQueue
from messaging.campaigns.settings import MessagingRules
from radar.archive import Archive

Clock: TypeAlias = Callable[[], datetime]
EXTENSION = "fieldreach"


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything that lives as long as the process. `sessions` writes; `read_sessions` may be replicas.

    `card_keys` sign persona cards, the current one first.
    """

    settings: WebSettings
    rules: MessagingRules
    clock: Clock
    sessions: sessionmaker[Session]
    read_sessions: ReadSessions
    doorkeeper: Doorkeeper
    desk: Desk
    queue: JobQueue
    snapshots: SnapshotStore
    archive: Archive
    card_keys: tuple[bytes, ...]
    warm: WarmAnswers
    fragments: FragmentShelf
    metrics: Metrics


def get_resources() -> Resources:
    """Return the resources of the running application."""
    resources: Resources = current_app.extensions[EXTENSION]
    return resources


def get_snapshot() -> Snapshot:
    """Return the release that this request answers from: one and the same, even if a new one comes meanwhile."""
    if "snapshot" not in g:
        g.snapshot = get_resources().snapshots.current()
    snapshot: Snapshot = g.snapshot
    return snapshot
