"""Which USB port storage hangs on, from trees laid out as the kernel lays sysfs out."""

import os
from pathlib import Path

import pytest

from drivers.folder import FolderRecorder
from drivers.usb_port import UsbPort, parse_port, port_of

XHCI = "pci0000:00/0000:00:14.0"
SCSI = "host6/target6:0:0/6:0:0:0/block"
TWO_HUBS = f"{XHCI}/usb1/1-4/1-4.2/1-4.2.3/1-4.2.3:1.0/{SCSI}/sdb"


class Sysfs:
    """A made sysfs.

    Attributes:
        root: Where it is "mounted".
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "dev" / "block").mkdir(parents=True)

    def add(self, place: str, major: int, minor: int) -> Path:
        """A block device at a place below ``devices``, with the links the kernel makes."""
        folder = self.root / "devices" / place
        folder.mkdir(parents=True)
        (folder / "dev").write_text(f"{major}:{minor}\n")
        link = self.root / "dev" / "block" / f"{major}:{minor}"
        link.symlink_to(os.path.relpath(folder, link.parent))
        return folder

    def add_partition(self, place: str, major: int, minor: int) -> Path:
        """A partition, which says of itself that it is one."""
        folder = self.add(place, major, minor)
        (folder / "partition").write_text("1\n")
        return folder

    def port(self, major: int, minor: int) -> UsbPort | None:
        return port_of(os.makedev(major, minor), str(self.root))


@pytest.fixture
def sysfs(tmp_path: Path) -> Sysfs:
    return Sysfs(tmp_path / "sys")


def lay_on(upper: Path, *lower: Path) -> None:
    """Make one device of others."""
    (upper / "slaves").mkdir()
    for device in lower:
        (upper / "slaves" / device.name).symlink_to(os.path.relpath(device, upper / "slaves"))


def test_a_stick_behind_two_hubs(sysfs: Sysfs) -> None:
    sysfs.add(TWO_HUBS, 8, 16)
    sysfs.add_partition(f"{TWO_HUBS}/sdb1", 8, 17)
    expected = UsbPort(XHCI, "4.2.3")
    assert (sysfs.port(8, 16), sysfs.port(8, 17)) == (expected, expected)
    assert str(expected) == "usb 0000:00:14.0 port 4.2.3"


def test_the_halves_of_a_controller_are_one_controller(sysfs: Sysfs) -> None:
    sysfs.add(f"{XHCI}/usb1/1-4/1-4:1.0/{SCSI}/sdb", 8, 16)
    sysfs.add(f"{XHCI}/usb2/2-1/2-1:1.0/{SCSI}/sdc", 8, 32)
    high, super_ = sysfs.port(8, 16), sysfs.port(8, 32)
    assert high is not None
    assert super_ is not None
    assert (high.controller, high.chain) == (XHCI, "4")
    assert (super_.controller, super_.chain) == (XHCI, "1")


def test_a_bus_that_is_counted_anew_is_the_same_port(sysfs: Sysfs) -> None:
    sysfs.add(f"{XHCI}/usb1/1-4/1-4.2/1-4.2:1.0/{SCSI}/sdb", 8, 16)
    sysfs.add(f"{XHCI}/usb3/3-4/3-4.2/3-4.2:1.0/host9/block/sdc", 8, 32)
    assert sysfs.port(8, 16) == sysfs.port(8, 32) == UsbPort(XHCI, "4.2")


def test_controllers_behind_a_bridge_are_told_apart(sysfs: Sysfs) -> None:
    bridge = "pci0000:00/0000:00:1c.0"
    sysfs.add(f"{bridge}/0000:03:00.0/usb5/5-1/5-1:1.0/{SCSI}/sdb", 8, 16)
    sysfs.add(f"{bridge}/0000:04:00.0/usb6/6-1/6-1:1.0/{SCSI}/sdc", 8, 32)
    assert sysfs.port(8, 16) == UsbPort(f"{bridge}/0000:03:00.0", "1")
    assert sysfs.port(8, 32) == UsbPort(f"{bridge}/0000:04:00.0", "1")


def test_device_mapper_over_usb(sysfs: Sysfs) -> None:
    disk = sysfs.add(TWO_HUBS, 8, 16)
    crypt = sysfs.add("virtual/block/dm-0", 253, 0)
    volume = sysfs.add("virtual/block/dm-1", 253, 1)
    lay_on(crypt, disk)
    lay_on(volume, crypt)
    assert sysfs.port(253, 1) == UsbPort(XHCI, "4.2.3")


def test_the_first_on_usb_counts_among_several(sysfs: Sysfs) -> None:
    inner = sysfs.add("pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda", 8, 0)
    outer = sysfs.add(TWO_HUBS, 8, 16)
    mirror = sysfs.add("virtual/block/md0", 9, 0)
    lay_on(mirror, inner, outer)
    assert sysfs.port(9, 0) == UsbPort(XHCI, "4.2.3")


def test_a_loop_device_hangs_where_its_file_lies(sysfs: Sysfs, tmp_path: Path) -> None:
    image = tmp_path / "card one.img"
    image.touch()
    device = image.stat().st_dev
    sysfs.add(TWO_HUBS, os.major(device), os.minor(device))
    loop = sysfs.add("virtual/block/loop7", 7, 7)
    (loop / "loop").mkdir()
    (loop / "loop" / "backing_file").write_text(f"{image}\n")
    sysfs.add_partition("virtual/block/loop7/loop7p1", 259, 3)
    assert sysfs.port(7, 7) == sysfs.port(259, 3) == UsbPort(XHCI, "4.2.3")
    image.unlink()
    assert sysfs.port(7, 7) is None


@pytest.mark.parametrize(
    "place",
    [
        "pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1",
        "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda",
        "virtual/block/loop7",
    ],
    ids=["nvme", "sata", "loop"],
)
def test_other_storage_has_no_port(sysfs: Sysfs, place: str) -> None:
    sysfs.add(place, 259, 0)
    assert sysfs.port(259, 0) is None


def test_nothing_is_known_without_sysfs(tmp_path: Path) -> None:
    assert port_of(os.makedev(8, 17), str(tmp_path / "none")) is None


def test_nothing_is_known_of_a_device_that_is_not_there(sysfs: Sysfs) -> None:
    (sysfs.root / "dev" / "block" / "8:16").symlink_to("../../devices/gone")
    assert sysfs.port(8, 16) is None
    assert sysfs.port(0, 44) is None


def test_devices_in_a_ring_come_to_an_end(sysfs: Sysfs) -> None:
    one = sysfs.add("virtual/block/dm-0", 253, 0)
    two = sysfs.add("virtual/block/dm-1", 253, 1)
    lay_on(one, two)
    lay_on(two, one)
    assert sysfs.port(253, 0) is None


def test_malformed_attributes_say_nothing(sysfs: Sysfs) -> None:
    disk = sysfs.add(TWO_HUBS, 8, 16)
    (disk / "dev").write_text("what:ever")
    upper = sysfs.add("virtual/block/dm-0", 253, 0)
    lay_on(upper, disk)
    assert sysfs.port(253, 0) is None


@pytest.mark.parametrize("path", ["", "usb1/1-4", "pci0000:00/usbmisc/1-4", "pci0000:00"])
def test_a_place_without_a_controller_above_a_bus_is_no_port(path: str) -> None:
    assert parse_port(path) is None


def test_a_folder_asks_sysfs_of_this_machine(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    recorder = FolderRecorder(str(tmp_path))
    place = os.path.realpath(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
    assert (recorder.usb_port() is not None) == ("/usb" in place)
    recorder.close()
