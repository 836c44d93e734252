"""The examples of C2SP tlog-tiles."""

from collections import Counter

from hashing.tiles import TILE_WIDTH, Coordinate, entries_path, tile_path, tiles_of


def test_index_1234067() -> None:
    assert tile_path(0, 1234067, TILE_WIDTH) == "tile/0/x001/x234/067"
    assert entries_path(1234067, 8) == "tile/entries/x001/x234/067.p/8"


def test_a_tree_of_70000() -> None:
    tiles = list(tiles_of(70_000))
    full = Counter(tile.level for tile in tiles if tile.width == TILE_WIDTH)
    partial = [tile for tile in tiles if tile.width < TILE_WIDTH]
    assert full == {0: 273, 1: 1}
    assert partial == [Coordinate(0, 273, 112), Coordinate(1, 1, 17), Coordinate(2, 0, 1)]


def test_a_tree_of_256() -> None:
    assert list(tiles_of(256)) == [Coordinate(0, 0, 256), Coordinate(1, 0, 1)]
