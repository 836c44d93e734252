"""Archives that someone changed, and what a deep verification calls each change.

Every case starts from a copy of the same honest archive. It says the one finding that names
the defect, as (check, code, beginning of the subject); where others follow from it, they are
of the same change.
"""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from archive.log.reader import LogFiles
from archive.verify.archive import Progress, Question, verify_archive
from hashing.digest import Algorithm
from hashing.findings import Severity
from hashing.note import SigningKey, sign
from hashing.tiles import encode_bundle
from tests.archives import MEBIBYTE, Site, dock, new_site
from tests.engine_sources import MemorySource, noise
from tests.stub_recorder import StubRecorder

SIZES = (0, 1, 3000, 4 * MEBIBYTE, 5 * MEBIBYTE + 7)
BOTH = (Algorithm.SHA256, Algorithm.SM3)
CONTENTS = {b"%d.mp4" % size: MemorySource(noise(size)) for size in SIZES}


def digest_of(size: int) -> str:
    return hashlib.sha256(noise(size)).hexdigest()


def name_of(size: int) -> str:
    digest = digest_of(size)
    return f"objects/{digest[:2]}/{digest}"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = new_site(tmp_path_factory.mktemp("honest") / "site")
    with site.open() as archive:
        for contents in (CONTENTS, {b"later.mp4": MemorySource(noise(77))}):
            assert dock(archive, StubRecorder(contents)).balance.complete()
    return site


@pytest.fixture
def site(honest: Site, tmp_path: Path) -> Site:
    shutil.copytree(honest.folder, tmp_path / "site")
    return Site(tmp_path / "site", honest.key)


def test_the_honest_archive_has_nothing_to_say(site: Site) -> None:
    verdict = verify_archive(site.root, Question(site.key, deep=True, algorithms=BOTH), Progress())
    assert (verdict.findings, verdict.exit_code) == ((), 0)
    assert verdict.objects == len(SIZES) + 1
    assert verdict.size_bytes == sum(SIZES) + 77


class Tampering(NamedTuple):
    """One change to an archive's folder, and the finding that names it."""

    do: Callable[[Path], object]
    check: int
    code: str
    subject: str
    exit_code: int
    shallow: bool = True
    """Whether a verification that reads no object finds it as well."""


def change_byte(at: int, size: int = 3000) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / name_of(size)
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(data)

    return change


def swap(root: Path) -> None:
    first, second = root / name_of(3000), root / name_of(1)
    first.rename(root / "kept")
    second.rename(first)
    (root / "kept").rename(second)


def replace_by_link(root: Path) -> None:
    path = root / name_of(3000)
    path.rename(root / "elsewhere")
    path.symlink_to(root / "elsewhere")


def replace_by(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(root: Path) -> None:
        (root / name_of(1)).unlink()
        make(root / name_of(1))

    return replace


def move_to_another_folder(root: Path) -> None:
    path = root / name_of(3000)
    path.rename(root / "objects" / "00" / path.name)


OBJECTS = {
    "missing": Tampering(
        lambda root: (root / name_of(3000)).unlink(), 11, "MISSING_FILE", name_of(3000), 10
    ),
    "empty_one_missing": Tampering(
        lambda root: (root / name_of(0)).unlink(), 11, "MISSING_FILE", name_of(0), 10
    ),
    "all_missing": Tampering(
        lambda root: shutil.rmtree(root / "objects"), 11, "MISSING_FILE", "objects/", 10
    ),
    "in_another_folder": Tampering(
        move_to_another_folder, 11, "MISSING_FILE", name_of(3000), 10
    ),
    "truncated": Tampering(
        lambda root: os.truncate(root / name_of(3000), 2999),
        12, "DIGEST_MISMATCH", name_of(3000), 11,
    ),
    "emptied": Tampering(
        lambda root: os.truncate(root / name_of(5 * MEBIBYTE + 7), 0),
        12, "DIGEST_MISMATCH", name_of(5 * MEBIBYTE + 7), 11,
    ),
    "longer": Tampering(
        lambda root: os.truncate(root / name_of(3000), 3001),
        12, "DIGEST_MISMATCH", name_of(3000), 11,
    ),
    "first_byte": Tampering(
        change_byte(0), 12, "DIGEST_MISMATCH", name_of(3000), 11, shallow=False
    ),
    "last_byte": Tampering(
        change_byte(-1), 12, "DIGEST_MISMATCH", name_of(3000), 11, shallow=False
    ),
    "last_byte_of_a_whole_buffer": Tampering(
        change_byte(-1, 4 * MEBIBYTE),
        12, "DIGEST_MISMATCH", name_of(4 * MEBIBYTE), 11, shallow=False,
    ),
    "byte_in_a_second_buffer": Tampering(
        change_byte(4 * MEBIBYTE + 5, 5 * MEBIBYTE + 7),
        12, "DIGEST_MISMATCH", name_of(5 * MEBIBYTE + 7), 11, shallow=False,
    ),
    "swapped_with_another": Tampering(swap, 12, "DIGEST_MISMATCH", "objects/", 11),
    "link_to_the_same_bytes": Tampering(
        replace_by_link, 12, "DIGEST_MISMATCH", name_of(3000), 11
    ),
    "folder": Tampering(
        replace_by(lambda path: path.mkdir()), 12, "DIGEST_MISMATCH", name_of(1), 11
    ),
    "fifo": Tampering(replace_by(os.mkfifo), 12, "DIGEST_MISMATCH", name_of(1), 11),
}  # fmt: skip


def partial(root: Path, sort: str) -> Path:
    [path] = (root / "log" / "tile" / sort).glob("000.p/*")
    return path


def edit_entry(root: Path) -> None:
    files = LogFiles(root / "log")
    raws = files.raw_bundle(0, files.head().size)
    at = next(n for n, raw in enumerate(raws) if b'"act":"ingest"' in raw)
    raws[at] = raws[at].replace(b'"complete":true', b'"complete":null')
    partial(root, "entries").write_bytes(encode_bundle(raws))


def remove_entry(root: Path) -> None:
    files = LogFiles(root / "log")
    raws = files.raw_bundle(0, files.head().size)
    partial(root, "entries").write_bytes(encode_bundle(raws[:3] + raws[4:]))


def change_tile(root: Path) -> None:
    path = partial(root, "0")
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def sign_with_another_key(root: Path) -> None:
    head = LogFiles(root / "log").head()
    key = SigningKey.generate(head.origin)
    (root / "log" / "checkpoint").write_bytes(sign(head.body(), [key]))


def checkpoint(data: bytes) -> Callable[[Path], None]:
    def write(root: Path) -> None:
        (root / "log" / "checkpoint").write_bytes(data)

    return write


LOG = {
    "no_checkpoint": Tampering(
        lambda root: (root / "log" / "checkpoint").unlink(), 1, "MISSING_FILE", "checkpoint", 10
    ),
    "empty_checkpoint": Tampering(checkpoint(b""), 1, "LOG_INCONSISTENT", "checkpoint", 30),
    "garbage_checkpoint": Tampering(
        checkpoint(b"\xff\0" * 99), 1, "LOG_INCONSISTENT", "checkpoint", 30
    ),
    "signed_by_another_key": Tampering(
        sign_with_another_key, 2, "SIGNATURE", "checkpoint", 31
    ),
    "bundle_missing": Tampering(
        lambda root: partial(root, "entries").unlink(), 3, "MISSING_FILE", "tile/entries/000", 10
    ),
    "bundle_cut_short": Tampering(
        lambda root: os.truncate(partial(root, "entries"), 1000),
        3, "LOG_INCONSISTENT", "tile/entries/000", 30,
    ),
    "entry_edited": Tampering(edit_entry, 4, "LOG_INCONSISTENT", "entry 4", 30),
    "entry_removed": Tampering(remove_entry, 4, "LOG_INCONSISTENT", "entry 3", 30),
    "tile_missing": Tampering(
        lambda root: partial(root, "0").unlink(), 6, "MISSING_FILE", "tile/0/000", 10
    ),
    "tile_changed": Tampering(change_tile, 6, "LOG_INCONSISTENT", "tile/0/000", 30),
}  # fmt: skip


def sql(*statements: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        with closing(sqlite3.connect(root / "catalog.sqlite")) as database, database:
            for statement in statements:
                database.execute(statement)

    return change


FIRST = "(SELECT min(id) FROM recordings)"


def differs(do: Callable[[Path], object]) -> Tampering:
    return Tampering(do, 14, "CATALOG_DIFFERS", "catalog.sqlite", 34, shallow=False)


CATALOG = {
    "row_edited": differs(sql(f"UPDATE recordings SET officer = '9' WHERE id = {FIRST}")),
    "time_edited": differs(sql(f"UPDATE recordings SET recorded_at_us = 1 WHERE id = {FIRST}")),
    "row_removed": differs(sql(f"DELETE FROM recordings WHERE id = {FIRST}")),
    "row_added": differs(
        sql(f"INSERT INTO objects VALUES (999, '{'f' * 64}', NULL, 5, 1)")
    ),
    "emptied": differs(sql("DELETE FROM occurrences", "DELETE FROM recordings")),
    "ahead_of_the_log": differs(
        sql("UPDATE meta SET value = '1000' WHERE name = 'log_size'")
    ),
    "of_another_head": differs(
        sql("UPDATE meta SET value = '" + "0" * 64 + "' WHERE name = 'head'")
    ),
    "garbage": differs(lambda root: (root / "catalog.sqlite").write_bytes(b"garbage" * 999)),
    "another_database": differs(
        sql("DROP TABLE meta", "CREATE TABLE sheep (name TEXT)")
    ),
}  # fmt: skip

TAMPERINGS = {
    **{f"object_{name}": each for name, each in OBJECTS.items()},
    **{f"log_{name}": each for name, each in LOG.items()},
    **{f"catalog_{name}": each for name, each in CATALOG.items()},
}


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS)
def test_the_change_is_named(site: Site, tampering: Tampering) -> None:
    tampering.do(site.root)
    for deep in (True, False):
        verdict = verify_archive(site.root, Question(site.key, deep=deep), Progress())
        if not deep and not tampering.shallow:
            assert verdict.findings == ()
            assert any("--deep" in sentence for sentence in verdict.not_checked)
            continue
        assert not verdict.ok
        assert verdict.exit_code == tampering.exit_code
        named = [
            finding
            for finding in verdict.findings
            if (finding.check, finding.code) == (tampering.check, tampering.code)
            and finding.subject.startswith(tampering.subject)
        ]
        assert named, verdict.findings
        if tampering.check > 10:
            assert {finding.code for finding in verdict.findings} == {tampering.code}


def test_what_nobody_logged_is_told_and_does_not_spoil_the_rest(site: Site) -> None:
    digest = hashlib.sha256(b"planted").hexdigest()
    (site.root / "objects" / digest[:2] / digest).write_bytes(b"planted")
    verdict = site.verify()
    [finding] = verdict.findings
    assert (finding.code, finding.check, finding.severity) == (
        "UNLOGGED_OBJECT", 13, Severity.WARNING
    )  # fmt: skip
    assert finding.subject == f"objects/{digest[:2]}/{digest}"
    assert (verdict.ok, verdict.exit_code) == (True, 102)


def test_without_a_key_the_origin_is_not_proven(site: Site) -> None:
    verdict = verify_archive(site.root, Question(deep=True), Progress())
    assert [finding.code for finding in verdict.findings] == ["ORIGIN_NOT_PROVEN"]
    assert (verdict.ok, verdict.log.origin_proven, verdict.exit_code) == (True, False, 101)


def test_another_pinned_key_proves_nothing(site: Site) -> None:
    other = SigningKey.generate(site.key.name).verifier
    verdict = verify_archive(site.root, Question(other, deep=True), Progress())
    assert verdict.exit_code == 31
    assert not verdict.log.origin_proven


def test_a_rolled_back_archive_contradicts_a_known_checkpoint(
    site: Site, honest: Site, tmp_path: Path
) -> None:
    with site.open() as archive:
        dock(archive, StubRecorder({b"newest.mp4": MemorySource(noise(99))}))
    known = LogFiles(site.root / "log").head()
    verdict = verify_archive(honest.root, Question(honest.key, known=[known]), Progress())
    assert [finding.code for finding in verdict.findings] == ["ROLLED_BACK"]
    assert verdict.exit_code == 33
    assert verify_archive(site.root, Question(site.key, known=[known]), Progress()).exit_code == 0


def test_what_is_no_evidence_is_not_judged(site: Site) -> None:
    (site.root / "staging" / "x.part").write_bytes(b"a copy under way")
    (site.root / "staging" / "x.json").write_bytes(b"{")
    (site.root / "quarantine" / "x").write_bytes(b"kept for inspection")
    assert site.verify().findings == ()


def test_without_its_catalog_an_archive_is_whole(site: Site) -> None:
    (site.root / "catalog.sqlite").unlink()
    verdict = site.verify()
    assert verdict.findings == ()
    assert "the catalog: there is none" in verdict.not_checked


def test_a_catalog_that_is_behind_is_no_defect(site: Site, tmp_path: Path) -> None:
    kept = (site.root / "catalog.sqlite").read_bytes()
    with site.open() as archive:
        dock(archive, StubRecorder({b"newest.mp4": MemorySource(noise(99))}))
    (site.root / "catalog.sqlite").write_bytes(kept)
    assert site.verify().findings == ()


def test_a_verification_changes_nothing(site: Site) -> None:
    def state() -> list[tuple[str, int, int]]:
        found = [path for path in site.root.rglob("*") if path.is_file()]
        return sorted((str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in found)

    before = state()
    site.verify()
    assert state() == before
