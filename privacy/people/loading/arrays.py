"""Arrays as bytes, for what one process finds out about a part of a drop and another goes on with."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Arrays: TypeAlias = dict[str, NDArray[Any]]


def pack(arrays: Arrays, /) -> bytes:
    """Return arrays as the bytes of an .npz file; only numbers."""
    sink = io.BytesIO()
    np.savez(sink, allow_pickle=False, **arrays)
    return sink.getvalue()


def unpack(content: bytes, /) -> Arrays:
    """Return the arrays that `pack` made bytes of. Nothing in the bytes is carried out."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def join(parts: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    """Join arrays of one kind; none make an empty one."""
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)
