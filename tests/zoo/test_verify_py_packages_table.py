"""Every tampering of ``tests/packages_zoo.py`` under the portable verifier, as a process."""

from pathlib import Path

import pytest

from tests.packages import MadePackage, made_audit_pack, made_package
from tests.packages_zoo import AUDIT, EVIDENCE, Tampering
from tests.verify_py import ask


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> MadePackage:
    return made_package(tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> MadePackage:
    return made_audit_pack(tmp_path_factory.mktemp("audit"))


@pytest.mark.parametrize("kind", ["evidence", "audit"])
def test_an_honest_package_has_nothing_to_say(kind: str, request: pytest.FixtureRequest) -> None:
    made: MadePackage = request.getfixturevalue(kind)
    answer = ask(made.folder, "--key", str(made.site.key), "--digests", "all")
    assert (answer.exit_code, answer.findings) == (0, [])
    assert answer.summary["origin_proven"]


def _assert_expected(tampering: Tampering, made: MadePackage, package: Path) -> None:
    tampering.do(package)
    answer = ask(package, "--key", str(made.site.key))
    if tampering.beyond or tampering.portable:
        assert answer.summary["ok"], answer.findings
        return
    named = [
        finding
        for finding in answer.findings
        if finding["check"] == tampering.check
        and tampering.code in {"", finding["code"]}
        and finding["subject"].startswith(tampering.subject)
    ]
    assert named, answer.findings
    assert answer.exit_code == tampering.exit_code, answer.findings


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_tampered_evidence_package(name: str, evidence: MadePackage, tmp_path: Path) -> None:
    _assert_expected(EVIDENCE[name], evidence, evidence.copy_to(tmp_path / "package"))


@pytest.mark.parametrize("name", AUDIT)
def test_a_tampered_audit_pack(name: str, audit: MadePackage, tmp_path: Path) -> None:
    _assert_expected(AUDIT[name], audit, audit.copy_to(tmp_path / "package"))
