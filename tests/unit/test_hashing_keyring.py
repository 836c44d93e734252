"""Which key signs at which size."""

from collections.abc import Callable
from typing import Any

import pytest

from hashing.errors import EvidenceError, SignatureInvalid
from hashing.keyring import Keyring, first_key_body, rotation_body
from hashing.note import SigningKey

FIRST = SigningKey.generate_origin("bureau/station-1")
SECOND = SigningKey.generate(FIRST.name)
THIRD = SigningKey.generate(FIRST.name)


def ring() -> Keyring:
    keyring = Keyring()
    keyring.read(0, first_key_body(FIRST))
    return keyring


def test_keys_follow_each_other() -> None:
    keyring = ring()
    keyring.read(5, rotation_body(5, FIRST, SECOND))
    keyring.read(9, rotation_body(9, SECOND, THIRD))
    sizes = {size: keyring.valid_at(size) for size in (0, 1, 5, 6, 9, 10, 99)}
    assert sizes == {
        0: None,
        1: FIRST.verifier,
        5: FIRST.verifier,
        6: SECOND.verifier,
        9: SECOND.verifier,
        10: THIRD.verifier,
        99: THIRD.verifier,
    }
    assert keyring.first == FIRST.verifier
    assert [seq for seq, _ in keyring.keys] == [0, 5, 9]


def swapped(body: dict[str, object]) -> dict[str, object]:
    return body | {"endorsement": body["acceptance"], "acceptance": body["endorsement"]}


BAD_ROTATIONS: dict[str, Callable[[], dict[str, object]]] = {
    "endorsed for another entry": lambda: rotation_body(6, FIRST, SECOND),
    "endorsed by another key": lambda: rotation_body(5, THIRD, SECOND),
    "signatures swapped": lambda: swapped(rotation_body(5, FIRST, SECOND)),
    "no endorsement": lambda: first_key_body(SECOND),
    "another previous key": lambda: (
        rotation_body(5, FIRST, SECOND) | {"previous_vkey": str(THIRD.verifier)}
    ),
    "another new key": lambda: rotation_body(5, FIRST, SECOND) | {"vkey": str(THIRD.verifier)},
    "another origin": lambda: rotation_body(5, FIRST, SigningKey.generate("a/b/c")),
    "origin does not agree": lambda: rotation_body(5, FIRST, SECOND) | {"origin": "a/b/c"},
    "endorsement is no base64": lambda: rotation_body(5, FIRST, SECOND) | {"endorsement": "é"},
    "endorsement is no text": lambda: rotation_body(5, FIRST, SECOND) | {"endorsement": 5},
    "key is no key": lambda: rotation_body(5, FIRST, SECOND) | {"vkey": "x"},
    "nothing": dict,
}


@pytest.mark.parametrize("make", BAD_ROTATIONS.values(), ids=BAD_ROTATIONS.keys())
def test_bad_rotations_are_refused_and_change_nothing(make: Callable[[], dict[str, Any]]) -> None:
    keyring = ring()
    with pytest.raises(EvidenceError):
        keyring.read(5, make())
    assert keyring.valid_at(99) == FIRST.verifier


def test_a_first_key_must_carry_its_own_bytes_in_its_name() -> None:
    with pytest.raises(SignatureInvalid, match="first key"):
        Keyring().read(0, first_key_body(SECOND))


def test_a_rotation_without_a_first_key_is_refused() -> None:
    keyring = Keyring()
    with pytest.raises(SignatureInvalid, match="not read"):
        keyring.read(5, rotation_body(5, FIRST, SECOND))
    assert keyring.first is None


def test_succession_is_read() -> None:
    earlier = {"origin": "a/b/c", "size": 7, "root": "0" * 64, "reason": "disk lost"}
    keyring = Keyring()
    keyring.read(0, first_key_body(FIRST) | {"succeeds": earlier})
    assert keyring.succession is not None
    assert (keyring.succession.origin, keyring.succession.size) == ("a/b/c", 7)


@pytest.mark.parametrize("earlier", [{}, {"origin": 1, "size": "x"}, {"origin": "a"}])
def test_a_malformed_succession_is_refused(earlier: dict[str, Any]) -> None:
    with pytest.raises(EvidenceError):
        Keyring().read(0, first_key_body(FIRST) | {"succeeds": earlier})
