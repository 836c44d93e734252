"""Which USB port the storage under a mounted file system hangs on, as sysfs shows it. Only reads.

A block device stands in sysfs below everything it is reached through::

    devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.2/1-4.2:1.0/host6/…/block/sdb/sdb1
            └─ the controller ─────┘     └ hub └ port 2 of that hub

- The controller is what stands above ``usbN``. The kernel's bus numbers (the ``N``) move
  between two starts of the machine; the place of the controller does not. The USB 2 and the
  USB 3 half of one controller are two buses of one PCI function.
- Ports are counted from the root hub: ``4.2`` is port 2 of the hub in port 4. The two halves
  count their ports by themselves.
- A device that is made of others (device mapper, md) names them in ``slaves``; a loop device
  names its file, which lies on a device again. Where several lie below, the first on USB counts.

Not checked: whether the port belongs to a recorder. Storage that hangs on no USB controller,
and a machine without sysfs, give None.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass

SYSFS = "/sys"
_DEPTH = 8
"""So many devices may lie on top of each other."""

_BUS = re.compile(r"usb\d+")
_PORT = re.compile(r"\d+-(\d+(?:\.\d+)*)")


@dataclass(frozen=True, slots=True)
class UsbPort:
    """A USB port of this machine.

    Attributes:
        controller: The controller's place, such as ``pci0000:00/0000:00:14.0``.
        chain: The ports from its root hub down, such as ``4.2``; empty for the root itself.
    """

    controller: str
    chain: str

    def __str__(self) -> str:
        """The port for people: ``usb 0000:00:14.0 port 4.2``."""
        return f"usb {self.controller.rpartition('/')[2]} port {self.chain}"


def port_of(device: int, sysfs: str = SYSFS) -> UsbPort | None:
    """The port that a block device hangs on; None where it hangs on no USB controller.

    Args:
        device: The device's number, as ``st_dev`` of what lies on it.
        sysfs: Where sysfs is mounted.
    """
    return _port_of(device, os.path.realpath(sysfs), _DEPTH)


def parse_port(path: str) -> UsbPort | None:
    """The port in a device's place below ``devices`` of sysfs; None where there is no bus."""
    parts = path.strip("/").split("/")
    bus = next((index for index, part in enumerate(parts) if _BUS.fullmatch(part)), 0)
    if not bus:
        return None
    chains = [found[1] for part in parts[bus:] if (found := _PORT.fullmatch(part))]
    return UsbPort("/".join(parts[:bus]), chains[-1] if chains else "")


def _port_of(device: int, sysfs: str, depth: int) -> UsbPort | None:
    link = os.path.join(sysfs, "dev", "block", f"{os.major(device)}:{os.minor(device)}")
    place, root = os.path.realpath(link), os.path.join(sysfs, "devices")
    if not depth or not place.startswith(f"{root}/"):
        return None
    if port := parse_port(os.path.relpath(place, root)):
        return port
    found = (_port_of(below, sysfs, depth - 1) for below in _below(place))
    return next((port for port in found if port), None)


def _below(place: str) -> Iterator[int]:
    """The numbers of the devices that the one at ``place`` is made of; of a partition's disk."""
    disk = os.path.dirname(place) if os.path.exists(os.path.join(place, "partition")) else place
    try:
        names = sorted(os.listdir(os.path.join(disk, "slaves")))
    except OSError:
        names = []
    for name in names:
        if number := _number(_text(os.path.join(disk, "slaves", name, "dev"))):
            yield number
    if file := _text(os.path.join(disk, "loop", "backing_file")):
        try:
            node = os.stat(file)
        except OSError:
            return
        yield node.st_rdev if stat.S_ISBLK(node.st_mode) else node.st_dev


def _number(text: str) -> int | None:
    """The device number that ``8:17`` spells."""
    major, _, minor = text.partition(":")
    return os.makedev(int(major), int(minor)) if major.isdigit() and minor.isdigit() else None


def _text(path: str) -> str:
    """An attribute's text; empty where there is none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().rstrip("\n")
    except OSError:
        return ""
