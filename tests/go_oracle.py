"""Go's ``golang.org/x/mod/sumdb`` as a judge of logs and proofs: ``tests/oracles/log.go``, built.

Debian has the compiler in ``golang-go`` and the sources in ``golang-golang-x-mod-dev``. The
program is built once a process, into a folder that goes when the process ends; nothing is
fetched.
"""

import atexit
import functools
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parent / "oracles" / "log.go"
GOPATH = Path("/usr/share/gocode")
_SUMDB = GOPATH / "src/golang.org/x/mod/sumdb"
_BUILD_S = 240


@dataclass(frozen=True, slots=True)
class Judged:
    """What the oracle said of a log or a proof that it accepts.

    Attributes:
        origin: The log's name.
        size: Entries under the checkpoint.
        root: Their root, 64 hex.
        tiles: Hash tiles that were compared.
        proven: Proofs that were checked.
    """

    origin: str
    size: int
    root: str
    tiles: int
    proven: int


class Refused(Exception):  # noqa: N818 - named for the verdict
    """The oracle does not accept it; the words are its own."""


def is_missing() -> str:
    """What the oracle lacks here, in words; empty where nothing."""
    if shutil.which("go") is None:
        return "golang-go is not installed"
    return "" if _SUMDB.is_dir() else "golang-golang-x-mod-dev is not installed"


@functools.cache
def built() -> Path:
    """The program, built on the first call."""
    folder = tempfile.mkdtemp(prefix="go-oracle-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    program = Path(folder) / "oracle"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": folder,
        "GO111MODULE": "off",
        "GOPATH": str(GOPATH),
        "GOCACHE": f"{folder}/cache",
        "CGO_ENABLED": "0",
    }
    command = ["go", "build", "-o", str(program), str(SOURCE)]
    subprocess.run(command, env=environment, check=True, timeout=_BUILD_S)
    return program


def judge(*arguments: str | Path) -> Judged:
    """Ask the oracle.

    Args:
        arguments: As the head of ``log.go`` lists them.

    Raises:
        Refused: It does not accept the log or the proof.
    """
    done = subprocess.run([built(), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        assert done.returncode == 1, done.stderr
        assert done.stdout == ""
        raise Refused(done.stderr.strip())
    return Judged(**json.loads(done.stdout))
