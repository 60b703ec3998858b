"""Reads a drop's manifest and holds each file against it, before a single row is looked at."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from privacy.people.drop.errors import DropError
from privacy.people.drop.values import Datum, Drop, DropFile, DropProblem, TableName

MANIFEST = "manifest.json"
SUFFIXES = (".parquet", ".csv")
_LARGEST_MANIFEST = 65_536
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_BLOCK = 1 << 20


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    rows: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    drop_id: Annotated[str, Field(pattern="^[A-Za-z0-9._-]{1,64}$")]
    month: Annotated[str, Field(pattern=f"^{_MONTH.pattern}$")]
    datum: Datum
    files: dict[str, _File]


def read_manifest(drop_dir: Path, /) -> Drop:
    """Return the drop that a folder holds. Raises DropError; the files are only looked up, not read."""
    try:
        with (drop_dir / MANIFEST).open("rb") as file:
            content = file.read(_LARGEST_MANIFEST)
    except OSError:
        raise DropError(problem=DropProblem.MANIFEST_MISSING) from None
    try:
        manifest = _Manifest.model_validate_json(content.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError:
        raise DropError(problem=DropProblem.MANIFEST_MALFORMED) from None
    year, month = manifest.month.split("-")
    return Drop(
        drop_id=manifest.drop_id,
        month=date(int(year), int(month), 1),
        datum=manifest.datum,
        files=_find_files(drop_dir, promised=manifest.files),
        manifest_sha256=hashlib.sha256(content).digest(),
    )


def check_content(drop: Drop, /) -> None:
    """Compare each file with its checksum. Raises DropError."""
    for file in drop.files.values():
        digest = hashlib.sha256()
        with file.path.open("rb") as opened:
            while block := opened.read(_BLOCK):
                digest.update(block)
        if digest.hexdigest() != file.sha256:
            raise DropError(problem=DropProblem.CHECKSUM_WRONG, file=file.path.name)


def _find_files(drop_dir: Path, *, promised: dict[str, _File]) -> dict[TableName, DropFile]:
    found: dict[TableName, DropFile] = {}
    for name, file in promised.items():
        path = _get_path(drop_dir, name=name)
        table = TableName(path.stem)
        if table in found:
            raise DropError(problem=DropProblem.TABLE_TWICE, file=table)
        found[table] = DropFile(table, path, file.rows, file.sha256)
    for table in TableName:
        if table not in found:
            raise DropError(problem=DropProblem.TABLE_MISSING, file=table)
    return found


def _get_path(drop_dir: Path, *, name: str) -> Path:
    # The name is matched against our own list, so that a manifest cannot point outside its folder.
    known = {f"{table}{suffix}" for table in TableName for suffix in SUFFIXES}
    if name not in known:
        raise DropError(problem=DropProblem.FILE_NAME_UNKNOWN)
    path = drop_dir / name
    if path.is_symlink() or not path.is_file():
        raise DropError(problem=DropProblem.FILE_MISSING, file=name)
    return path
