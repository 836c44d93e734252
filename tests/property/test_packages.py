"""Whatever is flipped anywhere in a package is found; whatever is read in one is refused in words.

No byte of a package is without effect: the tag manifest names every file but itself, and a change
to it shows by the files it names or by a line that is none.
"""

import contextlib
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.verify.archive import Progress, Question
from archive.verify.package import verify_package
from archive.verify.package_index import MalformedIndex, PackageIndex
from tests.packages import MadePackage, made_audit_pack, made_package
from tests.packages_zoo import refit

FLIPS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module", params=[made_package, made_audit_pack])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MadePackage:
    package: MadePackage = request.param(tmp_path_factory.mktemp("package"))
    return package


def _files(package: Path) -> list[str]:
    return sorted(str(p.relative_to(package)) for p in package.rglob("*") if p.is_file())


@FLIPS
@given(st.data())
def test_a_flipped_byte_is_found_wherever_it_is(made: MadePackage, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([n for n in _files(made.folder)
                                      if (made.folder / n).stat().st_size]))  # fmt: skip
    path = made.folder / name
    before = path.read_bytes()
    at = data.draw(st.integers(0, len(before) - 1))
    changed = bytearray(before)
    changed[at] ^= data.draw(st.integers(1, 255))
    try:
        path.write_bytes(changed)
        verdict = verify_package(made.folder, Question(key=made.site.key), Progress())
    finally:
        path.write_bytes(before)
    assert not verdict.ok, (name, at)
    assert all(finding.detail for finding in verdict.findings)


@FLIPS
@given(st.data())
def test_a_flipped_byte_of_what_is_proven_is_found_though_the_manifests_fit(
    made: MadePackage, data: st.DataObject
) -> None:
    """A forger makes the manifests fit again; below ``proof`` and ``data`` that does not help."""
    names = [name for name in _files(made.folder) if name.startswith(("proof/", "data/"))]
    names = [name for name in names if not name.startswith("proof/authorities/")]
    name = data.draw(st.sampled_from([n for n in names if (made.folder / n).stat().st_size]))
    change = data.draw(st.integers(1, 255))
    with tempfile.TemporaryDirectory() as folder:
        package = Path(shutil.copytree(made.folder, Path(folder) / "package"))
        contents = bytearray((package / name).read_bytes())
        contents[data.draw(st.integers(0, len(contents) - 1))] ^= change
        (package / name).write_bytes(contents)
        refit(package)
        verdict = verify_package(package, Question(key=made.site.key, bodies=True), Progress())
    assert not verdict.ok or _says_the_same(name), name


def _says_the_same(name: str) -> bool:
    """Signature lines of strangers are not judged, and the index states claims beside facts.

    A line of a key that nobody knows may change within a signed note; ``created``,
    ``not_included`` and ``vkey`` of the index decide nothing.
    """
    is_kept = ("/anchors/" in name and name.endswith("checkpoint")) or "/checkpoints/" in name
    return is_kept or name.endswith("package.json")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_no_garbage_leaves_the_index_reader(data: bytes) -> None:
    with pytest.raises(MalformedIndex):
        PackageIndex.parse(data)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_changed_index_is_refused_or_read(made: MadePackage, data: st.DataObject) -> None:
    contents = bytearray((made.folder / "proof/package.json").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        contents[data.draw(st.integers(0, len(contents) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedIndex):
        PackageIndex.parse(bytes(contents))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=6), st.sampled_from([b"\n", b"\r\n", b""]))
def test_no_garbage_in_a_manifest_leaves_the_bag_s_check(lines: list[bytes], end: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder)
        (package / "proof").mkdir()
        (package / "proof/package.json").write_bytes(b"{}")
        (package / "tagmanifest-sha256.txt").write_bytes(end.join(lines))
        (package / "manifest-sha256.txt").write_bytes(end.join(lines[::-1]))
        verdict = verify_package(package, Question(), Progress())
    assert not verdict.ok
    assert verdict.not_checked
