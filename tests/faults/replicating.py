"""Children that keep a further store up to date, while something goes wrong.

As :mod:`tests.faults.children`: one clean process forks a child for each line it is given.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from archive.archive import Archive
from archive.clock import now_us
from archive.keys import load_log_key
from archive.replication.keeper import LEASE_US, StoreKeeper
from archive.state.database import StateDatabase
from archive.stores.directory import DirectoryStore
from archive.stores.guarded import GuardedStore
from archive.stores.opening import directory_spec
from hashing.errors import EvidenceError
from tests.archives import POLICY
from tests.faults.calls import Fault, Turnstile

KILLED = -9


@dataclass(slots=True)
class Kept:
    """What a child has to say, unless it was killed."""

    calls: list[str] = field(default_factory=list)
    error: str = ""
    foreign: str = ""


def keep(folder: Path, fault: Fault, *, guarded: bool = False) -> Kept:
    """Bring the store ``share`` of the archive in a folder up to date, in this process."""
    kept = Kept()
    keys = [load_log_key(folder / "keys").verifier]
    spec = directory_spec("nas", folder / "share", keys)
    store: Any = (
        GuardedStore(spec, 30) if guarded else DirectoryStore(folder / "share", "nas", keys)
    )
    with (
        closing(store),
        Archive.open(folder / "archive", folder / "keys", POLICY, wait_s=30) as archive,
        StateDatabase.open(folder / "state.sqlite") as state,
    ):
        turnstile = Turnstile(fault)
        turnstile.install()
        late_us = len(list(folder.glob("killed-*"))) * LEASE_US  # leases have run out

        copies = 3 if guarded else 1  # alone, every run makes the same calls

        def clock() -> int:
            return now_us() + late_us

        keeper = StoreKeeper(
            archive, store, [], state, keys, lambda _: None, copies_at_once=copies, clock=clock
        )
        try:
            keeper.step()
            kept.error = keeper.trouble or ""
        except EvidenceError as error:
            kept.error = error.code
        except Exception:
            kept.foreign = traceback.format_exc()
        turnstile.fault = Fault()
        kept.calls = list(turnstile.made)
    return kept


@dataclass(slots=True)
class Replicating:
    """Runs children, one after another."""

    process: "subprocess.Popen[str]"

    def run(
        self, folder: Path, at: int = 0, how: str | int = "", *, guarded: bool = False
    ) -> Kept | None:
        """Keep the store of an archive up to date; None where the child was killed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        line = json.dumps({"folder": str(folder), "at": at, "how": how, "guarded": guarded})
        print(line, file=self.process.stdin, flush=True)
        code = int(self.process.stdout.readline())
        if code == KILLED:
            (folder / f"killed-{at}").touch()
            return None
        assert code == 0, f"the child ended with {code}"
        return Kept(**json.loads((folder / "report.json").read_text("utf-8")))


@contextmanager
def replicating() -> Iterator[Replicating]:
    """A clean process that has imported everything."""
    command = [sys.executable, "-m", "tests.faults.replicating"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        yield Replicating(process)
        assert process.stdin is not None
        process.stdin.close()


def _fork(line: str) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        os.dup2(2, 1)  # standard output is how outcomes are told
        try:
            job = json.loads(line)
            folder = Path(job["folder"])
            kept = keep(folder, Fault(job["at"], job["how"]), guarded=job["guarded"])
            (folder / "report.json").write_text(json.dumps(asdict(kept)), "utf-8")
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    """Fork a child for each line of standard input, and tell how it ended."""
    for line in sys.stdin:
        sys.stdout.write(f"{_fork(line)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
