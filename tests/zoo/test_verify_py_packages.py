"""Evidence packages that someone changed, and what the portable verifier calls each change.

Every case changes a copy of one honest package. Where it mends the manifests afterwards, so that
``bagit`` and ``sha256sum`` find nothing, only the proof inside is left to show the change.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hashing import canonical
from hashing.note import SignedNote, SigningKey, sign
from tests.logbook import Logbook
from tests.packages import (
    POLICY,
    MadePackage,
    assert_valid_bag,
    card_site,
    export,
    index,
    keep_checkpoint,
    made_package,
    recordings,
)
from tests.verify_py import ask, run

OPENSSL = shutil.which("openssl")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadePackage:
    return made_package(tmp_path_factory.mktemp("package"))


@pytest.fixture
def package(made: MadePackage, tmp_path: Path) -> Path:
    return made.copy_to(tmp_path / "package")


def mend(package: Path) -> None:
    """Make the manifests anew from what lies there: for ``bagit`` all is well."""
    files = sorted(path for path in package.rglob("*") if path.is_file())
    names = {path.relative_to(package).as_posix(): path.read_bytes() for path in files}
    for algorithm in ("sha256", "sm3"):
        lines = [
            f"{hashlib.new(algorithm, data).hexdigest()}  {name.replace('%', '%25')}\n"
            for name, data in names.items()
            if name.startswith("data/")
        ]
        (package / f"manifest-{algorithm}.txt").write_text("".join(lines), "utf-8")
    tags = [
        f"{hashlib.sha256((package / name).read_bytes()).hexdigest()}  {name}\n"
        for name in names
        if not name.startswith("data/") and name != "tagmanifest-sha256.txt"
    ]
    (package / "tagmanifest-sha256.txt").write_text("".join(tags), "utf-8")


class Tampering(NamedTuple):
    """A change, whether the manifests are mended after it, and the checks that fail."""

    do: Callable[[Path], object]
    failed: set[int]
    mended: bool = True


def original(package: Path) -> Path:
    return package / str(index(package)["recordings"][0]["path"])


def flip(path: Path, at: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


def first_entry(package: Path, act: str, end: str = "json") -> Path:
    for path in sorted(package.glob("proof/entries/*.json"), key=lambda each: int(each.stem)):
        if json.loads(path.read_bytes())["act"] == act:
            return path.with_suffix(f".{end}")
    raise AssertionError(act)


def edit_index(package: Path, change: Callable[[dict[str, Any]], object]) -> None:
    said = index(package)
    change(said)
    (package / "proof/package.json").write_bytes(canonical.encode(said))


def edit_entry(package: Path) -> None:
    path = first_entry(package, "ingest")
    fields = json.loads(path.read_bytes())
    path.write_bytes(canonical.encode({**fields, "officer": "999999"}))


def swap_originals(package: Path) -> None:
    one, other = (package / each["path"] for each in index(package)["recordings"])
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def swap_proofs(package: Path) -> None:
    one, other = sorted(package.glob("proof/entries/*.tlog-proof"))[:2]
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def sign_with_another_key(package: Path) -> None:
    honest = (package / "proof/checkpoint").read_bytes()
    note = forged(SignedNote.parse(honest).text)
    (package / "proof/checkpoint").write_bytes(note)
    for path in package.glob("proof/entries/*.tlog-proof"):
        path.write_bytes(path.read_bytes().replace(honest, note))


OTHER_KEYS: dict[str, SigningKey] = {}


def forged(text: str) -> bytes:
    origin = text.partition("\n")[0]
    return sign(text, [OTHER_KEYS.setdefault(origin, SigningKey.generate(origin))])


def anchor(package: Path, name: str) -> Path:
    [folder] = (package / "proof/anchors").iterdir()
    return folder / name


def forget_entry(package: Path) -> None:
    path = first_entry(package, "undock")
    path.unlink()
    path.with_suffix(".tlog-proof").unlink()


def claim_other_recording(package: Path) -> None:
    def change(said: dict[str, Any]) -> None:
        one, other = said["recordings"]
        one["seq"], other["seq"] = other["seq"], one["seq"]

    edit_index(package, change)


TAMPERINGS = {
    "original changed": Tampering(lambda p: flip(original(p)), {12, 18}, mended=False),
    "original changed, manifests mended": Tampering(lambda p: flip(original(p)), {12}),
    "original truncated": Tampering(lambda p: os.truncate(original(p), 5), {12}),
    "original removed": Tampering(lambda p: original(p).unlink(), {11, 18}, mended=False),
    "original removed, manifests mended": Tampering(lambda p: original(p).unlink(), {11, 18}),
    "original renamed": Tampering(
        lambda p: original(p).rename(original(p).with_name("other")), {11, 18}
    ),
    "originals swapped": Tampering(swap_originals, {12}),
    "file added": Tampering(lambda p: (p / "data/more").write_bytes(b"x"), {18}, mended=False),
    "file added, manifests mended": Tampering(lambda p: (p / "data/more").write_bytes(b"x"), {18}),
    "file added beside": Tampering(lambda p: (p / "x").write_bytes(b"x"), {18}, mended=False),
    "readme changed": Tampering(lambda p: flip(p / "README.txt"), {18}, mended=False),
    "custody changed": Tampering(lambda p: flip(p / "custody.html"), {18}, mended=False),
    "verifier changed": Tampering(lambda p: flip(p / "verify.py"), {18}, mended=False),
    "manifest changed": Tampering(
        lambda p: flip(p / "manifest-sha256.txt", 0), {12, 18}, mended=False
    ),
    "manifest removed": Tampering(
        lambda p: (p / "manifest-sha256.txt").unlink(), {12, 18}, mended=False
    ),
    "tag manifest removed": Tampering(
        lambda p: (p / "tagmanifest-sha256.txt").unlink(), {18}, mended=False
    ),
    "declaration changed": Tampering(lambda p: flip(p / "bagit.txt", 0), {18}),
    "link out of the bag": Tampering(
        lambda p: (p / "data/link").symlink_to("/etc"), {18}, mended=False
    ),
    "manifest that leaves the bag": Tampering(
        lambda p: (p / "manifest-sha256.txt").write_text(f"{'0' * 64}  data/../../x\n"),
        {12, 18}, mended=False,
    ),
    "entry edited": Tampering(edit_entry, {4, 17}),
    "entry not canonical": Tampering(
        lambda p: first_entry(p, "ingest").write_bytes(b"{ }"), {4, 12}
    ),
    "entry removed": Tampering(lambda p: first_entry(p, "undock").unlink(), {4, 18}),
    "entry and proof removed": Tampering(forget_entry, {4, 18}),
    "key entry removed": Tampering(lambda p: first_entry(p, "key").unlink(), {4, 7, 18}),
    "proof changed": Tampering(lambda p: flip(first_entry(p, "ingest", "tlog-proof"), 40), {17}),
    "proof removed": Tampering(lambda p: first_entry(p, "dock", "tlog-proof").unlink(), {17, 18}),
    "proofs swapped": Tampering(swap_proofs, {17}),
    "checkpoint changed": Tampering(lambda p: flip(p / "proof/checkpoint", 40), {2, 16, 17}),
    "checkpoint garbage": Tampering(lambda p: (p / "proof/checkpoint").write_bytes(b"\xff"), {1}),
    "checkpoint removed": Tampering(lambda p: (p / "proof/checkpoint").unlink(), {1}),
    "signed by another key": Tampering(sign_with_another_key, {2}),
    "anchor changed": Tampering(lambda p: flip(anchor(p, "checkpoint"), 60), {16}),
    "anchor without its proof": Tampering(lambda p: anchor(p, "consistency").unlink(), {16}),
    "consistency changed": Tampering(lambda p: flip(anchor(p, "consistency"), 5), {16}),
    "index removed": Tampering(lambda p: (p / "proof/package.json").unlink(), {7, 18}),
    "index names another log": Tampering(
        lambda p: edit_index(p, lambda said: said.update(origin="a/b/c")), {18}
    ),
    "index names another key": Tampering(
        lambda p: edit_index(p, lambda said: said.update(vkey="x")), {18}
    ),
    "index forgets a recording": Tampering(
        lambda p: edit_index(p, lambda said: said["recordings"].pop()), {18}
    ),
    "index forgets an entry": Tampering(
        lambda p: edit_index(p, lambda said: said["entries"].pop()), {18}
    ),
    "recordings take each other's entry": Tampering(claim_other_recording, {12}),
}  # fmt: skip


def test_an_honest_package_holds(made: MadePackage) -> None:
    answer = ask(made.folder, "--key", str(made.site.key), "--digests", "all")
    assert (answer.exit_code, answer.findings) == (0, [])
    assert answer.summary["objects"] == 2
    passed = {check for check in range(1, 19) if answer.status(check) == "pass"}
    assert passed == {1, 2, 4, 7, 11, 12, 17, 18}


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


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS)
def test_the_change_is_found(made: MadePackage, package: Path, tampering: Tampering) -> None:
    tampering.do(package)
    if tampering.mended:
        mend(package)
    answer = ask(package, "--key", str(made.site.key))
    assert answer.failed == tampering.failed, answer.findings
    assert not answer.summary["ok"]


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
    mend(package)
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
        mend(package)
        answer = ask(package, "--key", str(site.key))
        assert (answer.exit_code, answer.failed) == (32, {15})
