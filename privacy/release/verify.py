"""Checks that the stored figures of a release are, to the last bit, those that were published."""

from __future__ import annotations

import hmac

from sqlalchemy.orm import Session

from privacy.release.errors import FiguresAlteredError
from privacy.release.figures import compute_digest
from privacy.release.queries import get_figures, get_parameters, get_release
from privacy.release.values import PublishedRelease


def check_release(session: Session, *, release_id: str) -> PublishedRelease:
    """Return the release after recomputing its digest. Raises FiguresAlteredError and ReleaseNotFoundError."""
    release = get_release(session, release_id=release_id)
    digest = compute_digest(
        get_figures(session, release_id=release_id),
        release_id=release_id,
        as_of=release.as_of,
        parameters=get_parameters(session, release_id=release_id),
    )
    if not hmac.compare_digest(digest, release.figures_sha256):
        raise FiguresAlteredError(release_id=release_id)
    return release
