"""What the program's own verifier finds, the portable one finds as well, under the same numbers.

The tamperings are those of ``test_hashing_tampered_logs.py`` and
``test_verify_tampered_archives.py``; check 14, the catalog, is not the portable one's business.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from archive.log.reader import LogFiles
from archive.verify.archive import Progress, Question, verify_archive
from hashing.checkpoint import Checkpoint
from hashing.findings import Finding, Severity
from hashing.note import SigningKey, sign
from hashing.verifier import verify_log
from tests.archives import Site, dock
from tests.engine_sources import MemorySource, noise
from tests.logbook import MemoryLog
from tests.stub_recorder import StubRecorder
from tests.verify_py import ask, write
from tests.zoo.test_hashing_tampered_logs import BOOK, CASES, FILES, Case
from tests.zoo.test_verify_tampered_archives import (
    CATALOG,
    LOG,
    OBJECTS,
    Tampering,
    honest,
    site,
)

__all__ = ["honest", "site"]  # fixtures

KEY = str(BOOK.first_key.verifier)


def failing(findings: Sequence[Finding]) -> set[int]:
    return {finding.check for finding in findings if finding.severity is Severity.ERROR}


def known_file(folder: Path, checkpoint: Checkpoint) -> Path:
    ours = checkpoint.origin == BOOK.origin
    key = BOOK.key if ours else SigningKey.generate(checkpoint.origin)
    path = folder / f"known-{checkpoint.size}"
    path.write_bytes(sign(checkpoint.body(), [key]))
    return path


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_both_verifiers_name_the_same_checks_of_a_log(case: Case, tmp_path: Path) -> None:
    if not case.files:
        return  # an empty folder is no log to either: test_what_is_no_archive
    folder = write(tmp_path / "log", case.files)
    known = [f"--known={known_file(tmp_path, checkpoint)}" for checkpoint in case.known]
    answer = ask(folder, "--key", KEY, *known)
    verdict = verify_log(MemoryLog(case.files), BOOK.first_key.verifier, case.known)
    assert answer.failed == failing(verdict.findings)
    assert answer.summary["ok"] is verdict.ok is False
    first = next(f for f in verdict.findings if f.severity is Severity.ERROR)
    assert answer.exit_code == first.exit_code
    assert answer.summary["origin_proven"] is verdict.origin_proven


def test_the_log_they_start_from_is_honest(tmp_path: Path) -> None:
    folder = write(tmp_path / "log", FILES)
    known = known_file(tmp_path, BOOK.head())
    answer = ask(folder, "--key", KEY, "--known", known)
    assert (answer.exit_code, answer.findings) == (0, [])
    assert answer.summary["origin_proven"]
    assert [answer.status(check) for check in range(1, 10)] == ["pass"] * 9


@pytest.mark.parametrize(
    "tampering",
    [*OBJECTS.values(), *LOG.values()],
    ids=[*(f"object_{name}" for name in OBJECTS), *(f"log_{name}" for name in LOG)],
)
def test_both_verifiers_name_the_same_checks_of_an_archive(
    site: Site, tampering: Tampering
) -> None:
    tampering.do(site.root)
    answer = ask(site.root, "--key", str(site.key))
    verdict = verify_archive(site.root, Question(site.key, deep=True), Progress())
    assert answer.failed == failing(verdict.findings)
    assert answer.exit_code == tampering.exit_code
    named = [
        finding
        for finding in answer.findings
        if (finding["check"], finding["code"]) == (tampering.check, tampering.code)
    ]
    assert named


@pytest.mark.parametrize("tampering", CATALOG.values(), ids=CATALOG.keys())
def test_a_changed_catalog_is_said_to_be_unchecked(site: Site, tampering: Tampering) -> None:
    tampering.do(site.root)
    answer = ask(site.root, "--key", str(site.key))
    assert (answer.exit_code, answer.status(14)) == (0, "not_checked")


def test_the_honest_archive_has_nothing_to_say(site: Site) -> None:
    answer = ask(site.root, "--key", str(site.key), "--digests", "all")
    verdict = verify_archive(site.root, Question(site.key, deep=True), Progress())
    assert (answer.exit_code, answer.findings) == (0, [])
    figures = ("entries", "objects", "size_bytes", "root", "origin")
    found = [answer.summary[name] for name in figures]
    log = verdict.log
    assert found == [log.size, verdict.objects, verdict.size_bytes, log.root.hex(), log.origin]
    assert [answer.status(check) for check in (11, 12, 13)] == ["pass"] * 3


def test_what_nobody_logged_is_told(site: Site) -> None:
    planted = site.root / "objects" / "00" / ("00" * 32)
    planted.parent.mkdir(exist_ok=True)
    planted.write_bytes(b"planted")
    answer = ask(site.root, "--key", str(site.key))
    assert [finding["code"] for finding in answer.findings] == ["UNLOGGED_OBJECT"]
    assert (answer.summary["ok"], answer.exit_code) == (True, 102)


def test_without_a_key_the_origin_is_not_proven(site: Site) -> None:
    answer = ask(site.root)
    assert [finding["code"] for finding in answer.findings] == ["ORIGIN_NOT_PROVEN"]
    assert answer.summary["fingerprint"] == site.key.fingerprint
    assert (answer.summary["ok"], answer.exit_code) == (True, 101)


def test_another_pinned_key_proves_nothing(site: Site) -> None:
    other = SigningKey.generate(site.key.name).verifier
    answer = ask(site.root, "--key", str(other))
    assert (answer.exit_code, answer.failed) == (31, {2})
    assert not answer.summary["origin_proven"]


def test_a_rolled_back_archive_contradicts_a_known_checkpoint(
    site: Site, honest: Site, tmp_path: Path
) -> None:
    with site.open() as archive:
        dock(archive, StubRecorder({b"newest.mp4": MemorySource(noise(99))}))
    shutil.copy(site.root / "log" / "checkpoint", tmp_path / "known")
    older = honest.root / "log" / "checkpoint"
    key = ["--key", str(site.key)]
    assert ask(honest.root, *key, "--known", tmp_path / "known").exit_code == 33
    answer = ask(site.root, *key, "--known", tmp_path / "known", "--known", older)
    assert (answer.exit_code, answer.status(9)) == (0, "pass")
    assert LogFiles(site.root / "log").head().size > LogFiles(honest.root / "log").head().size


def test_what_is_no_archive(tmp_path: Path) -> None:
    answer = ask(tmp_path)
    assert answer.exit_code == 56
    assert [finding["code"] for finding in answer.findings] == ["NOT_AN_ARCHIVE"]
