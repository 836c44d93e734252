"""docs/verify-by-hand.md on a real archive: its commands as printed, and what they must refuse."""

import shutil
from pathlib import Path

import pytest

from archive.anchoring.authority import Authority
from archive.anchoring.stamping import Stamper
from drivers.folder import FolderRecorder
from tests import tsa
from tests.archives import Site, dock, new_site
from tests.evd_process import run
from tests.pages import RUNNABLE, Page, run_as_printed

_PAGE = Page("docs/verify-by-hand.md")
_SIGNATURE, _KEY_IN_NAME, _WALK, _LINK, _FIRST, _OBJECTS, _SAME, *_, _PROOF, _TIMESTAMPS = (
    _PAGE.blocks(RUNNABLE)
)
_FILES = 300
"""More than one bundle of entries."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("by-hand")
    card = folder / "card" / "DCIM"
    card.mkdir(parents=True)
    for number in range(_FILES):
        (card / f"MOVI{number:04d}.avi").write_text(f"recording {number // 2}")
    site = new_site(folder / "site")
    with site.open() as archive:
        ended = dock(archive, FolderRecorder(str(card.parent)))
        authority = tsa.Authority(site.folder / "tsa")
        Stamper(archive).stamp(Authority("tsa-1", authority.answer))
    assert ended.balance.summary()["new"] == _FILES // 2
    return site


@pytest.fixture(scope="module")
def proof(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What ``evd log prove`` prints of one recording."""
    folder = tmp_path_factory.mktemp("proof")
    config = folder / "config.toml"
    config.write_text(
        f'[archive]\ndirectory = "{site.root}"\nkeys_directory = "{site.keys}"\n'
        f'state_file = "{folder / "state.sqlite"}"\n'
        f'[station]\nsocket = "{folder / "socket"}"\n'
    )
    found = run("--config", str(config), "find", "--limit", "1")
    recording = found.stdout.splitlines()[1].split("\t")[0]
    proved = run("--config", str(config), "log", "prove", recording)
    assert (found.returncode, proved.returncode) == (0, 0)
    return proved.stdout


@pytest.fixture
def work(proof: str, tmp_path: Path) -> Path:
    """An empty folder but for the proof."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "recording.tlog-proof").write_text(proof, "utf-8")
    return folder


def _environment(site: Site) -> dict[str, str]:
    roots = site.folder / "tsa" / "root.pem"
    return {"ARCHIVE": str(site.root), "VKEY": str(site.key), "ROOTS": str(roots)}


def test_everything_holds_as_printed(site: Site, work: Path) -> None:
    done = run_as_printed(_PAGE.blocks(RUNNABLE), work, _environment(site), timeout_s=250)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Signature Verified Successfully") == 2
    assert done.stdout.count("Verification: OK") == done.stdout.count("\nTime stamp: ") == 1
    for line in (
        "the name ends in the key",
        "one chain, root as signed",
        "every object is what its name says",
        "the log and the folder name the same objects",
        "the entry is in the log of the checkpoint",
    ):
        assert line in done.stdout
    assert len(list((work / "entries").iterdir())) == len(site.entries())


def _damaged(site: Site, folder: Path) -> Site:
    shutil.copytree(site.folder, folder)
    return Site(folder, site.key)


def _flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.chmod(0o600)
    path.write_bytes(bytes(data))


def _refused(blocks: list[str], site: Site, work: Path) -> str:
    done = run_as_printed(blocks, work, _environment(site), timeout_s=250)
    assert done.returncode != 0, done.stdout
    return done.stdout + done.stderr


def test_another_signature_is_refused(site: Site, work: Path, tmp_path: Path) -> None:
    damaged = _damaged(site, tmp_path / "damaged")
    checkpoint = damaged.root / "log" / "checkpoint"
    text = checkpoint.read_text("utf-8")
    checkpoint.write_text(text.replace(f"\n{len(site.entries())}\n", "\n7\n", 1), "utf-8")
    assert "Signature Verification Failure" in _refused([_SIGNATURE], damaged, work)


def test_a_mistyped_key_is_refused(site: Site, work: Path) -> None:
    name, key_hash, key = str(site.key).split("+", 2)
    mistyped = {"VKEY": f"{name}+{key_hash}+{key[:-1]}{'A' if key[-1] != 'A' else 'B'}"}
    env = _environment(site) | mistyped
    assert run_as_printed([_SIGNATURE], work, env, timeout_s=250).returncode != 0


def test_a_changed_entry_breaks_the_chain(site: Site, work: Path, tmp_path: Path) -> None:
    damaged = _damaged(site, tmp_path / "damaged")
    bundle = damaged.root / "log" / "tile" / "entries" / "000"
    _flip(bundle, bundle.read_bytes().index(b'"docking":"') + 11)
    assert "the chain breaks at entry" in _refused([_WALK], damaged, work)


def test_a_changed_object_is_named(site: Site, work: Path, tmp_path: Path) -> None:
    damaged = _damaged(site, tmp_path / "damaged")
    name, path = sorted(damaged.objects().items())[0]
    _flip(path, 0)
    assert f"{name}: FAILED" in _refused([_OBJECTS], damaged, work)


def test_a_missing_object_is_named(site: Site, work: Path, tmp_path: Path) -> None:
    damaged = _damaged(site, tmp_path / "damaged")
    name, path = sorted(damaged.objects().items())[0]
    path.unlink()
    assert f"< {name}" in _refused([_WALK, _OBJECTS, _SAME], damaged, work)


def test_a_changed_token_is_refused(site: Site, work: Path, tmp_path: Path) -> None:
    damaged = _damaged(site, tmp_path / "damaged")
    (token,) = (damaged.root / "log/timestamps").rglob("*.tsr")
    _flip(token, -1)
    assert "FAILED" in _refused([_WALK, _TIMESTAMPS], damaged, work)


def test_a_token_of_another_authority_is_refused(site: Site, work: Path, tmp_path: Path) -> None:
    other = tsa.Authority(tmp_path / "other")
    env = _environment(site) | {"ROOTS": str(other.roots_file)}
    done = run_as_printed([_WALK, _TIMESTAMPS], work, env, timeout_s=250)
    assert done.returncode != 0
    assert "Verification: FAILED" in done.stdout + done.stderr


def test_a_proof_of_another_entry_is_refused(site: Site, work: Path) -> None:
    proof = work / "recording.tlog-proof"
    lines = proof.read_text("utf-8").split("\n")
    lines[2] = f"index {int(lines[2].split()[1]) + 1}"
    proof.write_text("\n".join(lines), "utf-8")
    assert "the proof does not lead to the root" in _refused([_PROOF], site, work)
