"""The browser's verifier and ``evd verify`` say the same of every tampered log and archive.

The tables are those of the other zoos. One browser opens ``verify.html`` from ``file://`` for all
of them and is given each folder as a person gives it. What must agree is the verdict, the exit
code, the checks that fail, and the code under which each of them names it.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.log.reader import LogFiles
from archive.verify.archive import Progress, Question, verify_archive
from archive.verify.known import KnownCheckpoint
from hashing.checkpoint import Checkpoint
from hashing.entry import Act
from hashing.findings import Finding, Severity
from hashing.note import SigningKey, sign
from hashing.verifier import verify_log
from tests.archives import Site, dock, new_site
from tests.browser import browser, needs_browser
from tests.engine_sources import MemorySource, noise
from tests.logbook import Logbook, MemoryLog
from tests.page_verifier import PageVerdict, PageVerifier
from tests.stub_recorder import StubRecorder
from tests.zoo.test_hashing_tampered_logs import BOOK, CASES, FILES, Case
from tests.zoo.test_verify_tampered_archives import CONTENTS, TAMPERINGS

pytestmark = needs_browser

KEY = str(BOOK.first_key.verifier)
OUT_OF_REACH = {
    "object_link_to_the_same_bytes": "a browser follows the link and sees the same bytes",
    "object_folder": "a browser sees files only: to it the object is missing",
    "object_fifo": "a browser sees files only: to it the object is missing",
}
CATALOG = {name for name in TAMPERINGS if name.startswith("catalog_")}
"""The page does not read the catalog, which is no evidence, and says so."""


@pytest.fixture(scope="module")
def page() -> Iterator[PageVerifier]:
    with browser() as session:
        yield PageVerifier(session)


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def errors(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def assert_agree(found: PageVerdict, findings: tuple[Finding, ...]) -> None:
    wanted = errors(findings)
    assert found.summary, found.refusal
    assert found.summary["ok"] == (not wanted), found.findings
    assert found.failed == {finding.check for finding in wanted}, found.findings
    named = {(f["check"], f["code"]) for f in found.findings if f["severity"] == "error"}
    assert named == {(finding.check, finding.code) for finding in wanted}, found.findings
    if wanted:
        assert found.exit_code == wanted[0].exit_code


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_tampered_log_is_judged_alike(case: Case, page: PageVerifier, tmp_path: Path) -> None:
    files = case.files or {"tile/0/nothing": b""}
    folder, known = write(tmp_path / "log", files), None
    if case.known:
        known = tmp_path / "known"
        known.write_bytes(sign(case.known[0].body(), [BOOK.key]))
    found = page.verify(folder, KEY, known)
    pinned = BOOK.first_key.verifier
    verdict = verify_log(MemoryLog(case.files), pinned, case.known)
    assert_agree(found, verdict.findings)
    assert found.summary["origin_proven"] == verdict.origin_proven


def test_an_honest_log_is_proven_and_without_a_key_is_not(
    page: PageVerifier, tmp_path: Path
) -> None:
    folder = write(tmp_path / "log", dict(FILES))
    found = page.verify(folder, KEY)
    assert (found.kind, found.findings, found.exit_code) == ("log", [], 0)
    assert found.summary["origin_proven"]
    assert found.summary["root"] == BOOK.head().root.hex()
    assert {found.status(check) for check in range(1, 9)} == {"pass"}
    unpinned = page.verify(folder)
    assert (unpinned.exit_code, unpinned.summary["origin_proven"]) == (101, False)
    assert unpinned.summary["fingerprint"] == BOOK.first_key.verifier.fingerprint
    assert [each["code"] for each in unpinned.findings] == ["ORIGIN_NOT_PROVEN"]


def test_another_key_proves_nothing(page: PageVerifier, tmp_path: Path) -> None:
    other = SigningKey.generate(BOOK.origin).verifier
    found = page.verify(write(tmp_path / "log", dict(FILES)), str(other))
    assert_agree(found, verify_log(MemoryLog(dict(FILES)), other).findings)
    assert found.exit_code == 31


def test_rotated_keys_are_followed(page: PageVerifier, tmp_path: Path) -> None:
    book = Logbook().fill(300)
    book.rotate()
    book.fill(520)
    book.rotate()
    folder = write(tmp_path / "log", book.files())
    found = page.verify(folder, str(book.first_key.verifier))
    assert (found.findings, found.exit_code) == ([], 0)


def test_a_rotation_that_was_not_endorsed_is_named(page: PageVerifier, tmp_path: Path) -> None:
    book = Logbook().fill(10)
    honest, book.key = book.key, SigningKey.generate(book.origin)
    book.rotate()
    found = page.verify(write(tmp_path / "log", book.files()), str(honest.verifier))
    assert_agree(found, verify_log(book.source(), honest.verifier).findings)
    assert 7 in found.failed


def test_a_log_that_follows_a_lost_one_says_so(page: PageVerifier, tmp_path: Path) -> None:
    lost = {"origin": "a/b/c", "size": 7, "root": "0" * 64, "reason": "fire"}
    book = Logbook(succeeds=lost).fill(5)
    known = tmp_path / "known"
    folder = write(tmp_path / "log", book.files())
    for size, code in ((3, 0), (7, 33), (9, 33)):
        known.write_bytes(sign(Checkpoint("a/b/c", size, bytes([1]) * 32).body(), [book.key]))
        found = page.verify(folder, str(book.first_key.verifier), known)
        assert found.exit_code == code
        assert {"LOG_SUCCEEDS"} <= {each["code"] for each in found.findings}


def test_a_clock_that_went_back_is_told(page: PageVerifier, tmp_path: Path) -> None:
    book = Logbook().fill(5)
    book.append(Act.STOP, {"reason": "test"}, time_us=0)
    found = page.verify(write(tmp_path / "log", book.files()), str(book.key.verifier))
    assert [(each["code"], each["severity"]) for each in found.findings] == [
        ("CLOCK_WENT_BACK", "information")
    ]
    assert found.exit_code == 0


def test_a_known_checkpoint_whose_text_was_changed_is_named(
    page: PageVerifier, tmp_path: Path
) -> None:
    known = tmp_path / "known"
    known.write_bytes(FILES["checkpoint"].replace(b"\n700\n", b"\n600\n"))
    found = page.verify(write(tmp_path / "log", dict(FILES)), KEY, known)
    assert [(each["check"], each["code"]) for each in found.findings] == [(9, "SIGNATURE")]
    assert found.exit_code == 31
    with pytest.raises(Exception, match="is wrong"):
        KnownCheckpoint.parse(known.read_bytes()).verify([BOOK.key.verifier])


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


def test_an_honest_archive_has_nothing_to_say(page: PageVerifier, site: Site) -> None:
    found = page.verify(site.root, str(site.key))
    assert (found.kind, found.findings, found.exit_code) == ("archive", [], 0)
    verdict = verify_archive(site.root, Question(site.key, deep=True), Progress())
    assert found.summary["objects"] == verdict.objects
    assert found.summary["size_bytes"] == verdict.size_bytes


@pytest.mark.parametrize("name", sorted(TAMPERINGS.keys() - CATALOG - OUT_OF_REACH.keys()))
def test_a_tampered_archive_is_judged_alike(name: str, page: PageVerifier, site: Site) -> None:
    TAMPERINGS[name].do(site.root)
    found = page.verify(site.root, str(site.key))
    question = Question(site.key, deep=True)
    assert_agree(found, verify_archive(site.root, question, Progress()).findings)


@pytest.mark.parametrize("name", sorted(OUT_OF_REACH))
def test_what_a_browser_cannot_see_never_adds_trust(
    name: str, page: PageVerifier, site: Site
) -> None:
    TAMPERINGS[name].do(site.root)
    for path in site.root.rglob("*"):
        if stat.S_ISFIFO(os.lstat(path).st_mode):
            path.unlink()  # a browser that lists it may wait for its other end
    found = page.verify(site.root, str(site.key))
    assert found.failed <= {11, 12}
    assert found.exit_code in (({0, 10} if "link" in name else {10}) | {11})


def test_the_catalog_is_said_to_be_left_open(page: PageVerifier, site: Site) -> None:
    (site.root / "catalog.sqlite").write_bytes(b"garbage")
    found = page.verify(site.root, str(site.key))
    assert (found.exit_code, found.status(14)) == (0, "not_checked")
    assert any("catalog" in sentence["en"] for sentence in found.summary["not_checked"])


def test_a_planted_file_is_told(page: PageVerifier, site: Site) -> None:
    digest = "ab" * 32
    (site.root / "objects" / "ab").mkdir(exist_ok=True)
    (site.root / "objects" / "ab" / digest).write_bytes(b"planted")
    found = page.verify(site.root, str(site.key))
    assert [each["code"] for each in found.findings] == ["UNLOGGED_OBJECT"]
    assert (found.summary["ok"], found.exit_code) == (True, 102)


def test_the_folder_that_init_made_is_recognised(page: PageVerifier, site: Site) -> None:
    shutil.rmtree(site.keys)
    found = page.verify(site.folder, str(site.key))
    assert (found.kind, found.exit_code) == ("archive", 0)
    assert found.summary["entries"] == LogFiles(site.root / "log").head().size


def test_a_folder_of_something_else_is_refused(page: PageVerifier, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("hello")
    assert "is no evidence package" in page.verify(tmp_path).refusal


def test_a_mistyped_key_is_refused(page: PageVerifier, tmp_path: Path) -> None:
    folder = write(tmp_path / "log", dict(FILES))
    assert "mistyped" in page.verify(folder, KEY.replace("bureau", "bureav")).refusal
    assert "not a verifier key" in page.verify(folder, "what the paper says").refusal
