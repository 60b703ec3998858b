"""Signs releases that tests write by hand, as publishing would."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from privacy.release.figures import compute_digest
from privacy.release.models import Release
from privacy.release.queries import get_head, get_headed_figures
from privacy.release.signing import get_public_key, make_signer, write_public_key

SEED = bytes(range(32))
SIGN = make_signer(SEED)
PUBLIC_KEYS = (get_public_key(SEED),)
TRUSTED = write_public_key(PUBLIC_KEYS[0])


def seal(session: Session, *, release_id: str) -> None:
    """Give a stored release the digest of its figures and a signature over it."""
    session.flush()
    session.expire_all()
    head = get_head(session, release_id=release_id)
    digest = compute_digest(
        get_headed_figures(session, head=head),
        release_id=release_id,
        as_of=head.release.as_of,
        parameters=head.parameters,
    )
    stored = update(Release).where(Release.release_id == release_id)
    session.execute(stored.values(figures_sha256=digest, signature=SIGN(digest)))
    session.expire_all()
