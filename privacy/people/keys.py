"""Where the keys of the people side come from: a small JSON file that only its owner may read."""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
import stat
from pathlib import Path
from typing import Protocol

from privacy.people.errors import KeyFileError, KeyMissingError, KeyName

KEY_BYTES = 32


class KeyStore(Protocol):
    """Gives keys by name. A process is given only the keys that its work needs."""

    @property
    def kek_version(self) -> int:
        """Return the version of the key-encryption key that new phones are sealed under."""
        ...

    def get_kek(self, *, version: int) -> bytes:
        """Return one key-encryption key, 32 bytes. Raises KeyMissingError."""
        ...

    def get_key(self, name: KeyName, /) -> bytes:
        """Return a key without versions, 32 bytes. Raises KeyMissingError."""
        ...


class FileKeyStore:
    """Keys from a JSON file: base64, `kek` by version, the others by name; a file may hold only some of them.

    Every keyed hash in the database depends on its key for ever, so only `kek` has versions.
    """

    def __init__(self, path: Path) -> None:
        """Read the file once. Raises KeyFileError if it is missing, open to others, or no key file."""
        self._keks, self._keys = _read(path)

    @property
    def kek_version(self) -> int:
        """Return the highest version in the file. Raises KeyMissingError where there is none."""
        if not self._keks:
            raise KeyMissingError(name=KeyName.KEK)
        return max(self._keks)

    def get_kek(self, *, version: int) -> bytes:
        """Return one key-encryption key, 32 bytes. Raises KeyMissingError."""
        if version not in self._keks:
            raise KeyMissingError(name=KeyName.KEK, version=version)
        return self._keks[version]

    def get_key(self, name: KeyName, /) -> bytes:
        """Return a key without versions, 32 bytes. Raises KeyMissingError."""
        if name not in self._keys:
            raise KeyMissingError(name=name)
        return self._keys[name]


def create_key_file(path: Path, *, names: frozenset[KeyName] = frozenset(KeyName)) -> None:
    """Write a new file of fresh random keys, readable by its owner only. Raises FileExistsError, never overwrites."""
    content: dict[str, object] = {name: _encode() for name in sorted(names - {KeyName.KEK})}
    if KeyName.KEK in names:
        content[KeyName.KEK] = {"1": _encode()}
    _write(path, content)


def copy_key_file(path: Path, *, target: Path, names: frozenset[KeyName]) -> None:
    """Write a file that holds only some keys of another, for a process that needs no more.

    Raises FileExistsError; KeyMissingError where `path` lacks one of the keys.
    """
    _read(path)
    content = json.loads(path.read_text())
    missing = sorted(names - content.keys())
    if missing:
        raise KeyMissingError(name=KeyName(missing[0]))
    _write(target, {name: content[name] for name in sorted(names)})


def add_missing_keys(path: Path) -> list[KeyName]:
    """Add a fresh key for each name that a file of an earlier release lacks; returns those names.

    The file is replaced whole, so that a crash leaves the old or the new one. Raises KeyFileError.
    """
    _read(path)
    content = json.loads(path.read_text())
    missing = sorted(KeyName(name) for name in KeyName if name not in content)
    if missing:
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        _write(fresh, content | {name: {"1": _encode()} if name is KeyName.KEK else _encode() for name in missing})
        fresh.replace(path)
    return missing


def _encode() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _write(path: Path, content: dict[str, object]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
        file.write("\n")


def _read(path: Path) -> tuple[dict[int, bytes], dict[KeyName, bytes]]:
    try:
        mode = path.stat().st_mode
        text = path.read_text()
    except OSError:
        raise KeyFileError(reason="missing") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(reason="exposed")
    try:
        content = json.loads(text)
        keks = {int(version): _decode(key) for version, key in content.pop(KeyName.KEK, {}).items()}
        return keks, {KeyName(name): _decode(key) for name, key in content.items()}
    except (ValueError, TypeError, AttributeError):
        raise KeyFileError(reason="syntax") from None


def _decode(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError):
        raise KeyFileError(reason="syntax") from None
    if len(key) != KEY_BYTES:
        raise KeyFileError(reason="length")
    return key
