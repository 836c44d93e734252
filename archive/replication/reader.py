"""An object from wherever it lies: the landing store first, then further stores in turn."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from archive.errors import StorageError
from archive.stores.interface import ObjectMissing, Readable, Store
from hashing.digest import Digest


class ObjectReader:
    """Opens objects for reading. Threads may share it.

    Args:
        stores: Where objects may lie, the nearest first.
    """

    def __init__(self, stores: Sequence[Store]) -> None:
        self._stores = tuple(stores)

    @contextmanager
    def open_object(self, digest: Digest) -> Iterator[Readable]:
        """Open an object in the first store that gives it.

        Not checked: whether its bytes are what the digest says.

        Raises:
            ObjectMissing: No store has it.
            StorageError: The store that may have it cannot be asked.
        """
        refusal: StorageError | None = None
        with ExitStack() as opened:
            for store in self._stores:
                try:
                    found = opened.enter_context(store.open_object(digest))
                    break
                except ObjectMissing:
                    continue
                except StorageError as error:
                    refusal = refusal or error
            else:
                raise refusal or ObjectMissing(f"no store has the object {digest}")
            yield found
