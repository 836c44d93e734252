"""The worked example of docs/formats.md, recomputed: every byte printed there is what is made."""

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hashing.acts import Act
from hashing.acts_table import render
from hashing.checkpoint import Checkpoint
from hashing.entry import ZERO_PREV, Stamp, build, format_time, leaf_hash
from hashing.findings import Check
from hashing.keyring import first_key_body
from hashing.merkle import Frontier
from hashing.note import SigningKey, sign
from hashing.tiles import encode_bundle
from hashing.verifier import verify_log
from tests.logbook import MemoryLog
from tests.tiny_verifier import accepts

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"
SEED = bytes(range(32))


def worked_key() -> SigningKey:
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    prefix = private.public_key().public_bytes_raw()[:4].hex()
    return SigningKey(f"example/station-1/{prefix}", private)


def worked_entries(key: SigningKey) -> list[bytes]:
    bodies: list[tuple[Act, dict[str, object]]] = [
        (Act.KEY, first_key_body(key)),
        (
            Act.START,
            {"program": "evidence-daemon", "version": "0.1.0", "timezone": "Asia/Shanghai"},
        ),
        (Act.ALARM, {"alarm": "CLONE", "subject": "slot 7", "detail": "两台记录仪同号"}),
    ]
    entries: list[bytes] = []
    prev = ZERO_PREV
    for seq, (act, body) in enumerate(bodies):
        time = format_time(1_767_225_600_000_000 + seq * 1_000_000)
        stamp = Stamp(time, 1000 * seq, "synchronised", "station-1", "0" * 32, "station")
        entries.append(build(seq, prev, stamp, act, body))
        prev = leaf_hash(entries[-1]).hex()
    return entries


def worked_files(key: SigningKey) -> dict[str, bytes]:
    entries = worked_entries(key)
    frontier = Frontier()
    for entry in entries:
        frontier.append(leaf_hash(entry))
    checkpoint = Checkpoint(key.name, len(entries), frontier.root())
    return {
        "checkpoint": sign(checkpoint.body(), [key]),
        "tile/entries/000.p/3": encode_bundle(entries),
        "tile/0/000.p/3": b"".join(leaf_hash(entry) for entry in entries),
    }


def worked_blocks() -> dict[str, str]:
    """What the page prints, by what it is."""
    key = worked_key()
    entries, files = worked_entries(key), worked_files(key)
    leaves = [leaf_hash(entry) for entry in entries]
    inner = hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).hexdigest()
    blocks = {f"entry {seq}": entry.decode() for seq, entry in enumerate(entries)}
    blocks |= {f"leaf {seq}": item.hex() for seq, item in enumerate(leaves)}
    blocks |= {f"length {seq}": f"{len(entry):04x}" for seq, entry in enumerate(entries)}
    return blocks | {
        "signing key": key.encode(),
        "verifier key": str(key.verifier),
        "seed": SEED.hex(),
        "public key": key.verifier.public.hex(),
        "inner node": inner,
        "root": hashlib.sha256(b"\x01" + bytes.fromhex(inner) + leaves[2]).hexdigest(),
        "checkpoint": files["checkpoint"].decode(),
        "bundle": hashlib.sha256(files["tile/entries/000.p/3"]).hexdigest(),
    }


@pytest.mark.parametrize("name", worked_blocks())
def test_the_page_prints_what_is_made(name: str) -> None:
    assert worked_blocks()[name] in DOCS.read_text("utf-8")


def test_the_worked_log_holds() -> None:
    key = worked_key()
    files = worked_files(key)
    assert verify_log(MemoryLog(files), key.verifier).findings == ()
    assert accepts(files, str(key.verifier))


def test_the_tables_are_up_to_date() -> None:
    assert render().strip() in DOCS.read_text("utf-8")


def test_every_check_is_described() -> None:
    text = DOCS.read_text("utf-8")
    for check in Check:
        assert f"\n{check.value}. " in text


def test_openssl_verifies_the_checkpoint_as_the_page_says(tmp_path: Path) -> None:
    key = worked_key()
    text, block = worked_files(key)["checkpoint"].decode().rsplit("\n\n", 1)
    packed = base64.b64decode(block.split(" ")[2])
    (tmp_path / "body").write_bytes((text + "\n").encode())
    (tmp_path / "signature").write_bytes(packed[4:])
    public = bytes.fromhex("302a300506032b6570032100") + key.verifier.public
    (tmp_path / "public.der").write_bytes(public)
    command = (
        "openssl pkeyutl -verify -pubin -keyform DER -inkey public.der -rawin"
        " -in body -sigfile signature"
    )
    assert command.replace(" -in body", " \\\n    -in body") in DOCS.read_text("utf-8")
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_sha256sum_walks_the_chain_as_the_page_says(tmp_path: Path) -> None:
    entries = worked_entries(worked_key())
    (tmp_path / "entry").write_bytes(entries[0])
    command = r"(printf '\0'; cat entry) | sha256sum"
    assert command in DOCS.read_text("utf-8")
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, check=True)
    assert f'"prev":"{done.stdout.decode().split()[0]}"' in entries[1].decode()
