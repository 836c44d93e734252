"""The worked example of docs/formats.md, recomputed: every byte printed there is what is made."""

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from hashing.acts import Act
from hashing.acts_table import render
from hashing.checkpoint import Checkpoint
from hashing.cosignature import CosignatureType, CosigningKey, cosignatures, cosigned_message
from hashing.entry import ZERO_PREV, Stamp, build, format_time, leaf_hash
from hashing.findings import Check
from hashing.keyring import first_key_body
from hashing.merkle import Frontier, consistency_proof, inclusion_proof, verify_consistency
from hashing.note import SignedNote, SigningKey, sign
from hashing.policy import Policy
from hashing.tiles import encode_bundle
from hashing.tlog_proof import TlogProof, hash_lines
from hashing.verifier import verify_log
from tests.logbook import MemoryLog, naive_root
from tests.tiny_verifier import accepts

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"
SEED = bytes(range(32))
WITNESS_SEED = bytes(range(32, 64))
COSIGNED_S = 1_767_225_660


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


def worked_cosigned() -> SignedNote:
    """The worked checkpoint with the cosignature of the worked witness."""
    note = SignedNote.parse(worked_files(worked_key())["checkpoint"])
    line = worked_witness().cosign(note.text, COSIGNED_S)
    return SignedNote(note.text, (*note.signatures, line))


def worked_witness() -> CosigningKey:
    return CosigningKey("witness.example/w1", Ed25519PrivateKey.from_private_bytes(WITNESS_SEED))


def worked_node(level: int, index: int) -> bytes:
    leaves = [leaf_hash(entry) for entry in worked_entries(worked_key())]
    return naive_root(leaves[index << level : (index + 1) << level])


def worked_policy() -> str:
    return (
        f"log {worked_key().verifier}\n"
        f"witness w1 {worked_witness().verifier}\n"
        "group enough any w1\n"
        "quorum enough\n"
    )


def worked_proofs() -> dict[str, str]:
    """What the page prints of witnesses, proofs and policies, by what it is."""
    note, witness = worked_cosigned(), worked_witness()
    quantum = CosigningKey("witness.example/w2", MLDSA44PrivateKey.from_seed_bytes(WITNESS_SEED))
    kinds = CosignatureType
    message = cosigned_message(kinds.ED25519, witness.name, note.text, COSIGNED_S)
    structure = cosigned_message(kinds.ML_DSA_44, quantum.name, note.text, COSIGNED_S)
    proof = TlogProof(2, tuple(inclusion_proof(2, 3, worked_node)), note)
    return {
        "witness seed": WITNESS_SEED.hex(),
        "witness signing key": witness.encode(),
        "witness verifier key": str(witness.verifier),
        "cosigned message": message.decode(),
        "cosignature": str(note.signatures[-1]),
        "ML-DSA-44 key": f"`{quantum.verifier.label}`",
        "ML-DSA-44 fingerprint": quantum.verifier.fingerprint,
        "ML-DSA-44 message": "\n".join(
            structure.hex()[at : at + 96] for at in range(0, 2 * len(structure), 96)
        ),
        "proof": proof.encode().decode(),
        "consistency": hash_lines(consistency_proof(2, 3, worked_node)),
        "policy": worked_policy(),
    }


@pytest.mark.parametrize("name", worked_proofs())
def test_the_page_prints_the_proofs_that_are_made(name: str) -> None:
    assert worked_proofs()[name].strip() in DOCS.read_text("utf-8")


def test_the_worked_proofs_hold() -> None:
    note, policy = worked_cosigned(), Policy.parse(worked_policy().encode())
    note.verify(worked_key().verifier)
    [made] = cosignatures(note, policy.witness_keys)
    assert made.time_s == COSIGNED_S
    assert policy.satisfied_by([made.key])
    proof = TlogProof.parse(worked_proofs()["proof"].encode())
    head = proof.verify_inclusion(worked_node(0, 2))
    hashes = consistency_proof(2, 3, worked_node)
    verify_consistency(2, 3, worked_node(1, 0), head.root, hashes)


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
