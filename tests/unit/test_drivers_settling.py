"""When a folder has arrived, by scans at given moments."""

from drivers.settling import DropChange, Settling, Sight, settle

ONE, OTHER = (1, 100), (1, 200)
ARRIVED, CHANGED, REMOVED = DropChange.ARRIVED, DropChange.CHANGED, DropChange.REMOVED


class Scans:
    """Scans one after the other, five seconds being stable."""

    def __init__(self) -> None:
        self.known: dict[bytes, Settling] = {}

    def at(self, now_s: float, **seen: Sight) -> list[tuple[DropChange, bytes]]:
        by_name = {name.encode(): sight for name, sight in seen.items()}
        self.known, changes = settle(self.known, by_name, now_s, 5.0)
        return changes


def test_a_folder_arrives_once_it_has_been_the_same_long_enough() -> None:
    scans = Scans()
    assert scans.at(0, a=Sight(ONE, "x")) == []
    assert scans.at(4.9, a=Sight(ONE, "x")) == []
    assert scans.at(5.0, a=Sight(ONE, "x")) == [(ARRIVED, b"a")]
    assert scans.at(99, a=Sight(ONE, "x")) == []


def test_every_change_begins_the_wait_again() -> None:
    scans = Scans()
    for second in range(20):
        assert scans.at(second, a=Sight(ONE, f"growing {second}")) == []
    assert scans.at(24, a=Sight(ONE, "growing 19")) == [(ARRIVED, b"a")]


def test_one_scan_alone_never_makes_an_arrival() -> None:
    assert Scans().at(1e9, a=Sight(ONE, "x")) == []


def test_more_files_later_are_told_when_they_rest() -> None:
    scans = Scans()
    scans.at(0, a=Sight(ONE, "x"))
    scans.at(5, a=Sight(ONE, "x"))
    assert scans.at(10, a=Sight(ONE, "y")) == []
    assert scans.at(15, a=Sight(ONE, "y")) == [(CHANGED, b"a")]


def test_a_listing_that_returns_to_what_was_announced_is_no_news() -> None:
    scans = Scans()
    scans.at(0, a=Sight(ONE, "x"))
    scans.at(5, a=Sight(ONE, "x"))
    scans.at(6, a=Sight(ONE, "y"))
    assert scans.at(7, a=Sight(ONE, "x")) == []
    assert scans.at(99, a=Sight(ONE, "x")) == []


def test_what_arrived_is_removed_and_what_did_not_just_goes() -> None:
    scans = Scans()
    scans.at(0, a=Sight(ONE, "x"))
    assert scans.at(5, a=Sight(ONE, "x"), b=Sight(OTHER, "y")) == [(ARRIVED, b"a")]
    assert scans.at(6) == [(REMOVED, b"a")]
    assert scans.known == {}


def test_another_folder_under_the_name_is_another_recorder() -> None:
    scans = Scans()
    scans.at(0, a=Sight(ONE, "x"))
    scans.at(5, a=Sight(ONE, "x"))
    assert scans.at(6, a=Sight(OTHER, "x")) == [(REMOVED, b"a")]
    assert scans.at(11, a=Sight(OTHER, "x")) == [(ARRIVED, b"a")]


def test_an_empty_folder_is_no_recorder_until_something_is_in_it() -> None:
    scans = Scans()
    scans.at(0, a=Sight(ONE, None))
    assert scans.at(50, a=Sight(ONE, None)) == []
    assert scans.known[b"a"].is_settled
    scans.at(60, a=Sight(ONE, "x"))
    assert scans.at(65, a=Sight(ONE, "x")) == [(ARRIVED, b"a")]
    assert scans.at(70, a=Sight(ONE, None)) == []
    assert scans.at(71) == [(REMOVED, b"a")]
