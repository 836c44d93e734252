"""Parsers of what outsiders hand over: garbage gives typed errors, and one spelling comes back."""

import contextlib
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from hashing.cosignature import CosignatureType, CosigningKey, parse_vkey
from hashing.errors import EvidenceError
from hashing.merkle import consistency_proof, inclusion_proof, verify_consistency
from hashing.note import SignedNote, sign
from hashing.policy import Policy
from hashing.tlog_proof import TlogProof, hash_lines, parse_hash_lines
from tests.logbook import Logbook, leaf, naive_root

BOOK = Logbook().fill(70)
LEAVES = [leaf(entry) for entry in BOOK.entries]
WITNESSES = [CosigningKey.generate(f"w.example/{n}") for n in range(3)]
POLICY = (
    f"log {BOOK.key.verifier}\n"
    + "".join(f"witness w{n} {key.verifier}\n" for n, key in enumerate(WITNESSES))
    + "group g 2 w0 w1 w2\nquorum g\n"
).encode()
BODY = BOOK.head().body()
NOTE = SignedNote.parse(sign(BODY, [BOOK.key]))
COSIGNED = SignedNote(
    NOTE.text, (*NOTE.signatures, *(key.cosign(BODY, 1_790_000_000) for key in WITNESSES))
)


def node(level: int, index: int) -> bytes:
    return naive_root(LEAVES[index << level : (index + 1) << level])


def proof_of(index: int, extra: bytes | None = None) -> TlogProof:
    hashes = inclusion_proof(index, len(LEAVES), node)
    return TlogProof(index, tuple(hashes), COSIGNED, extra)


PROOF = proof_of(41, b"extra bytes").encode()
VKEYS = [str(WITNESSES[0].verifier), str(BOOK.key.verifier)]
PARSERS: dict[Callable[[bytes], object], bytes] = {
    TlogProof.parse: PROOF,
    Policy.parse: POLICY,
    parse_hash_lines: hash_lines(LEAVES[:5]).encode(),
    lambda data: parse_vkey(data.decode("utf-8", "replace")): VKEYS[0].encode(),
    lambda data: CosigningKey.parse(data.decode("utf-8", "replace")): WITNESSES[0]
    .encode()
    .encode(),
}


def mangled(data: bytes) -> st.SearchStrategy[bytes]:
    """The bytes with a piece cut out and another put in."""
    places = st.integers(0, len(data))
    pieces = st.binary(max_size=6) | st.sampled_from([b"\n", b"\n\n", b" ", b"+", b"=", b"\0"])
    return st.builds(
        lambda a, b, piece: data[: min(a, b)] + piece + data[max(a, b) :], places, places, pieces
    )


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_garbage_gives_typed_errors_only(data: st.DataObject) -> None:
    for parse, sample in PARSERS.items():
        given_bytes = data.draw(st.binary(max_size=200) | mangled(sample))
        with contextlib.suppress(EvidenceError):
            parse(given_bytes)


@given(mangled(PROOF))
@settings(deadline=None, max_examples=300)
def test_a_proof_that_is_read_is_written_alike(data: bytes) -> None:
    try:
        proof = TlogProof.parse(data)
    except EvidenceError:
        return
    assert proof.encode() == data


@given(st.integers(0, len(LEAVES) - 1), st.none() | st.binary(min_size=1, max_size=40))
@settings(deadline=None)
def test_proofs_come_back_and_hold(index: int, extra: bytes | None) -> None:
    proof = TlogProof.parse(proof_of(index, extra).encode())
    assert proof == proof_of(index, extra)
    assert proof.verify_inclusion(LEAVES[index]) == BOOK.head()


@given(st.integers(1, len(LEAVES)), st.integers(1, len(LEAVES)))
@settings(deadline=None)
def test_consistency_proofs_come_back_and_hold(one: int, other: int) -> None:
    old, size = sorted((one, other))
    hashes = parse_hash_lines(hash_lines(consistency_proof(old, size, node)).encode())
    verify_consistency(old, size, naive_root(LEAVES[:old]), naive_root(LEAVES[:size]), hashes)


@given(st.binary(max_size=2600), st.sampled_from(CosignatureType))
@settings(deadline=None)
def test_no_garbage_is_a_cosignature(data: bytes, kind: CosignatureType) -> None:
    key = CosigningKey.generate("w.example/g", kind)
    line = key.cosign(BODY, 1)
    changed = type(line)(line.name, line.key_hash, data or b"\0")
    assert key.verifier.time_of(BODY, changed) is None


def test_the_policy_of_these_tests_is_satisfied() -> None:
    policy = Policy.parse(POLICY)
    assert policy.satisfied_by([made.key for made in policy.cosignatures(COSIGNED)])
