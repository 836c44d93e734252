"""Key files: tight modes, never inside the archive, never an argument."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from archive.durable import create_exclusive, fsync_directory, storage_errors
from archive.errors import KeyUnavailable, StorageError
from archive.private_files import is_private
from hashing.cosignature import CosigningKey
from hashing.errors import EvidenceError
from hashing.note import SigningKey

LOG_KEY = "log.key"
WITNESS_KEY = "witness.key"
RETIRED_WITNESS_KEY = "witness.retired"
KEY_SUFFIX = ".key"
KEY_MODE = 0o600
KEYS_DIRECTORY_MODE = 0o700

_Key = TypeVar("_Key")


def create_log_key(directory: Path, prefix: str) -> SigningKey:
    """Make the station's signing key and keep it in ``directory`` (mode 0700), file mode 0600.

    Args:
        directory: The keys directory; made if it does not exist.
        prefix: ``<organisation>/<station>``.

    Raises:
        StorageError: There is a key already, which is never overwritten.
        MalformedKey: The prefix cannot be part of a key name.
    """
    key = SigningKey.generate_origin(prefix)
    _create(directory, LOG_KEY, key.encode())
    return key


def create_witness_key(directory: Path, name: str) -> CosigningKey:
    """Make the key by which this station cosigns the checkpoints of others, as above.

    Args:
        directory: The keys directory; made if it does not exist.
        name: The name it signs under.

    Raises:
        StorageError: There is a key already, which is never overwritten.
        MalformedKey: The name cannot name a key.
    """
    key = CosigningKey.generate(name)
    _create(directory, WITNESS_KEY, key.encode())
    return key


def _create(directory: Path, name: str, text: str) -> None:
    with storage_errors(f"cannot make {directory}"):
        directory.mkdir(mode=KEYS_DIRECTORY_MODE, parents=True, exist_ok=True)
    fsync_directory(directory.parent)
    create_exclusive(directory / name, f"{text}\n".encode(), KEY_MODE)


def load_log_key(directory: Path) -> SigningKey:
    """Read the station's signing key.

    Raises:
        KeyUnavailable: The file is missing, unreadable, open to others, or no key.
    """
    return _load(directory / LOG_KEY, SigningKey.parse)


def load_witness_key(directory: Path) -> CosigningKey:
    """Read the key by which this station cosigns the checkpoints of others.

    Raises:
        KeyUnavailable: The file is missing, unreadable, open to others, or no key.
    """
    return _load(directory / WITNESS_KEY, CosigningKey.parse)


def _load(path: Path, parse: Callable[[str], _Key]) -> _Key:
    try:
        private, data = _read_private(path)
    except OSError as error:
        raise KeyUnavailable(f"cannot read key file {path}: {error.strerror}") from error
    if not private:
        raise KeyUnavailable(f"key file {path} can be read by others; chmod 600 it")
    try:
        return parse(data.decode("utf-8", errors="replace"))
    except EvidenceError as error:
        raise KeyUnavailable(f"key file {path}: {error.detail}") from error


def _read_private(path: Path) -> tuple[bool, bytes]:
    """Whether a file is its owner's alone, and how it begins."""
    # Not blocking: what lies there may be no regular file.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return is_private(descriptor), os.read(descriptor, 4096)
    finally:
        os.close(descriptor)


def copy_keys(source: Path, target: Path) -> None:
    """Copy every key file into another folder (mode 0700), file mode 0600.

    Raises:
        KeyUnavailable: A key cannot be read.
        StorageError: The target holds another key of the same name, which is never overwritten.
    """
    with storage_errors(f"cannot make {target}"):
        target.mkdir(mode=KEYS_DIRECTORY_MODE, parents=True, exist_ok=True)
        target.chmod(KEYS_DIRECTORY_MODE)
    fsync_directory(target.parent)
    for path in _key_files(source):
        data = _key_bytes(path)
        copy = target / path.name
        if not copy.exists():
            create_exclusive(copy, data, KEY_MODE)
        elif _key_bytes(copy) != data:
            raise StorageError(f"{copy} is another key; it was left as it is")


def retire_witness_key(directory: Path) -> None:
    """Set a witness's key aside: no longer in force, and kept. One that is not there is fine.

    Raises:
        StorageError: The disk refuses.
    """
    path = directory / WITNESS_KEY
    with storage_errors(f"cannot set {path} aside"), contextlib.suppress(FileNotFoundError):
        path.rename(directory / RETIRED_WITNESS_KEY)
    fsync_directory(directory)


def _key_files(directory: Path) -> list[Path]:
    try:
        found = sorted(path for path in directory.iterdir() if path.suffix == KEY_SUFFIX)
    except OSError as error:
        raise KeyUnavailable(f"cannot list {directory}: {error.strerror}") from error
    if not found:
        raise KeyUnavailable(f"no key in {directory}")
    return found


def _key_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyUnavailable(f"cannot read {path}: {error.strerror}") from error
