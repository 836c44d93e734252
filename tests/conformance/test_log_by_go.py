"""Logs and proofs of this program, judged by Go's checksum-database code (tests/oracles/log.go)."""

import base64
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.log.reader import LogFiles
from archive.log.store import LogStore
from hashing.checkpoint import Checkpoint
from hashing.cosignature import CosignatureType, CosigningKey, with_lines
from hashing.merkle import consistency_proof, inclusion_proof
from hashing.note import SignedNote, SigningKey, sign
from hashing.tiles import entries_path, node_reader, tile_path
from hashing.tlog_proof import TlogProof, hash_lines
from tests.go_oracle import Judged, Refused, is_missing, judge
from tests.logbook import Logbook

pytestmark = pytest.mark.skipif(bool(is_missing()), reason=is_missing() or "Go is there")

SIZES = (1, 2, 3, 255, 256, 257, 512, 700, 65_536, 65_793)
"""Around one tile, two, and the first full tile of level 1."""
STEPS = (*SIZES[:4], 300, 40_000)
"""Sizes at which the log that :func:`grown` gives was signed on its way to another."""


@pytest.fixture(scope="module")
def book() -> Logbook:
    """The entries of the longest log."""
    return Logbook().fill(SIZES[-1])


def write(book: Logbook, size: int, folder: Path) -> Path:
    """The first ``size`` entries as the program writes them, in several commits; the log."""
    store, done = LogStore(folder / "log", book.key), 0
    for stop in sorted({step for step in STEPS if step < size} | {size}):
        note = store.append(book.entries[done:stop])
        (folder / f"{stop}.checkpoint").write_bytes(note)
        done = stop
    return folder / "log"


@pytest.fixture(scope="module")
def grown(book: Logbook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 700 entries, to be looked at only; its older checkpoints lie beside it."""
    return write(book, 700, tmp_path_factory.mktemp("grown"))


@pytest.fixture
def log(grown: Path, tmp_path: Path) -> Path:
    """The same, to do with as one likes."""
    return Path(shutil.copytree(grown, tmp_path / "log"))


def key_of(book: Logbook) -> str:
    return str(book.key.verifier)


@pytest.mark.parametrize("size", SIZES)
def test_a_log_of_any_size_is_accepted(book: Logbook, tmp_path: Path, size: int) -> None:
    folder = write(book, size, tmp_path)
    head = LogFiles(folder).head()
    tiles = sum(-(-(size >> 8 * level) // 256) for level in range(8))
    assert judge("log", folder, key_of(book)) == Judged(
        book.origin, size, head.root.hex(), tiles, proven=4
    )
    assert head.size == size


def flip(path: Path, at: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def reorder(log: Path) -> None:
    first, second = log / entries_path(0, 256), log / entries_path(1, 256)
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)


def shorten(log: Path) -> None:
    path = log / entries_path(2, 700 - 512)
    data = path.read_bytes()
    path.write_bytes(data[: 2 + int.from_bytes(data[:2], "big")])


def sign_anew(log: Path) -> None:
    """The same text, signed by another key of the same name."""
    text = SignedNote.parse((log / "checkpoint").read_bytes()).text
    other = SigningKey.generate(Checkpoint.parse(text).origin)
    (log / "checkpoint").write_bytes(sign(text, [other]))


def claim(log: Path) -> None:
    text = (log / "checkpoint").read_text("utf-8")
    (log / "checkpoint").write_text(text.replace("\n700\n", "\n699\n"), "utf-8")


TAMPERINGS: dict[str, tuple[Callable[[Path], object], str]] = {
    "an entry": (lambda log: flip(log / entries_path(0, 256)), "tile/8/0/000 is not what"),
    "the last entry": (
        lambda log: flip(log / entries_path(2, 188)),
        "tile/8/0/002.p/188 is not what",
    ),
    "a length in a bundle": (lambda log: flip(log / entries_path(1, 256), 1), "does not hold 256"),
    "a bundle cut short": (shorten, "does not hold 188"),
    "two bundles changed places": (reorder, "tile/8/0/000 is not what"),
    "a bundle is missing": (lambda log: (log / entries_path(1, 256)).unlink(), "no such file"),
    "a hash of level 0": (lambda log: flip(log / tile_path(0, 1, 256)), "tile/8/0/001 is not"),
    "a partial tile": (lambda log: flip(log / tile_path(0, 2, 188)), "tile/8/0/002.p/188 is"),
    "a hash of level 1": (lambda log: flip(log / tile_path(1, 0, 2)), "tile/8/1/000.p/2 is not"),
    "a tile is missing": (lambda log: (log / tile_path(1, 0, 2)).unlink(), "no such file"),
    "signed by another key": (sign_anew, "no verifiable signatures"),
    "another size is claimed": (claim, "invalid signature"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_tampered_log_is_refused(book: Logbook, log: Path, name: str) -> None:
    tamper, words = TAMPERINGS[name]
    tamper(log)
    with pytest.raises(Refused, match=words):
        judge("log", log, key_of(book))


def test_lines_of_witnesses_are_none_of_its_business(book: Logbook, log: Path) -> None:
    note = SignedNote.parse((log / "checkpoint").read_bytes())
    keys = [CosigningKey.generate(f"witness.example/{kind}", kind) for kind in CosignatureType]
    lines = [key.cosign(note.text, 1_800_000_000) for key in keys]
    (log / "checkpoint").write_bytes(with_lines(note, lines).encode())
    assert judge("log", log, key_of(book)).size == 700
    (log / "checkpoint").write_bytes(SignedNote(note.text, tuple(lines)).encode())
    with pytest.raises(Refused, match="no verifiable signatures"):
        judge("log", log, key_of(book))


def test_another_root_is_refused_though_it_is_signed(book: Logbook, log: Path) -> None:
    head = LogFiles(log).head()
    body = Checkpoint(head.origin, head.size, bytes(32)).body()
    (log / "checkpoint").write_bytes(sign(body, [book.key]))
    with pytest.raises(Refused, match="the checkpoint says"):
        judge("log", log, key_of(book))


def prove(log: Path, index: int) -> TlogProof:
    files = LogFiles(log)
    head, [entry] = files.head(), files.entries_at([index])
    hashes = inclusion_proof(index, head.size, node_reader(head.size, files.stored_tile))
    return TlogProof(index, tuple(hashes), SignedNote.parse(files.checkpoint()), entry.raw)


@pytest.mark.parametrize("index", [0, 1, 255, 256, 511, 512, 698, 699])
def test_proofs_of_entries_are_accepted(
    book: Logbook, grown: Path, tmp_path: Path, index: int
) -> None:
    path = tmp_path / "entry.tlog-proof"
    path.write_bytes(prove(grown, index).encode())
    assert judge("inclusion", path, key_of(book)).size == 700


@pytest.mark.parametrize("line", ["extra", "index", "hash", "fewer", "more", "checkpoint"])
def test_changed_proofs_are_refused(book: Logbook, grown: Path, tmp_path: Path, line: str) -> None:
    lines = prove(grown, 300).encode().decode("utf-8").split("\n")
    empty = lines.index("")
    changed = {
        "extra": [*lines[:1], f"extra {base64.b64encode(b'{}').decode()}", *lines[2:]],
        "index": [*lines[:2], "index 301", *lines[3:]],
        "hash": [*lines[:3], base64.b64encode(bytes(32)).decode(), *lines[4:]],
        "fewer": [*lines[: empty - 1], *lines[empty:]],
        "more": [*lines[:empty], lines[3], *lines[empty:]],
        "checkpoint": [*lines[: empty + 2], "701", *lines[empty + 3 :]],
    }
    path = tmp_path / "entry.tlog-proof"
    path.write_text("\n".join(changed[line]), "utf-8")
    words = "invalid signature" if line == "checkpoint" else "invalid transparency proof"
    with pytest.raises(Refused, match=words):
        judge("inclusion", path, key_of(book))


def consistency(log: Path, old: int, path: Path) -> tuple[Path, Path, Path]:
    """The arguments of a judgement between two signed sizes, the proof written for it."""
    read = node_reader(700, LogFiles(log).stored_tile)
    path.write_text(hash_lines(consistency_proof(old, 700, read)), "utf-8")
    return path, log.parent / f"{old}.checkpoint", log / "checkpoint"


@pytest.mark.parametrize("old", [step for step in STEPS if step <= 700] + [700])
def test_proofs_of_consistency_are_accepted(
    book: Logbook, grown: Path, tmp_path: Path, old: int
) -> None:
    arguments = consistency(grown, old, tmp_path / "hashes")
    assert judge("consistency", *arguments, key_of(book)).size == 700


def test_a_proof_from_another_size_or_of_a_fork_is_refused(
    book: Logbook, grown: Path, tmp_path: Path
) -> None:
    proof, old, new = consistency(grown, 300, tmp_path / "hashes")
    with pytest.raises(Refused, match="invalid transparency proof"):
        judge("consistency", proof, grown.parent / "255.checkpoint", new, key_of(book))
    with pytest.raises(Refused, match="invalid inputs"):
        judge("consistency", proof, new, old, key_of(book))
    forked = tmp_path / "forked.checkpoint"
    forked.write_bytes(sign(Checkpoint(book.origin, 300, bytes(32)).body(), [book.key]))
    with pytest.raises(Refused, match="invalid transparency proof"):
        judge("consistency", proof, forked, new, key_of(book))
    proof.write_text(proof.read_text("utf-8").rstrip("\n"), "utf-8")
    with pytest.raises(Refused, match="does not end"):
        judge("consistency", proof, old, new, key_of(book))
