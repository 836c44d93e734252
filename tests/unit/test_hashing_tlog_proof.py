"""Proof files: one spelling each, and what they bind."""

import base64

import pytest

from hashing.checkpoint import MalformedCheckpoint
from hashing.errors import EvidenceError
from hashing.merkle import ProofInvalid
from hashing.note import MalformedNote, SignedNote, sign
from hashing.tlog_proof import (
    MAX_HASHES,
    MalformedProof,
    TlogProof,
    hash_lines,
    parse_hash_lines,
)
from tests.logbook import Logbook, leaf, naive_root

BOOK = Logbook().fill(3)
NOTE = SignedNote.parse(sign(BOOK.head().body(), [BOOK.key]))
LEAVES = [leaf(entry) for entry in BOOK.entries]
PROOF = TlogProof(2, (naive_root(LEAVES[:2]),), NOTE)
TEXT = PROOF.encode().decode()
HASH = base64.b64encode(bytes(32)).decode()
HEAD = "c2sp.org/tlog-proof@v1\n"
TAIL = f"\n{NOTE.encode().decode()}"


def test_a_proof_binds_an_entry_to_the_checkpoint() -> None:
    proof = TlogProof.parse(PROOF.encode())
    assert proof == PROOF
    assert proof.verify_inclusion(LEAVES[2]) == BOOK.head()
    for wrong in LEAVES[:2]:
        with pytest.raises(ProofInvalid):
            proof.verify_inclusion(wrong)


def test_a_proof_is_the_lines_of_the_specification() -> None:
    inner = base64.b64encode(naive_root(LEAVES[:2])).decode()
    assert f"{HEAD}index 2\n{inner}\n{TAIL}" == TEXT
    with_extra = TlogProof(2, PROOF.hashes, NOTE, b"more").encode().decode()
    assert with_extra == f"{HEAD}extra bW9yZQ==\nindex 2\n{inner}\n{TAIL}"
    assert TlogProof.parse(with_extra.encode()).extra == b"more"


def test_a_log_of_one_entry_has_a_proof_without_hashes() -> None:
    book = Logbook()
    note = SignedNote.parse(sign(book.head().body(), [book.key]))
    proof = TlogProof(0, (), note)
    assert proof.encode().startswith(f"{HEAD}index 0\n\n{book.origin}\n1\n".encode())
    assert TlogProof.parse(proof.encode()).verify_inclusion(leaf(book.entries[0])) == book.head()


BAD = {
    "nothing": "",
    "another header": TEXT.replace("@v1", "@v2"),
    "no header": TEXT.removeprefix(HEAD),
    "no index": f"{HEAD}{TAIL}",
    "index of words": f"{HEAD}index two\n{TAIL}",
    "index with a sign": f"{HEAD}index -2\n{TAIL}",
    "index with a leading zero": f"{HEAD}index 02\n{TAIL}",
    "index in other digits": f"{HEAD}index ٢\n{TAIL}",
    "index beyond 63 bits": f"{HEAD}index {1 << 63}\n{TAIL}",
    "index with two spaces": f"{HEAD}index  2\n{TAIL}",
    "index after the hashes": f"{HEAD}{HASH}\nindex 2\n{TAIL}",
    "extra after the index": f"{HEAD}index 2\nextra bW9yZQ==\n{TAIL}",
    "extra twice": f"{HEAD}extra bW9yZQ==\nextra bW9yZQ==\nindex 2\n{TAIL}",
    "extra of nothing": f"{HEAD}extra \nindex 2\n{TAIL}",
    "extra in loose base64": f"{HEAD}extra bW9yZR==\nindex 2\n{TAIL}",
    "extra in no base64": f"{HEAD}extra !!\nindex 2\n{TAIL}",
    "hash in loose base64": f"{HEAD}index 2\n{HASH[:-2]}B=\n{TAIL}",
    "hash of 31 bytes": f"{HEAD}index 2\n{base64.b64encode(bytes(31)).decode()}\n{TAIL}",
    "hash with a space": f"{HEAD}index 2\n {HASH}\n{TAIL}",
    "too many hashes": f"{HEAD}index 2\n" + f"{HASH}\n" * (MAX_HASHES + 1) + TAIL,
    "carriage return": TEXT.replace("index 2\n", "index 2\r\n"),
    "no checkpoint": TEXT.partition("\n\n")[0] + "\n\n",
    "no empty line": TEXT.replace("\n\n", "\n", 1),
    "not a checkpoint": f"{HEAD}index 2\n\n" + sign("a text\n", [BOOK.key]).decode(),
    "no signature": TEXT.rpartition("\n\n")[0] + "\n",
    "too long": f"{HEAD}extra {base64.b64encode(bytes(3 << 20)).decode()}\nindex 2\n{TAIL}",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_malformed_proofs_are_refused(text: str) -> None:
    with pytest.raises((MalformedProof, MalformedNote, MalformedCheckpoint)):
        TlogProof.parse(text.encode())


def test_a_proof_of_an_entry_beyond_the_checkpoint_proves_nothing() -> None:
    beyond = TlogProof.parse(TEXT.replace("index 2", "index 3").encode())
    with pytest.raises(ProofInvalid):
        beyond.verify_inclusion(LEAVES[2])


def test_hash_lines_come_back() -> None:
    hashes = (bytes(32), b"\xff" * 32)
    assert parse_hash_lines(hash_lines(hashes).encode()) == hashes
    assert parse_hash_lines(b"") == ()
    for bad in (b"\n", HASH.encode(), f"{HASH}\n\n".encode(), f"{HASH}\n".encode() * 64, b"\xff\n"):
        with pytest.raises(EvidenceError):
            parse_hash_lines(bad)
