"""What a mount says of itself, from lines the kernel writes and links udev makes."""

import os
import stat
from pathlib import Path

import pytest

from drivers import volume
from drivers.recorder import MtimeZone

MOUNTINFO = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
90 27 8:17 / /run/card\\040one ro,nosuid,nodev,noexec shared:5 master:1 - vfat /dev/sdb1 ro,tz=UTC
91 27 8:33 / /run/two ro - exfat /dev/sdc1 ro,time_offset=480,errors=remount-ro
92 27 8:49 / /run/three ro - vfat /dev/sdd1 ro,time_offset=-330
93 27 8:50 / /broken ro -
94 27 8:51 short
"""


def mount(major: int, minor: int) -> volume.Mount | None:
    return volume.mount_of(os.makedev(major, minor), MOUNTINFO)


def test_a_fat_mount_keeps_local_digits() -> None:
    found = mount(8, 17)
    assert found is not None
    assert (found.kind, found.mtime_zone, found.digits_offset_us) == (
        "vfat",
        MtimeZone.LOCAL_DIGITS,
        0,
    )


def test_an_ext4_mount_keeps_instants() -> None:
    found = mount(254, 0)
    assert found is not None
    assert found.mtime_zone is MtimeZone.UTC


@pytest.mark.parametrize(("minor", "minutes"), [(33, 480), (49, -330)])
def test_a_time_offset_is_undone(minor: int, minutes: int) -> None:
    found = mount(8, minor)
    assert found is not None
    assert found.digits_offset_us == minutes * 60 * 1_000_000


@pytest.mark.parametrize("minor", [50, 51, 99])
def test_lines_that_say_nothing_give_no_mount(minor: int) -> None:
    assert mount(8, minor) is None


def test_the_running_kernel_is_understood() -> None:
    found = volume.mount_of(os.stat("/proc").st_dev)
    assert found is not None
    assert found.kind == "proc"


def test_links_of_udev_lead_to_serial_and_label(tmp_path: Path) -> None:
    node = os.stat("/dev/null")
    for folder, name in (("by-uuid", "1A2B-3C4D"), ("by-label", "REC\\x20\\xe4\\xb8\\x80")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).symlink_to("/dev/null")
        (tmp_path / folder / "0-dangling").symlink_to("/dev/no-such-device")
        (tmp_path / folder / "1-other").symlink_to("/dev/zero")
    assert volume.serial_of(node.st_rdev, str(tmp_path)) == "1A2B-3C4D"
    assert volume.label_of(node.st_rdev, str(tmp_path)) == "REC 一"


def test_without_udev_there_is_neither(tmp_path: Path) -> None:
    device = os.stat("/dev/null").st_rdev
    assert volume.serial_of(device, str(tmp_path / "absent")) is None
    assert volume.label_of(device, str(tmp_path / "absent")) is None


def test_what_is_mounted_is_spelled_as_it_is() -> None:
    line = "95 27 0:60 / /card ro - fuseblk /dev/disk/by-label/CARD\\040ONE ro\n"
    found = volume.mount_of(os.makedev(0, 60), line)
    assert found is not None
    assert found.source == "/dev/disk/by-label/CARD ONE"


def test_a_number_of_its_own_leads_to_no_device_without_one(tmp_path: Path) -> None:
    own = os.makedev(0, 60)
    for source in (str(tmp_path), "/dev/null", "tmpfs", ""):
        assert volume.block_device_of(own, volume.Mount("fuseblk", (), source)) == own
    assert volume.block_device_of(own, None) == own


def test_a_device_number_is_the_devices(tmp_path: Path) -> None:
    mount = volume.Mount("vfat", (), str(tmp_path))
    assert volume.block_device_of(os.makedev(8, 17), mount) == os.makedev(8, 17)


def test_a_number_of_its_own_leads_to_the_device_named() -> None:
    try:
        nodes = [node.path for node in os.scandir("/dev") if _is_block(node.path)]
    except OSError:
        nodes = []
    if not nodes:
        pytest.skip("no block device can be named here")
    mount = volume.Mount("fuseblk", (), nodes[0])
    found = volume.block_device_of(os.makedev(0, 60), mount)
    assert found == os.stat(nodes[0]).st_rdev


def _is_block(path: str) -> bool:
    return stat.S_ISBLK(os.lstat(path).st_mode)
