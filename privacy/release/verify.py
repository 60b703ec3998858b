"""Reads a release only if its figures are, to the last bit, those that were published, by whom they should be."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Literal

from sqlalchemy.orm import Session

from privacy.release.errors import FiguresAlteredError, ReleaseNotFoundError, SignatureError
from privacy.release.figures import ReleasedFigures, compute_digest
from privacy.release.queries import ReleaseHead, get_head, get_headed_figures
from privacy.release.signing import is_signed
from privacy.release.values import PublishedRelease, ReleaseId


def _get_figures(session: Session, *, head: ReleaseHead) -> ReleasedFigures:
    """Return the figures of a stored release; rows that are missing or misshapen were altered."""
    try:
        return get_headed_figures(session, head=head)
    except (ReleaseNotFoundError, ValueError):
        raise FiguresAlteredError(release_id=head.release.release_id) from None


def _is_as_published(head: ReleaseHead, *, figures: ReleasedFigures) -> bool:
    release = head.release
    digest = compute_digest(figures, release_id=release.release_id, as_of=release.as_of, parameters=head.parameters)
    # The digest is over the name; month and city stand beside it once more, for those who look for a release.
    is_named = release.release_id == str(ReleaseId(release.month, release.city_code))
    return is_named and hmac.compare_digest(digest, release.figures_sha256)


def read_headed(session: Session, *, head: ReleaseHead, public_keys: Sequence[bytes]) -> ReleasedFigures:
    """Return the figures of a release whose head was read, checked as `read_release` does.

    Raises FiguresAlteredError and SignatureError.
    """
    release = head.release
    figures = _get_figures(session, head=head)
    if not _is_as_published(head, figures=figures):
        raise FiguresAlteredError(release_id=release.release_id)
    if public_keys and (fault := find_signature_fault(release, public_keys=public_keys)):
        raise SignatureError(release_id=release.release_id, reason=fault)
    return figures


def read_release(
    session: Session, *, release_id: str, public_keys: Sequence[bytes]
) -> tuple[PublishedRelease, ReleasedFigures]:
    """Return a release and its figures after recomputing the digest and checking the signature.

    Without public keys only the digest is checked: releases from before they were signed pass, and so would those of
    anybody who can write to the database. Raises ReleaseNotFoundError, FiguresAlteredError and SignatureError.
    """
    head = get_head(session, release_id=release_id)
    return head.release, read_headed(session, head=head, public_keys=public_keys)


def find_signature_fault(
    release: PublishedRelease, *, public_keys: Sequence[bytes]
) -> Literal["missing", "wrong"] | None:
    """Say what is wrong with a release's signature, if anything; the figures are not looked at."""
    if release.signature is None:
        return "missing"
    if is_signed(release.figures_sha256, signature=release.signature, public_keys=public_keys):
        return None
    return "wrong"


def check_release(session: Session, *, release_id: str, public_keys: Sequence[bytes]) -> PublishedRelease:
    """Return a release that `read_release` lets pass."""
    return read_release(session, release_id=release_id, public_keys=public_keys)[0]
