"""A folder below a mount: opened anew for every call, and only if its card is there.

The mount may be missing, may come back as another one, and may go away in the middle of
anything. Rules:

* Work is done through the descriptor of a folder in which a valid ``store.json`` was read
  (:mod:`archive.stores.card`): whatever is mounted over the path meanwhile, nothing is written
  to a folder whose card was not read.
* Once a store has been seen, a folder with another card is not it, however valid.
* What the kernel reports of a share that went away is StoreUnavailable; a full one is StoreFull.
"""

import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from archive.clock import now_us
from archive.durable import create_exclusive, make_directory, storage_errors
from archive.errors import DiskFull, StorageError, StoreUnavailable
from archive.layout import Layout
from archive.stores.card import CARD, MAX_CARD_BYTES, StoreCard, issue_card, read_card
from archive.stores.interface import StoreFull
from hashing.note import SigningKey, VerifierKey

_GONE: Final = {
    errno.ECONNABORTED,
    errno.ECONNREFUSED,
    errno.ECONNRESET,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.EIO,
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.ENODEV,
    errno.ENOTCONN,
    errno.ENXIO,
    errno.EREMOTEIO,
    errno.ESTALE,
    errno.ETIMEDOUT,
}


def register(path: Path, name: str, key: SigningKey) -> StoreCard:
    """Make a folder a further store of the archive whose log ``key`` signs. An operator's act.

    Args:
        path: The folder; it must be there, which a share that is not mounted often is too:
            whoever calls this has looked.
        name: The store's name, part of its id.
        key: The log's key.

    Raises:
        StoreUnavailable: There is no such folder.
        StorageError: It is a store already, this archive's or another's.
    """
    with _share_errors(name, path), _pinned(path) as here:
        if (here / CARD).exists():
            raise StorageError(f"there is a {CARD} already")
        layout = Layout(here)
        for directory in (layout.objects, layout.staging, layout.log):
            make_directory(directory)
        data = issue_card(name, key, now_us())
        create_exclusive(here / CARD, data)
        return read_card(data, [key.verifier])


class Share:
    """A store's folder. Threads may share it.

    Args:
        path: The folder.
        name: The store's name in configuration.
        keys: The keys of the archive's log.
        store: The store's id where it was seen before.
    """

    def __init__(
        self, path: Path, name: str, keys: Sequence[VerifierKey], store: str | None
    ) -> None:
        self.path = path
        self.name = name
        self._keys = tuple(keys)
        self._store = store

    @contextmanager
    def opened(self) -> Iterator[tuple[Layout, StoreCard]]:
        """The paths in the folder as it is mounted now, and its card.

        Raises:
            StoreUnavailable: There is no such folder, or it is not this store.
        """
        with self.errors(), _pinned(self.path) as here:
            card = read_card(_card_bytes(here / CARD), self._keys)
            if self._store not in {None, card.store}:
                raise StoreUnavailable(f"the folder holds {card.store}, not {self._store}")
            self._store = card.store
            yield Layout(here), card

    def errors(self) -> AbstractContextManager[None]:
        """Name the store in the block's errors, and tell one that is away from one that refuses."""
        return _share_errors(self.name, self.path)


@contextmanager
def _pinned(path: Path) -> Iterator[Path]:
    """The folder as it is mounted now, under a name that no later mount can change."""
    with storage_errors("cannot open the folder"):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _card_bytes(path: Path) -> bytes:
    with storage_errors(f"cannot read {CARD}"):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            raise StoreUnavailable(f"no {CARD}: is the share mounted?") from None
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise StoreUnavailable(f"{CARD} is not a file")
            return os.read(descriptor, MAX_CARD_BYTES)
        finally:
            os.close(descriptor)


@contextmanager
def _share_errors(name: str, path: Path) -> Iterator[None]:
    """Name the store in errors, and tell a share that went away from one that refuses."""
    try:
        with storage_errors("cannot be used"):
            yield
    except StorageError as error:
        detail = f"store {name} at {path}: {_without_descriptor(error.detail)}"
        raise _kind(error)(detail) from error


def _kind(error: StorageError) -> type[StorageError]:
    if isinstance(error, DiskFull):
        return StoreFull
    cause = error.__cause__
    away = isinstance(cause, FileNotFoundError) or getattr(cause, "errno", None) in _GONE
    return StoreUnavailable if type(error) is StorageError and away else type(error)


def _without_descriptor(detail: str) -> str:
    return re.sub(r"/proc/self/fd/\d+/?", "", detail)
