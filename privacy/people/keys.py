"""Where the keys of the people side come from: a small JSON file that only its owner may read.

With a key management service the file holds wrapped keys only, and is worth nothing without the service.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from pathlib import Path
from typing import Protocol, TypeAlias

from privacy.people.errors import FIRST_KEYS, VERSIONED, KeyFileError, KeyMissingError, KeyName, KeyShareError
from privacy.people.kms import Kms, PlainKeys

KEY_BYTES = 32
_FIRST = 1
_PLAIN = PlainKeys()
_Content: TypeAlias = dict[KeyName, dict[int, str]]


class KeyStore(Protocol):
    """Gives keys by name. A process is given only the keys that its work needs."""

    def find_versions(self, name: KeyName, /) -> tuple[int, ...]:
        """Return the versions of a key, the newest first; it is the one to write with. Raises KeyMissingError."""
        ...

    def get_key(self, name: KeyName, /, *, version: int = _FIRST) -> bytes:
        """Return a key, 32 bytes. Raises KeyMissingError."""
        ...


class FileKeyStore:
    """Keys from a JSON file: by name, those that rotate by version too; a file may hold only some of them."""

    def __init__(self, path: Path, *, kms: Kms = _PLAIN) -> None:
        """Read the file. Raises KeyFileError if it is missing, open to others, or no key file; KmsError."""
        self._path = path
        self._kms = kms
        self._texts: _Content = {}
        self._keys: dict[tuple[KeyName, int], bytes] = {}
        self._read()

    def find_versions(self, name: KeyName, /) -> tuple[int, ...]:
        """Return the versions in the file as it was read last, the newest first. Raises KeyMissingError."""
        if not self._texts.get(name):
            raise KeyMissingError(name=name)
        return tuple(sorted(self._texts[name], reverse=True))

    def get_key(self, name: KeyName, /, *, version: int = _FIRST) -> bytes:
        """Return a key, 32 bytes. Raises KeyMissingError.

        A version that is not there is looked for in the file again: a sender that runs on while a key is rotated
        meets the new version in the database before anybody has told it.
        """
        if (name, version) not in self._keys:
            self._read()
        if (name, version) not in self._keys:
            raise KeyMissingError(name=name, version=version if name in VERSIONED else None)
        return self._keys[name, version]

    def _read(self) -> None:
        self._texts = _read_texts(self._path)
        for name, texts in self._texts.items():
            for version, text in texts.items():
                if (name, version) not in self._keys:
                    self._keys[name, version] = self._unwrap(text, name=name, version=version)

    def _unwrap(self, text: str, *, name: KeyName, version: int) -> bytes:
        key = self._kms.unwrap(text, name=name, version=version)
        if len(key) != KEY_BYTES:
            raise KeyFileError(reason="length")
        return key


def create_key_file(path: Path, *, names: frozenset[KeyName] = frozenset(KeyName), kms: Kms = _PLAIN) -> None:
    """Write a new file of fresh random keys, readable by its owner only. Raises FileExistsError, never overwrites."""
    content: _Content = {name: {_FIRST: _make(name, version=_FIRST, kms=kms)} for name in sorted(names)}
    _write(path, content)


def copy_key_file(path: Path, *, target: Path, names: frozenset[KeyName], replaces: bool = False) -> None:
    """Write a file that holds only some keys of another, for a process that needs no more, with all their versions.

    With `replaces` a share of `path` that is there is replaced, whole or not at all, but nothing else is
    (KeyShareError). Raises FileExistsError; KeyMissingError where `path` lacks one of the keys.
    """
    content = _read_texts(path)
    missing = sorted(names - content.keys())
    if missing:
        raise KeyMissingError(name=missing[0])
    share = {name: content[name] for name in sorted(names)}
    if not replaces or not target.exists():
        _write(target, share)
        return
    _check_replaceable(_read_texts(target), whole=content)
    _replace(target, share)


def _check_replaceable(share: _Content, *, whole: _Content) -> None:
    """Refuse where the last copy of a key could go: keys without versions are the same in a file and its shares."""
    if share.keys() >= FIRST_KEYS:
        raise KeyShareError(reason="whole")
    if any(texts != whole.get(name) for name, texts in share.items() if name not in VERSIONED):
        raise KeyShareError(reason="other")


def add_missing_keys(path: Path, *, kms: Kms = _PLAIN) -> list[KeyName]:
    """Add a fresh key for each name that a whole file of an earlier release lacks; returns those names.

    A share is refused: what is invented for it would be nobody else's. The file is replaced whole, so that a crash
    leaves the old or the new one. Raises KeyShareError, KeyFileError, KmsError.
    """
    content = _read_texts(path)
    if not content.keys() >= FIRST_KEYS:
        raise KeyShareError(reason="share")
    missing = sorted(frozenset(KeyName) - content.keys())
    if missing:
        _replace(path, content | {name: {_FIRST: _make(name, version=_FIRST, kms=kms)} for name in missing})
    return missing


def add_version(path: Path, *, name: KeyName, kms: Kms = _PLAIN) -> int:
    """Add a fresh key as the newest version of one that rotates; returns its number. Raises KeyMissingError."""
    content = _read_texts(path)
    if name not in VERSIONED or name not in content:
        raise KeyMissingError(name=name)
    version = max(content[name]) + 1
    content[name][version] = _make(name, version=version, kms=kms)
    _replace(path, content)
    return version


def check_removable(path: Path, *, name: KeyName, version: int) -> None:
    """Raise KeyMissingError unless a file holds a version of a key and a newer one."""
    versions = _read_texts(path).get(name, {})
    if version not in versions or version == max(versions):
        raise KeyMissingError(name=name, version=version)


def remove_version(path: Path, *, name: KeyName, version: int) -> None:
    """Take an old version out of a file, for ever. Raises KeyMissingError; the newest cannot be removed."""
    check_removable(path, name=name, version=version)
    content = _read_texts(path)
    del content[name][version]
    _replace(path, content)


def _make(name: KeyName, *, version: int, kms: Kms) -> str:
    return kms.wrap(secrets.token_bytes(KEY_BYTES), name=name, version=version)


def _write(path: Path, content: _Content) -> None:
    written = {
        name: {str(version): text for version, text in sorted(texts.items())} if name in VERSIONED else texts[_FIRST]
        for name, texts in content.items()
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(written, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, content: _Content) -> None:
    """Put a new file in the place of the old one, whole or not at all."""
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write(scratch, content)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def _read_texts(path: Path) -> _Content:
    try:
        mode = path.stat().st_mode
        text = path.read_text()
    except OSError:
        raise KeyFileError(reason="missing") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(reason="exposed")
    try:
        content: _Content = {KeyName(name): _read_versions(value) for name, value in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        raise KeyFileError(reason="syntax") from None
    return content


def _read_versions(value: object) -> dict[int, str]:
    """Read one key: text, or texts by version; a file from before a key had versions holds its first."""
    versions = value if isinstance(value, dict) else {str(_FIRST): value}
    texts = {int(version): text for version, text in versions.items() if isinstance(text, str)}
    if len(texts) < max(len(versions), 1):
        raise TypeError
    return texts
