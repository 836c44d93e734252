"""Proofs from a log's stored tiles to one checkpoint: inclusion of entries, consistency of anchors.

Everything is proven against the checkpoint that was read at the beginning, however the log
grows meanwhile. Nothing is verified here: what the tiles say is what is given.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from archive.log.reader import LogFiles
from hashing.checkpoint import Checkpoint
from hashing.entry import Act, Entry, parse
from hashing.errors import LogInconsistent
from hashing.keyring import Keyring
from hashing.merkle import consistency_proof, inclusion_proof
from hashing.note import SignedNote
from hashing.tiles import TILE_WIDTH, node_reader
from hashing.tlog_proof import TlogProof, hash_lines

_KEY_ACT = b'"act":"key"'


class ProvenLog:
    """A log up to one checkpoint. For one thread.

    Attributes:
        files: Its files.
        note: The checkpoint as signed.
        head: What it says.

    Args:
        files: Its files; the newest checkpoint is read now.

    Raises:
        IntegrityError: The checkpoint is none.
        NotAnArchive: There is none.
    """

    def __init__(self, files: LogFiles) -> None:
        self.files = files
        self.note = files.checkpoint()
        self._signed = SignedNote.parse(self.note)
        self.head = Checkpoint.parse(self._signed.text)
        self._read = node_reader(self.head.size, files.stored_tile)

    def entries(self, seqs: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Entries as they stand, by number."""
        for index, group in groupby(sorted(set(seqs)), lambda seq: seq // TILE_WIDTH):
            bundle = self.files.raw_bundle(index, self.head.size)
            for seq in group:
                if seq % TILE_WIDTH >= len(bundle):
                    raise LogInconsistent(f"entry {seq} is not in its bundle")
                yield seq, bundle[seq % TILE_WIDTH]

    def inclusion(self, seq: int) -> bytes:
        """The C2SP tlog-proof of an entry, without its ``extra`` line."""
        hashes = inclusion_proof(seq, self.head.size, self._read)
        return TlogProof(seq, tuple(hashes), self._signed).encode()

    def consistency(self, size: int) -> bytes:
        """The hashes that lead from an earlier checkpoint to this one, one on each line."""
        hashes = consistency_proof(size, self.head.size, self._read)
        return hash_lines(hashes).encode("ascii")

    def key_entries(self) -> list[Entry]:
        """Every ``key`` entry, in order.

        A log that is still signed by the key of entry 0 has no other: no rotation leads back.
        """
        first = parse(dict(self.entries([0]))[0])
        keyring = Keyring()
        keyring.read(0, first.fields)
        assert keyring.first is not None
        ours = (keyring.first.name, keyring.first.key_hash)
        signers = {(line.name, line.key_hash) for line in self._signed.signatures}
        return [first] if ours in signers else [first, *self._later_keys()]

    def _later_keys(self) -> Iterator[Entry]:
        size = self.head.size
        for index in range(-(-size // TILE_WIDTH)):
            for raw in self.files.raw_bundle(index, size):
                if _KEY_ACT in raw:
                    entry = parse(raw)
                    if entry.act == Act.KEY and entry.seq:
                        yield entry
