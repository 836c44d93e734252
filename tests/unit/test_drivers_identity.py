"""Which recorder it is, from what is seen of it."""

import pytest

from drivers.identity import Basis, identify, is_default
from drivers.recorder import IdentityEvidence, ParsedName

FOLDER = IdentityEvidence("folder", "slot7", 10)
VOLUME = IdentityEvidence("volume_serial", "1A2B-3C4D", 50)
USB = IdentityEvidence("usb_serial", "A0B1C2", 60)


def named(device: str | None, officer_no: str | None = None) -> ParsedName:
    return ParsedName("zfy", "video", device=device, officer_no=officer_no)


def test_what_the_operator_says_decides() -> None:
    result = identify([VOLUME], [named("4560001")] * 5, option="R-17")
    assert (result.recorder, result.basis) == ("R-17", Basis.OPTION)
    assert [item.kind for item in result.evidence] == ["option", "device_token", "volume_serial"]


def test_the_number_most_names_carry_decides() -> None:
    names = [named("4560001")] * 3 + [named("4560002"), named(None), None]
    result = identify([FOLDER, VOLUME], names)
    assert (result.recorder, result.basis) == ("4560001", Basis.EVIDENCE)
    assert [(item.value, item.weight) for item in result.evidence] == [
        ("4560001", 60),
        ("1A2B-3C4D", 50),
        ("4560002", 20),
        ("slot7", 10),
    ]


@pytest.mark.parametrize("votes", [1, 3, 500])
def test_half_of_the_names_is_no_majority(votes: int) -> None:
    names = [named("4560001")] * votes + [named("4560002")] * votes
    assert identify([FOLDER], names).basis is Basis.FALLBACK
    assert identify([FOLDER], [*names, named("4560002")]).recorder == "4560002"


def test_without_numbers_in_names_the_hardware_decides() -> None:
    assert identify([VOLUME, FOLDER], []).recorder == "volume-1A2B-3C4D"
    assert identify([VOLUME, USB], [None]).recorder == "usb-A0B1C2"
    assert identify([IdentityEvidence("vendor_uid", "77", 90)], []).recorder == "vendor_uid-77"


def test_a_folders_name_alone_gives_a_name_that_stays() -> None:
    first, again = identify([FOLDER], []), identify([FOLDER], [None, named(None)])
    other = identify([IdentityEvidence("folder", "slot8", 10)], [])
    assert first.recorder == again.recorder != other.recorder
    assert first.basis is Basis.FALLBACK
    assert first.recorder.startswith("unknown-")
    assert len(first.recorder) == len("unknown-") + 8
    assert not first.unprovisioned


def test_the_order_of_observation_changes_nothing() -> None:
    label = IdentityEvidence("volume_label", "BODYCAM", 20)
    assert identify([FOLDER, label], []) == identify([label, FOLDER], [])


@pytest.mark.parametrize(
    "value",
    [
        "1234567",
        "0000000",
        "0123456789ABCDEF",
        "0123456789abcdef",
        "058F63666485",
        "999999999999",
        "0000-0000",
        "",
        "  ",
    ],
)
def test_a_makers_default_is_no_identity(value: str) -> None:
    assert is_default(value)
    result = identify([IdentityEvidence("usb_serial", value, 60), FOLDER], [])
    assert result.basis is Basis.FALLBACK
    assert result.unprovisioned
    assert result.evidence[-1].weight == 0


@pytest.mark.parametrize("value", ["456", "11", "7", "4560001", "1A2B-3C4D"])
def test_an_ordinary_number_is_none(value: str) -> None:
    assert not is_default(value)


def test_a_default_number_in_names_is_told_even_when_the_volume_decides() -> None:
    result = identify([VOLUME], [named("0000000")] * 3)
    assert (result.recorder, result.unprovisioned) == ("volume-1A2B-3C4D", True)


def test_a_constant_usb_serial_is_no_alarm_when_names_decide() -> None:
    constant = IdentityEvidence("usb_serial", "058F63666485", 60)
    assert not identify([constant], [named("4560001")]).unprovisioned


def test_the_officer_is_a_majority_or_nobody() -> None:
    names = [named("1", "100001")] * 2 + [named("1", "100002"), named("1")]
    assert identify([], names).officer_no == "100001"
    assert identify([], [*names, named("1", "100002")]).officer_no is None
    assert identify([], []).officer_no is None


def test_a_hostile_card_cannot_fill_the_log() -> None:
    result = identify([FOLDER], [named(f"{number:07d}1") for number in range(5000)])
    assert len(result.evidence) == 9
    assert result.basis is Basis.FALLBACK
