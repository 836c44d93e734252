"""Every tampering of ``tests/packages_zoo.py`` under the program's own verifier."""

from pathlib import Path

import pytest

from archive.verify.archive import Progress, Question
from archive.verify.package import verify_package
from archive.verify.verdict import PackageVerdict
from hashing.findings import Severity
from tests.packages import MadePackage, made_audit_pack, made_package
from tests.packages_zoo import AUDIT, AUDIT_TOKENS, EVIDENCE, Tampering


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> MadePackage:
    return made_package(tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> MadePackage:
    return made_audit_pack(tmp_path_factory.mktemp("audit"))


def _verify(package: Path, made: MadePackage) -> PackageVerdict:
    return verify_package(package, Question(key=made.site.key, bodies=True), Progress())


@pytest.mark.parametrize("kind", ["evidence", "audit"])
def test_an_honest_package_has_nothing_to_say(kind: str, request: pytest.FixtureRequest) -> None:
    made: MadePackage = request.getfixturevalue(kind)
    verdict = _verify(made.folder, made)
    errors = [f for f in verdict.findings if f.severity is not Severity.INFORMATION]
    assert (errors, verdict.exit_code) == ([], 0)
    assert verdict.log.origin_proven


def _assert_expected(tampering: Tampering, made: MadePackage, package: Path) -> None:
    tampering.do(package)
    verdict = _verify(package, made)
    if tampering.beyond:
        assert verdict.ok, verdict.findings
        return
    named = [
        finding
        for finding in verdict.findings
        if finding.check == tampering.check
        and tampering.code in {"", finding.code}
        and finding.subject.startswith(tampering.subject)
    ]
    assert named, verdict.findings
    assert not verdict.ok
    assert verdict.exit_code == tampering.exit_code, verdict.findings


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_tampered_evidence_package(name: str, evidence: MadePackage, tmp_path: Path) -> None:
    _assert_expected(EVIDENCE[name], evidence, evidence.copy_to(tmp_path / "package"))


@pytest.mark.parametrize("name", AUDIT | AUDIT_TOKENS)
def test_a_tampered_audit_pack(name: str, audit: MadePackage, tmp_path: Path) -> None:
    _assert_expected((AUDIT | AUDIT_TOKENS)[name], audit, audit.copy_to(tmp_path / "package"))
