"""A package put where somebody asked for it, from its parts as they come."""

from collections.abc import Callable
from pathlib import Path

from archive.export.bag import PAYLOAD, new_bag
from archive.export.parts import Package

Told = Callable[[Package, int], None]
"""Called with the package and the bytes of payload written so far."""


def write_package(
    begin: Callable[[], Package],
    target: Path,
    told: Told = lambda _package, _done: None,
) -> tuple[Package, str]:
    """Write a package.

    Args:
        begin: Gives the package. It is called when the place is known to take one, so that
            nothing is logged for a package that has nowhere to go.
        target: The folder to make.
        told: Watches.

    Returns:
        The package, its parts taken, and the SHA-256 of its tag manifest, which names every byte.

    Raises:
        PackageNotWritten: The folder exists, or the disk refused; nothing is left behind.
        DigestMismatch: An original is not what the log says; nothing is left behind.
    """
    with new_bag(target) as bag:
        package = begin()
        for part in package.parts:
            done = bag.payload_bytes

            def count(size_bytes: int) -> None:
                nonlocal done
                done += size_bytes
                told(package, done)

            watching = [count] if part.path.startswith(PAYLOAD) else []
            bag.add(part.path, part.chunks, part.digests, *watching)
        bag.describe(package.info)
        return package, bag.finish()
