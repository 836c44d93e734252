"""A witness's decision, against every sentence of C2SP tlog-witness that asks for a status."""

from collections.abc import Callable
from http import HTTPStatus

import pytest

from hashing.checkpoint import Checkpoint
from hashing.merkle import EMPTY_ROOT, consistency_proof
from hashing.note import Signature, SignedNote, SigningKey, VerifierKey, sign
from hashing.witness import (
    SIZE_TYPE,
    AddCheckpoint,
    Decision,
    MalformedRequest,
    SeenHead,
    decide,
    parse_size,
)
from tests.logbook import Logbook, leaf, naive_root

BOOK = Logbook().fill(20)
LEAVES = [leaf(entry) for entry in BOOK.entries]
FORK = [leaf(b"another"), *LEAVES[1:]]
KEY = BOOK.key
TRUSTED: dict[str, list[VerifierKey]] = {KEY.name: [KEY.verifier]}


def root(size: int, leaves: list[bytes] = LEAVES) -> bytes:
    return naive_root(leaves[:size])


def signed(
    size: int, leaves: list[bytes] = LEAVES, keys: tuple[SigningKey, ...] = (KEY,)
) -> SignedNote:
    body = Checkpoint(KEY.name, size, root(size, leaves)).body()
    return SignedNote.parse(sign(body, list(keys)))


def proof(old: int, size: int, leaves: list[bytes] = LEAVES) -> tuple[bytes, ...]:
    def node(level: int, index: int) -> bytes:
        return naive_root(leaves[index << level : (index + 1) << level])

    return tuple(consistency_proof(old, size, node)) if old else ()


def asked(old: int, size: int, seen: int | None, leaves: list[bytes] = LEAVES) -> Decision:
    request = AddCheckpoint(old, proof(old, size, leaves), signed(size, leaves))
    head = None if seen is None else SeenHead(seen, root(seen))
    return decide(AddCheckpoint.parse(request.encode()), TRUSTED, head)


@pytest.mark.parametrize(("old", "size", "seen"), [(0, 7, None), (3, 7, 3), (8, 13, 8), (7, 7, 7)])
def test_a_log_that_grew_is_cosigned(old: int, size: int, seen: int | None) -> None:
    decision = asked(old, size, seen)
    assert decision.status == HTTPStatus.OK
    assert decision.head == SeenHead(size, root(size))


def test_the_empty_log_may_be_cosigned_and_grows() -> None:
    assert asked(0, 0, None).head == SeenHead(0, EMPTY_ROOT)
    assert asked(0, 5, 0).status == HTTPStatus.OK


def test_an_unknown_origin_is_not_found() -> None:
    request = AddCheckpoint(0, (), signed(3))
    assert decide(request, {}, None).status == HTTPStatus.NOT_FOUND
    assert decide(request, {KEY.name: []}, None).status == HTTPStatus.NOT_FOUND


def test_no_signature_of_a_trusted_key_is_forbidden() -> None:
    stranger = SigningKey.generate(KEY.name)
    request = AddCheckpoint(0, (), signed(3, keys=(stranger,)))
    assert decide(request, TRUSTED, None).status == HTTPStatus.FORBIDDEN


def test_a_wrong_line_of_a_trusted_key_is_forbidden_beside_a_right_one() -> None:
    other = SigningKey.generate(KEY.name)
    trusted = {KEY.name: [KEY.verifier, other.verifier]}
    note = signed(3)
    wrong = Signature(other.name, other.verifier.key_hash, bytes(64))
    request = AddCheckpoint(0, (), SignedNote(note.text, (*note.signatures, wrong)))
    assert decide(request, trusted, None).status == HTTPStatus.FORBIDDEN


def test_lines_of_unknown_keys_are_ignored() -> None:
    stranger = SigningKey.generate(KEY.name)
    request = AddCheckpoint(0, (), signed(3, keys=(stranger, KEY)))
    assert decide(request, TRUSTED, None).status == HTTPStatus.OK


def test_an_old_size_beyond_the_checkpoint_is_a_bad_request() -> None:
    request = AddCheckpoint(8, (), signed(7))
    for seen in (None, SeenHead(8, root(8))):
        assert decide(request, TRUSTED, seen).status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(("old", "seen"), [(0, 3), (2, 3), (5, 3), (5, None)])
def test_another_old_size_is_a_conflict_that_names_the_right_one(
    old: int, seen: int | None
) -> None:
    decision = asked(old, 9, seen)
    assert (decision.status, decision.head) == (HTTPStatus.CONFLICT, None)
    assert (decision.body, decision.content_type) == (f"{seen or 0}\n".encode(), SIZE_TYPE)
    assert parse_size(decision.body) == (seen or 0)


def test_an_empty_log_with_a_root_is_not_processed() -> None:
    body = Checkpoint(KEY.name, 0, bytes(32)).body()
    request = AddCheckpoint(0, (), SignedNote.parse(sign(body, [KEY])))
    assert decide(request, TRUSTED, None).status == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_proof_from_nothing_is_not_processed() -> None:
    request = AddCheckpoint(0, proof(3, 7), signed(7))
    assert decide(request, TRUSTED, None).status == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_fork_is_not_processed() -> None:
    for old, size in ((3, 7), (7, 7)):
        decision = asked(old, size, old, leaves=FORK)
        assert (decision.status, decision.head) == (HTTPStatus.UNPROCESSABLE_ENTITY, None)


def test_a_proof_for_the_same_size_is_not_processed() -> None:
    request = AddCheckpoint(7, proof(3, 7), signed(7))
    seen = SeenHead(7, root(7))
    assert decide(request, TRUSTED, seen).status == HTTPStatus.UNPROCESSABLE_ENTITY


SAMPLE = AddCheckpoint(3, proof(3, 7), signed(7)).encode()
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "no old line": lambda data: data.partition(b"\n")[2],
    "old without a size": lambda data: data.replace(b"old 3", b"old", 1),
    "old with a sign": lambda data: data.replace(b"old 3", b"old -3", 1),
    "old with a leading zero": lambda data: data.replace(b"old 3", b"old 03", 1),
    "old beyond 63 bits": lambda data: data.replace(b"old 3", b"old 9223372036854775808", 1),
    "two spaces": lambda data: data.replace(b"old 3", b"old  3", 1),
    "carriage return": lambda data: data.replace(b"old 3\n", b"old 3\r\n", 1),
    "not ASCII": lambda data: data.replace(b"old 3", "old ٣".encode(), 1),
    "no empty line": lambda data: data.replace(b"\n\n", b"\n", 1),
    "loose base64": lambda data: data.replace(b"=\n", b"==\n", 1),
    "64 hashes": lambda data: data.replace(b"old 3\n", b"old 3\n" + (b"A" * 43 + b"=\n") * 61, 1),
    "no signature": lambda data: data.rpartition(b"\n\n")[0] + b"\n",
    "no checkpoint": lambda data: data.partition(b"\n\n")[0] + b"\n\n" + sign("text\n", [KEY]),
    "too long": lambda data: data + b"x" * (1 << 20),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_malformed_requests_are_refused(change: Callable[[bytes], bytes]) -> None:
    assert AddCheckpoint.parse(SAMPLE).encode() == SAMPLE
    with pytest.raises(MalformedRequest):
        AddCheckpoint.parse(change(SAMPLE))


@pytest.mark.parametrize("body", [b"", b"\n", b"x\n", b"-1\n", b"01\n", b"1\n\n", b"1 \n", b"\xff"])
def test_what_is_no_size_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        parse_size(body)
