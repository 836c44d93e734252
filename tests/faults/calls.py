"""Every call by which the program changes a disk, counted, and made to fail on request.

The calls of the ``os`` module, of the C library as the program uses it, and the catalog's
transactions (SQLite's own calls are made in C) pass one turnstile, whichever thread makes
them. At a chosen call the process is killed, or the call is answered with an error in place
of being made.
"""

import ctypes
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import archive.durable
import archive.streams.staged
from archive.catalog.catalog import Catalog
from archive.errors import StorageError

BEFORE, AFTER = "before", "after"
"""Killed before the call is made, or when it has been made and nothing else."""

_CHANGING = ("open", "write", "pwrite", "ftruncate", "link", "rename", "replace", "unlink")
_NAMES = (*_CHANGING, "mkdir", "rmdir", "fsync", "close")
_LIBRARY = ("syncfs", "renameat2", "fallocate")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass(slots=True)
class Fault:
    """What goes wrong.

    Attributes:
        at: At which call, from 1; 0 for never.
        how: :data:`BEFORE`, :data:`AFTER`, or an error number to answer with.
        lasting: Whether every later call fails as well.
    """

    at: int = 0
    how: str | int = BEFORE
    lasting: bool = False


@dataclass(slots=True)
class Turnstile:
    """Counts calls, and lets the fault happen.

    Attributes:
        fault: What goes wrong.
        made: Every call so far, for people.
        synced_again: Descriptors that were synced after a sync of them had failed.
        watch: Told of every call that was made, while no other can be.
        last_words: Done before the process is killed.
    """

    fault: Fault = field(default_factory=Fault)
    made: list[str] = field(default_factory=list)
    synced_again: list[str] = field(default_factory=list)
    watch: Callable[[str, tuple[Any, ...], Any], None] = lambda _name, _args, _result: None
    last_words: Callable[[], None] = lambda: None
    _unsynced: dict[int, str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def install(self) -> None:
        """Put the turnstile before every call, for the rest of this process."""
        for name in _NAMES:
            setattr(os, name, self._guarded(name, getattr(os, name)))
        library = _Library(archive.durable._libc)
        for name in _LIBRARY:
            setattr(library, name, self._guarded(name, getattr(library, name)))
        archive.durable._libc = archive.streams.staged._libc = library  # type: ignore[assignment]
        Catalog.apply = self._guarded("apply", Catalog.apply)  # type: ignore[method-assign]

    def _guarded(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if name == "open" and not args[1] & _WRITES:
                return real(*args, **kwargs)
            if name == "close":
                self._unsynced.pop(args[0], None)
                return real(*args, **kwargs)
            with self._lock:
                return self._pass(name, real, args, kwargs)

        return call

    def _pass(
        self, name: str, real: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        due = self._is_due()
        self.made.append(f"{name} {_told(args)}")
        if name == "fsync" and args[0] in self._unsynced:
            self.synced_again.append(self._unsynced[args[0]])
        if due and self.fault.how == BEFORE:
            self._die()
        if due and isinstance(self.fault.how, int):
            return self._refuse(name, args)
        try:
            result = real(*args, **kwargs)
            self.watch(name, args, result)
        finally:
            if due and self.fault.how == AFTER:
                self._die()
        return result

    def _is_due(self) -> bool:
        number = len(self.made) + 1
        later = self.fault.lasting and self.fault.at
        return number == self.fault.at or bool(later and number > self.fault.at)

    def _die(self) -> None:
        self.last_words()
        os.kill(os.getpid(), signal.SIGKILL)

    def _refuse(self, name: str, args: tuple[Any, ...]) -> Any:
        assert isinstance(self.fault.how, int)
        if name == "fsync":
            self._unsynced[args[0]] = self.made[-1]
        if name in _LIBRARY:
            ctypes.set_errno(self.fault.how)
            return -1
        if name == "apply":
            raise StorageError("cannot write the catalog: injected")
        raise OSError(self.fault.how, os.strerror(self.fault.how))


class _Library:
    """The C library, its functions replaceable."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _told(args: tuple[Any, ...]) -> str:
    """Which file a call is about."""
    first = args[0]
    if isinstance(first, int) and not isinstance(first, bool):
        try:
            return os.readlink(f"/proc/self/fd/{first}")
        except OSError:
            return f"descriptor {first}"
    return " ".join(os.fsdecode(arg) for arg in args[:2] if isinstance(arg, str | os.PathLike))
