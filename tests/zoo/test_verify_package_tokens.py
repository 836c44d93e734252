"""The tokens of packages under pinned roots: who verified them, and what is refused."""

from pathlib import Path

import pytest

from archive.verify.archive import Progress, Question
from archive.verify.package import verify_package
from archive.verify.verdict import PackageVerdict
from hashing.findings import Check, Severity
from hashing.timestamp import read_roots
from tests import tsa
from tests.packages import MadePackage, authorities_of, made_audit_pack, made_package


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> MadePackage:
    return made_package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def audit_pack(tmp_path_factory: pytest.TempPathFactory) -> MadePackage:
    return made_audit_pack(tmp_path_factory.mktemp("audit"))


def judge(made: MadePackage, roots: bytes | None) -> PackageVerdict:
    question = Question(roots=[] if roots is None else read_roots(roots))
    return verify_package(made.folder, question, Progress())


def own_roots(made: MadePackage) -> bytes:
    """The roots of the authority that stamped it."""
    (roots,) = authorities_of(made.folder.parent).values()
    return roots


@pytest.mark.parametrize("kind", ["package", "audit_pack"])
def test_verified_under_pinned_roots(kind: str, request: pytest.FixtureRequest) -> None:
    made: MadePackage = request.getfixturevalue(kind)
    verdict = judge(made, own_roots(made))
    assert verdict.ok
    (told,) = (f for f in verdict.findings if f.check == Check.TIMESTAMPS)
    assert told.severity is Severity.INFORMATION
    assert "verified by rfc3161-client and openssl ts" in told.detail
    assert Check.TIMESTAMPS in verdict.made


@pytest.mark.parametrize("kind", ["package", "audit_pack"])
def test_roots_of_another_authority(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    made: MadePackage = request.getfixturevalue(kind)
    other = tsa.Authority(tmp_path / "other")
    verdict = judge(made, other.roots_file.read_bytes())
    assert {(f.check, f.code) for f in verdict.findings if f.severity is Severity.ERROR} == {
        (15, "TIMESTAMP")
    }
    assert verdict.exit_code == 32


def test_without_roots_it_is_said(package: MadePackage) -> None:
    verdict = judge(package, None)
    assert any("no roots are pinned" in sentence for sentence in verdict.not_checked)
    assert Check.TIMESTAMPS not in verdict.made, "as in an archive: nobody judged a signature"
