"""What the portable verifier says of evidence packages; changed ones have a table of their own."""

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hashing.note import SignedNote
from tests.logbook import Logbook
from tests.packages import (
    POLICY,
    MadePackage,
    assert_valid_bag,
    card_site,
    export,
    keep_checkpoint,
    made_package,
    recordings,
)
from tests.packages_zoo import refit
from tests.verify_py import ask, run

OPENSSL = shutil.which("openssl")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadePackage:
    return made_package(tmp_path_factory.mktemp("package"))


def test_an_honest_package_holds(made: MadePackage) -> None:
    answer = ask(made.folder, "--key", str(made.site.key), "--digests", "all")
    assert (answer.exit_code, answer.findings) == (0, [])
    assert answer.summary["objects"] == 2
    passed = {check for check in range(1, 19) if answer.status(check) == "pass"}
    assert passed == {1, 2, 4, 7, 11, 12, 15, 17, 18}


def test_the_verifier_inside_checks_the_package_it_lies_in(made: MadePackage) -> None:
    inside = made.folder / "verify.py"
    answer = ask("--key", str(made.site.key), script=inside)
    assert (answer.exit_code, answer.findings) == (0, [])
    assert_valid_bag(made.folder)  # it left nothing behind


def test_without_a_key_the_origin_is_not_proven(made: MadePackage) -> None:
    answer = ask(made.folder)
    assert [finding["code"] for finding in answer.findings] == ["ORIGIN_NOT_PROVEN"]
    assert answer.exit_code == 101
    assert "verify.py" not in run(made.folder, "--lang", "zh").stderr


def test_a_whole_forged_package_proves_no_origin(made: MadePackage, tmp_path: Path) -> None:
    site = card_site(tmp_path)
    with site.open(POLICY) as archive:
        export(archive, recordings(site)[:1], tmp_path / "forged")
    assert ask(tmp_path / "forged").exit_code == 101
    answer = ask(tmp_path / "forged", "--key", str(made.site.key))
    assert (answer.exit_code, answer.failed) == (31, {2})


def test_known_checkpoints(made: MadePackage, tmp_path: Path) -> None:
    key = ["--key", str(made.site.key)]
    proof = next(made.folder.glob("proof/entries/*.tlog-proof"))
    for same in (made.folder / "proof/checkpoint", proof):
        answer = ask(made.folder, *key, "--known", same)
        assert (answer.exit_code, answer.status(9)) == (0, "pass")
    other = tmp_path / "other"
    other.write_bytes(Logbook().fill(9).files()["checkpoint"])
    answer = ask(made.folder, *key, "--known", other)
    assert (answer.exit_code, answer.failed) == (33, {9})


class Witness:
    """A witness, its key and its lines made from their definition."""

    def __init__(self, name: str) -> None:
        self._key = Ed25519PrivateKey.generate()
        self._name = name
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        packed = b"\x04" + public
        self._hash = hashlib.sha256(name.encode() + b"\n" + packed).digest()[:4]
        self.vkey = f"{name}+{self._hash.hex()}+{base64.b64encode(packed).decode()}"

    def line(self, text: str, time_s: int = 1_767_225_660) -> bytes:
        """A cosignature line over a checkpoint's text."""
        message = f"cosignature/v1\ntime {time_s}\n{text}".encode()
        data = self._hash + time_s.to_bytes(8, "big") + self._key.sign(message)
        return f"— {self._name} {base64.b64encode(data).decode()}\n".encode()


def test_cosignatures_count_by_keys_that_were_given(tmp_path: Path) -> None:
    site, one, other = card_site(tmp_path / "made"), Witness("w.example/1"), Witness("w.example/2")
    size = keep_checkpoint(site)
    kept = site.root / "log" / "checkpoints" / str(size)
    honest = kept.read_bytes()
    text = SignedNote.parse(honest).text
    package = tmp_path / "package"
    kept.write_bytes(honest + one.line(text))
    with site.open(POLICY) as archive:
        export(archive, recordings(site)[:1], package)
    [path] = package.glob("proof/anchors/*/checkpoint")
    words = ("--key", str(site.key), "--witness")
    answer = ask(package, *words, one.vkey)
    assert (answer.exit_code, answer.status(16)) == (0, "pass")
    answer = ask(package, *words, other.vkey)
    assert (answer.exit_code, answer.status(16)) == (0, "not_checked")
    assert any(other.vkey in sentence for sentence in answer.summary["not_checked"])
    path.write_bytes(honest + one.line(text.replace("\n", "\n1", 1)))
    refit(package)
    answer = ask(package, *words, one.vkey)
    assert (answer.exit_code, answer.failed) == (31, {16})


def response(data: bytes, folder: Path, digest: str = "sha256") -> bytes:
    """A real response of ``openssl ts`` over some bytes."""
    words = [
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", "tsa.key", "-out", "tsa.pem", "-subj", "/CN=tsa", "-days", "30",
         "-addext", "extendedKeyUsage=critical,timeStamping"],
        ["ts", "-query", "-data", "data", f"-{digest}", "-cert", "-out", "query"],
        ["ts", "-reply", "-config", "tsa.conf", "-queryfile", "query", "-out", "reply"],
    ]  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data").write_bytes(data)
    (folder / "serial").write_text("01")
    (folder / "tsa.conf").write_text(
        "[tsa]\ndefault_tsa=one\n[one]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\n"
        "signer_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256,sha512,sm3\naccuracy=secs:1\n"
        "ess_cert_id_alg=sha256\n"
    )
    for each in words:
        assert OPENSSL
        subprocess.run([OPENSSL, *each], cwd=folder, check=True, capture_output=True)
    return (folder / "reply").read_bytes()


@pytest.mark.parametrize("digest", ["sha256", "sha512", "sm3"])
def test_a_token_over_its_checkpoint_passes_and_another_fails(digest: str, tmp_path: Path) -> None:
    site = card_site(tmp_path / "made")
    note = SignedNote.parse((site.root / "log/checkpoint").read_bytes())
    token = response(note.text.encode(), tmp_path / "tsa", digest)
    keep_checkpoint(site, tokens={"tsa": token})
    package = tmp_path / "package"
    with site.open(POLICY) as archive:
        export(archive, recordings(site)[:1], package)
    answer = ask(package, "--key", str(site.key))
    assert (answer.exit_code, answer.status(15)) == (0, "pass")
    assert any("openssl ts" in sentence for sentence in answer.summary["not_checked"])
    [path] = package.glob("proof/anchors/*/tsa.tsr")
    for wrong in (response(b"else", tmp_path / "other", digest), token[:-1], b"", b"\x30\x80" * 9):
        path.write_bytes(wrong)
        refit(package)
        answer = ask(package, "--key", str(site.key))
        assert (answer.exit_code, answer.failed) == (32, {15})
