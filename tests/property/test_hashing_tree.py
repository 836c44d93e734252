"""The tree against the recursion of RFC 6962 and against pymerkle; proofs; tiles; parsers."""

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashing.checkpoint import Checkpoint
from hashing.edge import TileEdge
from hashing.errors import EvidenceError
from hashing.merkle import (
    Frontier,
    ProofInvalid,
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from hashing.note import SignedNote, SigningKey, VerifierKey
from hashing.tiles import decode_bundle, encode_bundle, node_reader, tiles_of
from tests.logbook import leaf, log_files, naive_root

ENTRIES = [str(number).encode() for number in range(1100)]
LEAVES = [leaf(entry) for entry in ENTRIES]

sizes = (
    st.integers(1, 40) | st.integers(1, len(LEAVES)) | st.sampled_from([255, 256, 257, 512, 1024])
)


def grown(size: int) -> Frontier:
    frontier = Frontier()
    for item in LEAVES[:size]:
        frontier.append(item)
    return frontier


def node(level: int, index: int) -> bytes:
    """A node from its definition, with no tile in between."""
    return naive_root(LEAVES[index << level : (index + 1) << level])


@given(st.integers(0, 300))
def test_the_root_is_that_of_the_recursion_and_of_pymerkle(size: int) -> None:
    root = grown(size).root()
    assert root == naive_root(LEAVES[:size])
    if size:
        tree = pymerkle.InmemoryTree.init_from_entries(ENTRIES[:size], algorithm="sha256")
        assert root == tree.get_root()


@given(sizes, st.data())
@settings(deadline=None)
def test_inclusion_proofs_hold_and_no_flipped_bit_does(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root = naive_root(LEAVES[:size])
    proof = inclusion_proof(index, size, node)
    verify_inclusion(LEAVES[index], index, size, root, proof)
    parts = [LEAVES[index], root, *proof]
    which, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    flipped = bytearray(parts[which])
    flipped[bit // 8] ^= 1 << bit % 8
    parts[which] = bytes(flipped)
    with pytest.raises(ProofInvalid):
        verify_inclusion(parts[0], index, size, parts[1], parts[2:])


@given(sizes, st.data())
@settings(deadline=None)
def test_a_proof_is_of_one_place_and_length(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root = naive_root(LEAVES[:size])
    proof = inclusion_proof(index, size, node)
    other = data.draw(st.integers(0, size - 1))
    longer = [*proof, bytes(32)]
    for place, hashes in ((other, proof), (index, longer), (index, proof[:-1]), (index, [b"x"])):
        if (place, hashes) == (index, proof):
            continue
        with pytest.raises(ProofInvalid):
            verify_inclusion(LEAVES[index], place, size, root, hashes)


@given(sizes, st.data())
@settings(deadline=None)
def test_consistency_proofs_hold_and_no_flipped_bit_does(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    roots = naive_root(LEAVES[:old]), naive_root(LEAVES[:size])
    proof = consistency_proof(old, size, node)
    verify_consistency(old, size, *roots, proof)
    parts = [*roots, *proof]
    which, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    flipped = bytearray(parts[which])
    flipped[bit // 8] ^= 1 << bit % 8
    parts[which] = bytes(flipped)
    with pytest.raises(ProofInvalid):
        verify_consistency(old, size, parts[0], parts[1], parts[2:])
    for hashes in ([*proof, bytes(32)], [b"x", *proof]):
        with pytest.raises(ProofInvalid):
            verify_consistency(old, size, *roots, hashes)


@given(sizes)
@settings(deadline=None, max_examples=40)
def test_stored_tiles_give_the_same_nodes_and_root(size: int) -> None:
    files = log_files(ENTRIES[:size])
    tiles = {tile.path for tile in tiles_of(size)}
    assert tiles == {name for name in files if not name.startswith("tile/entries/")}
    places = {(tile.level, tile.index, tile.width): files[tile.path] for tile in tiles_of(size)}
    read = node_reader(size, lambda level, index, width: places[level, index, width])
    assert Frontier.read(size, read).root() == naive_root(LEAVES[:size])
    assert inclusion_proof(size - 1, size, read) == inclusion_proof(size - 1, size, node)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=5))
@settings(deadline=None, max_examples=40)
def test_an_edge_writes_the_tiles_of_every_size_it_stops_at(steps: list[int]) -> None:
    edge, written, size = TileEdge(), dict[str, bytes](), 0
    for step in steps:
        stop = min(size + step, len(LEAVES))
        for item in LEAVES[size:stop]:
            edge.append(item)
        size = stop
        for tile in edge.take_tiles():
            written[next(t.path for t in tiles_of(size) if _is(t, tile))] = tile.data
        assert edge.root() == naive_root(LEAVES[:size])
        wanted = {
            name: data for name, data in log_files(ENTRIES[:size]).items() if "ent" not in name
        }
        assert wanted.items() <= written.items()


def _is(place: object, tile: object) -> bool:
    return all(getattr(place, name) == getattr(tile, name) for name in ("level", "index", "width"))


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_come_back(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries


@given(st.binary(max_size=300))
def test_any_bytes_are_a_bundle_or_refused(data: bytes) -> None:
    try:
        entries = decode_bundle(data)
    except EvidenceError:
        return
    assert encode_bundle(entries) == data


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
)
def test_any_bytes_are_a_note_or_refused(data: bytes) -> None:
    try:
        note = SignedNote.parse(data)
    except EvidenceError:
        return
    assert note.encode() == data


@given(st.text(st.characters(), max_size=200))
def test_any_text_is_a_key_or_a_checkpoint_or_refused(text: str) -> None:
    for parse in (VerifierKey.parse, SigningKey.parse, Checkpoint.parse):
        try:
            parse(text)
        except EvidenceError:
            continue
