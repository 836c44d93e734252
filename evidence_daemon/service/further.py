"""The further stores of a configuration, and the keys by which they know their archive."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from archive.keys import load_log_key
from archive.log.reader import LogFiles
from archive.stores.guarded import GuardedStore
from archive.stores.opening import directory_spec
from evidence_daemon.config.sections_archive import StoreSection
from hashing.errors import EvidenceError
from hashing.note import VerifierKey


def log_keys(log: Path, keys_directory: Path) -> list[VerifierKey]:
    """The keys that sign a log's checkpoints, as far as this process can know them.

    Its first key, which entry 0 names, and the one in the keys folder; what cannot be read is
    left out, and what needs it says so.

    Args:
        log: The log's folder.
        keys_directory: The keys folder.
    """
    keys: list[VerifierKey] = []
    with suppress(EvidenceError):
        keys += (
            VerifierKey.parse(str(entry.fields.get("vkey")))
            for entry in LogFiles(log).entries(0, 1)
        )
    with suppress(EvidenceError):
        keys.append(load_log_key(keys_directory).verifier)
    return list(dict.fromkeys(keys))


@contextmanager
def further_stores(
    sections: Sequence[StoreSection], keys: Sequence[VerifierKey]
) -> Iterator[list[GuardedStore]]:
    """The stores of a configuration, each behind its deadline; closed at the end.

    Nothing is asked of a store yet: one that is away says so when it is used.
    """
    with ExitStack() as stack:
        stores = []
        for section in sections:
            spec = directory_spec(section.name, section.path, keys)
            stores.append(GuardedStore(spec, section.deadline_s))
            stack.callback(stores[-1].close)
        yield stores
