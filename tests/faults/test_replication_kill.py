"""The process that copies to a further store is killed, or its disk fails, at any call.

Whatever happens, the store shows no half-written object and no log that does not hold
together, the log names no copy that is not there, and the next start finishes the work.
"""

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.keys import load_log_key
from archive.replication.heads import StoredLog
from archive.stores.documents import FolderDocuments
from hashing.verifier import verify_log
from tests.archives import Site, assert_sound
from tests.faults.calls import AFTER, BEFORE
from tests.faults.replicating import Replicating, replicating
from tests.faults.sampling import sampled
from tests.stores import ShareSite, ingested_site

SHARES = 8


@pytest.fixture(scope="module")
def children() -> Iterator[Replicating]:
    with replicating() as process:
        yield process


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """An archive with objects, and an empty share that is its further store."""
    site = ingested_site(tmp_path_factory.mktemp("pristine"))
    ShareSite(site.folder / "share", load_log_key(site.keys))
    return site


@pytest.fixture(scope="module")
def calls(
    children: Replicating, pristine: Site, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """Every call that changes a disk while the store is brought up to date."""
    kept = children.run(copy_of(pristine, tmp_path_factory.mktemp("calls")).folder)
    assert kept is not None
    assert (kept.error, kept.foreign) == ("", "")
    return kept.calls


def copy_of(site: Site, folder: Path) -> Site:
    shutil.copytree(site.folder, folder / "site")
    return Site(folder / "site", site.key)


def shown(site: Site) -> set[str]:
    """The objects that the share shows, each of them whole."""
    found = [path for path in (site.folder / "share" / "objects").rglob("*") if path.is_file()]
    for path in found:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    return {path.name for path in found}


def mirrored(site: Site) -> int:
    """How many entries the share's log has; it holds together."""
    log = StoredLog(FolderDocuments(site.folder / "share"))
    if not (site.folder / "share" / "log" / "checkpoint").exists():
        return 0
    verdict = verify_log(log, site.key)
    assert (verdict.ok, verdict.origin_proven) == (True, True), verdict.findings
    return verdict.size


def assert_nothing_is_half_done(site: Site) -> None:
    logged = [entry["object"]["sha256"] for entry in site.acts("replicate")]
    assert set(logged) <= shown(site)
    assert mirrored(site) <= len(site.entries())


def assert_finished(site: Site, children: Replicating) -> None:
    kept = children.run(site.folder)
    assert kept is not None
    assert (kept.error, kept.foreign) == ("", "")
    assert_sound(site)
    assert shown(site) == set(site.objects())
    logged = Counter(entry["object"]["sha256"] for entry in site.acts("replicate"))
    assert logged == Counter(site.objects().keys())
    assert mirrored(site) == len(site.entries())
    assert list((site.folder / "share" / "staging").iterdir()) == []


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("how", [BEFORE, AFTER])
def test_killed_while_a_store_is_kept(
    pristine: Site, children: Replicating, calls: list[str], tmp_path: Path, how: str, share: int
) -> None:
    for number in sampled(len(calls), share, SHARES):
        site = copy_of(pristine, tmp_path / str(number))
        assert children.run(site.folder, number, how) is None, calls[number - 1]
        assert_nothing_is_half_done(site)
        assert_finished(site, children)


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_while_a_store_is_kept(
    pristine: Site, children: Replicating, calls: list[str], tmp_path: Path, code: int, share: int
) -> None:
    for number in sampled(len(calls), share, SHARES):
        site = copy_of(pristine, tmp_path / str(number))
        kept = children.run(site.folder, number, code)
        assert kept is not None
        assert kept.foreign == "", calls[number - 1]
        assert_nothing_is_half_done(site)
        (site.folder / "killed-0").touch()  # the retry is due
        assert_finished(site, children)


def test_killed_at_any_moment_with_the_store_behind_processes(
    pristine: Site, children: Replicating, tmp_path: Path
) -> None:
    """Killed ever later by a clock; where that falls does not matter."""
    site = copy_of(pristine, tmp_path)
    program = (
        "from pathlib import Path; from tests.faults.calls import Fault;"
        "from tests.faults.replicating import keep;"
        f"print('begun', flush=True); keep(Path({str(site.folder)!r}), Fault(), guarded=True)"
    )
    for round_ in range(8):
        with subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.1 * round_)
            os.kill(process.pid, signal.SIGKILL)
        (site.folder / f"killed-{round_}").touch()
        assert_nothing_is_half_done(site)
    assert_finished(site, children)
