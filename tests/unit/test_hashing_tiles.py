"""Bundles, tiles and the reader of nodes: their borders."""

import pytest

from hashing.errors import LogInconsistent
from hashing.merkle import Frontier, NoSuchProof, consistency_proof, inclusion_proof
from hashing.tiles import (
    TILE_WIDTH,
    MalformedBundle,
    decode_bundle,
    encode_bundle,
    new_tiles,
    node_reader,
    partial_width,
    tile_path,
    tile_root,
    tiles_of,
)
from tests.logbook import index_path, naive_root

HASHES = [bytes([number % 256, number // 256]) * 16 for number in range(700)]


@pytest.mark.parametrize("index", [0, 1, 999, 1000, 999_999, 1_000_000, 123_456_789_012])
@pytest.mark.parametrize("width", [1, 255, 256])
def test_paths(index: int, width: int) -> None:
    assert tile_path(3, index, width) == f"tile/3/{index_path(index, width)}"


def test_a_bundle_comes_back() -> None:
    entries = [b"", b"x", b"y" * 65_535]
    assert decode_bundle(encode_bundle(entries)) == entries
    assert decode_bundle(b"") == []


def test_an_entry_too_long_for_a_bundle_is_refused() -> None:
    with pytest.raises(MalformedBundle):
        encode_bundle([b"y" * 65_536])


@pytest.mark.parametrize(("cut", "whole"), [(1, 1), (2, 1), (3, 1), (5, 1), (7, 0), (8, 0), (9, 0)])
def test_a_bundle_that_breaks_off_keeps_what_is_whole(cut: int, whole: int) -> None:
    data = encode_bundle([b"abc", b"defg"])[:-cut]
    with pytest.raises(MalformedBundle) as raised:
        decode_bundle(data)
    assert list(raised.value.entries) == [b"abc", b"defg"][:whole]
    assert str(whole) in raised.value.detail


def test_a_cut_between_entries_is_not_seen_by_the_bundle() -> None:
    assert decode_bundle(encode_bundle([b"abc", b"defg"])[:-6]) == [b"abc"]


@pytest.mark.parametrize(("old", "new"), [(0, 1), (0, 700), (255, 256), (256, 257), (300, 66_000)])
def test_new_tiles_are_those_that_the_old_tree_had_not(old: int, new: int) -> None:
    assert set(new_tiles(old, new)) == set(tiles_of(new)) - set(tiles_of(old))


def test_a_tree_that_does_not_grow_has_no_new_tiles() -> None:
    assert list(new_tiles(300, 300)) == []
    assert list(tiles_of(0)) == []


def test_partial_widths() -> None:
    assert [partial_width(level, 70_000) for level in range(4)] == [112, 17, 1, 0]


def test_the_root_of_a_full_tile() -> None:
    assert tile_root(b"".join(HASHES[:TILE_WIDTH])) == naive_root(HASHES[:TILE_WIDTH])


def read_tile(level: int, index: int, width: int) -> bytes:
    hashes = HASHES
    if level == 1:
        hashes = [naive_root(HASHES[at : at + 256]) for at in (0, 256)]
    return b"".join(hashes[index * 256 : index * 256 + width])


def test_nodes_come_from_tiles() -> None:
    read = node_reader(700, read_tile)
    assert read(0, 699) == HASHES[699]
    assert read(3, 5) == naive_root(HASHES[40:48])
    assert read(8, 1) == naive_root(HASHES[256:512])
    assert read(9, 0) == naive_root(HASHES[:512])
    assert Frontier.read(700, read).root() == naive_root(HASHES)


@pytest.mark.parametrize(("level", "index"), [(0, 700), (8, 2), (9, 1), (10, 0), (16, 0), (3, 87)])
def test_nodes_that_the_tree_does_not_have_are_refused(level: int, index: int) -> None:
    with pytest.raises(LogInconsistent):
        node_reader(700, read_tile)(level, index)


def test_a_tile_of_the_wrong_length_is_refused() -> None:
    read = node_reader(700, lambda level, index, width: read_tile(level, index, width)[:-1])
    with pytest.raises(LogInconsistent, match="length"):
        read(0, 0)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 5), (5, 5)])
def test_no_inclusion_proof_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(NoSuchProof):
        inclusion_proof(index, size, node_reader(700, read_tile))


@pytest.mark.parametrize(("old", "size"), [(0, 5), (6, 5), (-1, 5)])
def test_no_consistency_proof_from_what_is_no_prefix(old: int, size: int) -> None:
    with pytest.raises(NoSuchProof):
        consistency_proof(old, size, node_reader(700, read_tile))


def test_a_subtree_must_stand_at_its_place() -> None:
    frontier = Frontier()
    frontier.append(HASHES[0])
    with pytest.raises(NoSuchProof):
        frontier.append_subtree(HASHES[1], 8)


def test_a_copy_grows_on_its_own() -> None:
    frontier = Frontier()
    frontier.append(HASHES[0])
    twin = frontier.copy()
    twin.append(HASHES[1])
    assert (frontier.size, twin.size) == (1, 2)
    assert frontier.root() == HASHES[0]
