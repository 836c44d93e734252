"""The portable verifier's own Ed25519 and SM3, against published vectors and other libraries."""

import hashlib
import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from archive.export.verifiers.verify import (
    BASE,
    ORDER,
    PRIME,
    PythonSM3,
    ed25519_verifies,
    point_add,
    point_decode,
    point_encode,
    point_multiply,
)

RFC_8032 = {
    "TEST 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    "TEST 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    "TEST 3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
}
"""RFC 8032 §7.1, as (public key, message, signature)."""

SM3_OF = {
    b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}
"""GB/T 32905-2016, annex A."""


def accepted(public: bytes, message: bytes, signature: bytes) -> bool:
    """What OpenSSL says."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@pytest.mark.parametrize("vector", RFC_8032.values(), ids=RFC_8032)
def test_the_vectors_of_rfc_8032(vector: tuple[str, str, str]) -> None:
    public, message, signature = map(bytes.fromhex, vector)
    assert ed25519_verifies(public, message, signature)
    assert not ed25519_verifies(public, message + b"!", signature)


def test_it_agrees_with_openssl_about_signatures_and_changed_ones() -> None:
    dice = random.Random(8032)
    for _ in range(12):
        key = Ed25519PrivateKey.from_private_bytes(dice.randbytes(32))
        raw = key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        message = dice.randbytes(dice.randrange(200))
        signature = key.sign(message)
        assert ed25519_verifies(raw, message, signature)
        at = dice.randrange(512)
        changed = (int.from_bytes(signature, "big") ^ 1 << at).to_bytes(64, "big")
        assert ed25519_verifies(raw, message, changed) is accepted(raw, message, changed) is False


def test_s_beyond_the_order_is_refused() -> None:
    public, message, signature = map(bytes.fromhex, RFC_8032["TEST 2"])
    s = int.from_bytes(signature[32:], "little") + ORDER
    changed = signature[:32] + s.to_bytes(32, "little")
    assert not ed25519_verifies(public, message, changed)
    assert not accepted(public, message, changed)


def forged_for(public: bytes, r: bytes, s: int = 0) -> bytes:
    return r + s.to_bytes(32, "little")


def test_r_in_another_encoding_is_refused() -> None:
    # With the neutral element as the key, S = 0 fits R = neutral, whatever the message: y = 1.
    neutral = (1).to_bytes(32, "little")
    assert ed25519_verifies(neutral, b"anything", forged_for(neutral, neutral))
    beyond = (PRIME + 1).to_bytes(32, "little")  # y = 1 again, not reduced
    assert not ed25519_verifies(neutral, b"anything", forged_for(neutral, beyond))
    signed = (1 | 1 << 255).to_bytes(32, "little")  # x = 0 with a sign
    assert not ed25519_verifies(neutral, b"anything", forged_for(neutral, signed))


@pytest.mark.parametrize(
    "encoding",
    [PRIME, PRIME + 1, 2**255 - 1, 1 | 1 << 255, (PRIME - 1) | 1 << 255, 2],
    ids=["y = p", "y = p + 1", "y = 2^255 - 1", "-0 at y = 1", "-0 at y = -1", "not on the curve"],
)
def test_an_encoding_that_is_not_canonical_is_no_point(encoding: int) -> None:
    data = encoding.to_bytes(32, "little")
    assert point_decode(data) is None
    assert not ed25519_verifies(data, b"", data + bytes(32))


def test_points_survive_their_encoding_and_the_base_has_its_order() -> None:
    point = BASE
    for _ in range(20):
        point = point_add(point, BASE)
        decoded = point_decode(point_encode(point))
        assert decoded is not None
        assert point_encode(decoded) == point_encode(point)
    assert point_encode(point_multiply(ORDER, BASE)) == (1).to_bytes(32, "little")


def test_other_lengths_are_refused() -> None:
    public, message, signature = map(bytes.fromhex, RFC_8032["TEST 1"])
    for length in (0, 31, 63):
        assert not ed25519_verifies(public[:length], message, signature[:length])
    assert not ed25519_verifies(public + b"\0", message, signature)
    assert not ed25519_verifies(public, message, signature + b"\0")


@pytest.mark.parametrize("message", SM3_OF, ids=["abc", "abcd x 16"])
def test_the_vectors_of_sm3(message: bytes) -> None:
    ours = PythonSM3()
    ours.update(message)
    assert ours.hexdigest() == SM3_OF[message] == hashlib.new("sm3", message).hexdigest()


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000])
def test_sm3_of_any_length_in_any_pieces(length: int) -> None:
    data = random.Random(length).randbytes(length)
    ours = PythonSM3()
    for at in range(0, length, 37):
        ours.update(data[at : at + 37])
    assert ours.hexdigest() == ours.hexdigest() == hashlib.new("sm3", data).hexdigest()
