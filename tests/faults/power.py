"""What a power cut would leave of a folder: a model of what a file system promises.

A name is certain once its folder was synced after the name was made, bytes once their file
was, and everything once the file system was. What is not certain may be there or not, each
change for itself: the strict cut keeps nothing of it, a random cut flips a coin for every
change of a name and takes old bytes, new ones, zeros or a part in place of every unsynced
content. A rename is one change. That is more than journalling file systems ever lose.

Not modelled: the catalog, whose files SQLite writes with calls of its own. It is left out, as
if it had never been synced, for it can be made again from the log.
"""

import os
import random
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_IGNORED = ("catalog.sqlite", ".lock")

Changes = list[tuple[int, str, int | None]]
"""(folder, name, node or None for a name that goes), nodes by inode number."""


@dataclass(slots=True)
class PowerCut:
    """Follows every call on a folder, from the moment it is made.

    Attributes:
        root: The folder. Everything in it is certain in the beginning.
    """

    root: Path
    _certain: dict[int, dict[str, int]] = field(default_factory=dict)
    _seen: dict[int, dict[str, int]] = field(default_factory=dict)
    _uncertain: list[Changes] = field(default_factory=list)
    _bytes: dict[int, bytes] = field(default_factory=dict)
    _pins: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._everything_is_certain()

    def watch(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        """See a call that was made."""
        match name:
            case "open" if self._is_inside(args[0]):
                self._created(Path(args[0]), os.fstat(result).st_ino)
            case "mkdir":
                self._created(Path(args[0]), os.stat(args[0]).st_ino)
            case "link":
                self._change(self._place(Path(args[1]), os.stat(args[1]).st_ino))
            case "rename" | "replace":
                self._renamed(Path(args[0]), Path(args[1]))
            case "renameat2" if result == 0:
                self._renamed(Path(os.fsdecode(args[1])), Path(os.fsdecode(args[3])))
            case "unlink" | "rmdir":
                self._change(self._place(Path(args[0]), None))
            case "fsync":
                self._synced(args[0])
            case "syncfs":
                self._everything_is_certain()

    def leave(self, target: Path, seed: int | None) -> None:
        """Make what a power cut leaves, at ``target``.

        Args:
            target: A folder that does not exist yet.
            seed: Of a random cut; None for the strict one.
        """
        chance = random.Random(seed)
        names = {folder: dict(entries) for folder, entries in self._certain.items()}
        for changes in self._uncertain:
            if seed is not None and chance.random() < 0.5:
                _apply(names, changes)
        _Remains(names, self._bytes, self._pins, chance if seed is not None else None).build(
            self.root.stat().st_ino, target
        )

    def _is_inside(self, path: object) -> bool:
        return str(path).startswith(f"{self.root}/") and not _ignored(Path(str(path)).name)

    def _created(self, path: Path, node: int) -> None:
        if not self._is_inside(path):
            return
        place = self._place(path, node)
        folder, name, _ = place[0]
        if self._seen.setdefault(folder, {}).get(name) != node:
            self._pin(path, node)
            self._change(place)

    def _renamed(self, old: Path, new: Path) -> None:
        node = os.stat(new, follow_symlinks=False).st_ino
        self._change([*self._place(old, None), *self._place(new, node)])

    def _place(self, path: Path, node: int | None) -> Changes:
        return [(os.stat(path.parent).st_ino, path.name, node)]

    def _change(self, changes: Changes) -> None:
        _apply(self._seen, changes)
        self._uncertain.append(changes)

    def _synced(self, descriptor: int) -> None:
        node = os.fstat(descriptor)
        if stat.S_ISREG(node.st_mode):
            self._bytes[node.st_ino] = _content(descriptor)
            return
        now = [c for c in self._uncertain if any(folder == node.st_ino for folder, *_ in c)]
        for changes in now:
            _apply(self._certain, changes)
            self._uncertain.remove(changes)

    def _everything_is_certain(self) -> None:
        self._uncertain.clear()
        self._certain.clear()
        for folder, folders, files in os.walk(self.root):
            entries = {}
            for name in (*folders, *(name for name in files if not _ignored(name))):
                path = Path(folder, name)
                entries[name] = os.stat(path).st_ino
                self._pin(path, entries[name])
                if name in files:
                    self._bytes[entries[name]] = _content(self._pins[entries[name]])
            self._certain[os.stat(folder).st_ino] = entries
        self._seen = {folder: dict(entries) for folder, entries in self._certain.items()}

    def _pin(self, path: Path, node: int) -> None:
        """Keep a node from being used again for another file while it is spoken of here."""
        if node not in self._pins:
            self._pins[node] = os.open(path, os.O_RDONLY)


@dataclass(slots=True)
class _Remains:
    """The tree that is left."""

    names: dict[int, dict[str, int]]
    certain: dict[int, bytes]
    pins: dict[int, int]
    chance: random.Random | None
    _made: dict[int, Path] = field(default_factory=dict)

    def build(self, folder: int, target: Path) -> None:
        target.mkdir()
        for name, node in sorted(self.names.get(folder, {}).items()):
            path = target / name
            if stat.S_ISDIR(os.fstat(self.pins[node]).st_mode):
                self.build(node, path)
            elif node in self._made:
                path.hardlink_to(self._made[node])
            else:
                path.write_bytes(self._left_of(node))
                self._made[node] = path

    def _left_of(self, node: int) -> bytes:
        certain, seen = self.certain.get(node, b""), _content(self.pins[node])
        if self.chance is None or certain == seen:
            return certain
        part = seen[: self.chance.randrange(len(seen) + 1)]
        return self.chance.choice([certain, seen, bytes(len(seen)), part])


def _apply(names: dict[int, dict[str, int]], changes: Changes) -> None:
    for folder, name, node in changes:
        if node is None:
            names.setdefault(folder, {}).pop(name, None)
        else:
            names.setdefault(folder, {})[name] = node


def _content(descriptor: int) -> bytes:
    return Path(f"/proc/self/fd/{descriptor}").read_bytes()


def _ignored(name: str) -> bool:
    return name.startswith(_IGNORED)
