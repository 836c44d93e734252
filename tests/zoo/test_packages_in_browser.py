"""The browser's verifier and ``evd verify`` say the same of every tampered package.

The tables are those of ``tests/packages_zoo.py``. One browser opens ``verify.html`` for all.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.verify.archive import Progress, Question
from archive.verify.package import verify_package
from archive.verify.verdict import PackageVerdict
from hashing.findings import Severity
from hashing.note import SigningKey, sign
from tests.browser import browser, needs_browser
from tests.packages import MadePackage, made_audit_pack, made_package
from tests.packages_zoo import AUDIT, EVIDENCE, Tampering, refit
from tests.page_verifier import PageVerdict, PageVerifier

pytestmark = needs_browser

UNREAD_PROOFS = {"anchor_root_refitted", "anchor_of_another_key_refitted"}
"""Where ``evd verify`` stops at an anchor's signature and adds that its proof was not looked at."""

UNLISTED = {"original_replaced_by_link"}
"""A browser lists no links: to the page the file is missing."""


@pytest.fixture(scope="module")
def page() -> Iterator[PageVerifier]:
    with browser() as session:
        yield PageVerifier(session)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> MadePackage:
    return made_package(tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> MadePackage:
    return made_audit_pack(tmp_path_factory.mktemp("audit"))


def named(verdict: PackageVerdict) -> set[tuple[int, str]]:
    errors = (f for f in verdict.findings if f.severity is Severity.ERROR)
    return {(int(finding.check), finding.code) for finding in errors}


def assert_agree(found: PageVerdict, wanted: PackageVerdict, *, exactly: bool = True) -> None:
    errors = {(f["check"], f["code"]) for f in found.findings if f["severity"] == "error"}
    assert found.summary, found.refusal
    assert found.summary["ok"] == wanted.ok, found.findings
    assert found.exit_code == wanted.exit_code, found.findings
    assert found.summary["origin_proven"] == wanted.log.origin_proven
    assert errors == named(wanted) if exactly else errors <= named(wanted), found.findings


def assert_named(found: PageVerdict, tampering: Tampering) -> None:
    if tampering.beyond or tampering.portable:
        return
    assert any(
        one["check"] == tampering.check
        and tampering.code in ("", one["code"])
        and one["subject"].startswith(tampering.subject)
        for one in found.findings
    ), found.findings


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_tampered_package_is_judged_alike(
    name: str, page: PageVerifier, evidence: MadePackage, tmp_path: Path
) -> None:
    package = evidence.copy_to(tmp_path / "package")
    EVIDENCE[name].do(package)
    found = page.verify(package, str(evidence.site.key))
    wanted = verify_package(package, Question(evidence.site.key), Progress())
    assert_agree(found, wanted, exactly=name not in UNREAD_PROOFS)
    if name not in UNLISTED:
        assert_named(found, EVIDENCE[name])


@pytest.mark.parametrize("name", AUDIT)
def test_a_tampered_audit_pack_is_judged_alike(
    name: str, page: PageVerifier, audit: MadePackage, tmp_path: Path
) -> None:
    package = audit.copy_to(tmp_path / "package")
    AUDIT[name].do(package)
    found = page.verify(package, str(audit.site.key))
    assert_agree(found, verify_package(package, Question(audit.site.key), Progress()))
    assert_named(found, AUDIT[name])


def test_an_honest_package_holds(page: PageVerifier, evidence: MadePackage) -> None:
    found = page.verify(evidence.folder, str(evidence.site.key))
    assert (found.kind, found.findings, found.exit_code) == ("evidence_package", [], 0)
    for check in (1, 2, 4, 7, 9, 11, 12, 15, 17, 18):
        assert found.status(check) == "pass", check
    for check in (3, 5, 6, 8, 10, 13, 14, 16):
        assert found.status(check) == "not_checked", check
    [token] = found.summary["tokens"]
    assert token["time"].endswith("Z")
    assert [one["witness"] for one in found.summary["cosignatures"]] == ["witness.example/one"]
    assert len(found.summary["recordings"]) == 2


def test_an_honest_audit_pack_holds(page: PageVerifier, audit: MadePackage) -> None:
    found = page.verify(audit.folder, str(audit.site.key))
    assert (found.kind, found.findings, found.exit_code) == ("audit_pack", [], 0)
    for check in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 15, 18):
        assert found.status(check) == "pass", check
    assert found.summary["sample"] == {"seed": "four dice", "count": 3, "found": 3}


def test_without_a_key_the_verdict_is_amber_with_the_fingerprint(
    page: PageVerifier, evidence: MadePackage
) -> None:
    found = page.verify(evidence.folder)
    assert (found.exit_code, found.summary["ok"], found.summary["origin_proven"]) == (
        101,
        True,
        False,
    )
    assert found.summary["fingerprint"] == evidence.site.key.fingerprint


def test_a_package_forged_whole_is_green_for_nobody_who_has_the_key(
    page: PageVerifier, evidence: MadePackage, tmp_path: Path
) -> None:
    """Another station's honest package, brought as this one's: its own key, log and verifiers."""
    forged = made_package(tmp_path)
    found = page.verify(forged.folder, str(evidence.site.key))
    assert (found.exit_code, found.summary["origin_proven"]) == (31, False)
    assert page.verify(forged.folder).exit_code == 101


def test_a_package_is_compared_with_a_checkpoint_from_elsewhere(
    page: PageVerifier, evidence: MadePackage, tmp_path: Path
) -> None:
    known = evidence.folder / "proof/entries/0.tlog-proof"
    found = page.verify(evidence.folder, str(evidence.site.key), known)
    assert (found.exit_code, found.status(9)) == (0, "pass")
    other = tmp_path / "checkpoint"
    text = (evidence.folder / "proof/checkpoint").read_text("utf-8").split("\n\n")[0]
    origin, size, _ = text.split("\n")
    fork = f"{origin}\n{size}\n{'A' * 43}=\n"
    other.write_bytes(sign(fork, [SigningKey.generate("elsewhere")]))
    assert page.verify(evidence.folder, str(evidence.site.key), other).exit_code == 33


def test_hostile_names_are_shown_as_text(
    page: PageVerifier, evidence: MadePackage, tmp_path: Path
) -> None:
    package = evidence.copy_to(tmp_path / "package")
    (package / "data" / "<img src=x onerror=alert(1)>\u202egpj.exe").write_bytes(b"x")
    refit(package)
    found = page.verify(package, str(evidence.site.key))
    assert found.exit_code == 12
    shown = page.shown()
    assert "<img src=x onerror=alert(1)>[U+202E]gpj.exe" in shown
    assert page.console() == []
