"""Cosignatures and their keys: what counts, what spoils a note, what is refused."""

import base64

import pytest
from cryptography.hazmat.backends.openssl.backend import backend

from hashing.checkpoint import Checkpoint, MalformedCheckpoint
from hashing.cosignature import (
    MAX_TIME_S,
    AlgorithmUnavailable,
    CosignatureType,
    CosignerKey,
    CosigningKey,
    cosignatures,
    parse_vkey,
)
from hashing.errors import SignatureInvalid
from hashing.note import MalformedKey, Signature, SignedNote, SigningKey, sign

LOG = SigningKey.generate("bureau/station-1/0a0b0c0d")
KEYS = {kind: CosigningKey.generate("witness.example/w", kind) for kind in CosignatureType}
BODY = Checkpoint(LOG.name, 3, b"\x11" * 32).body()
TIME_S = 1_790_000_000

kinds = pytest.mark.parametrize("kind", CosignatureType, ids=lambda kind: kind.name)


def cosigned(*lines: Signature, body: str = BODY) -> SignedNote:
    note = SignedNote.parse(sign(body, [LOG]))
    return SignedNote(note.text, (*note.signatures, *lines))


@kinds
def test_a_cosignature_holds_and_says_when(kind: CosignatureType) -> None:
    key = KEYS[kind]
    note = SignedNote.parse(cosigned(key.cosign(BODY, TIME_S)).encode())
    note.verify(LOG.verifier)
    [made] = cosignatures(note, [key.verifier])
    assert (made.key, made.time_s) == (key.verifier, TIME_S)


@kinds
def test_keys_come_back_from_their_texts(kind: CosignatureType) -> None:
    key = KEYS[kind]
    again = CosigningKey.parse(f"{key.encode()}\n")
    assert again.verifier == key.verifier == parse_vkey(str(key.verifier))
    assert again.encode() == key.encode()
    seed = base64.b64decode(key.encode().split("+", 4)[4])[1:]
    assert base64.b64encode(seed).decode() not in repr(key)
    assert key.encode() not in f"{key!r}{key}"


@kinds
@pytest.mark.parametrize("at", [0, 7, 8, -1], ids=["time", "second", "first byte", "last byte"])
def test_a_changed_cosignature_spoils_the_note(kind: CosignatureType, at: int) -> None:
    key = KEYS[kind]
    line = key.cosign(BODY, TIME_S)
    data = bytearray(line.data)
    data[at] ^= 1
    wrong = Signature(line.name, line.key_hash, bytes(data))
    with pytest.raises(SignatureInvalid):
        cosignatures(cosigned(line, wrong), [key.verifier])


@kinds
def test_a_cosignature_of_another_head_is_wrong(kind: CosignatureType) -> None:
    key = KEYS[kind]
    for other in (
        Checkpoint(LOG.name, 4, b"\x11" * 32),
        Checkpoint(LOG.name, 3, b"\x12" * 32),
        Checkpoint("bureau/station-2/0a0b0c0d", 3, b"\x11" * 32),
    ):
        line = key.cosign(other.body(), TIME_S)
        with pytest.raises(SignatureInvalid):
            cosignatures(cosigned(line), [key.verifier])


def test_extension_lines_are_covered_by_ed25519_only() -> None:
    extended = Checkpoint(LOG.name, 3, b"\x11" * 32, ("more",)).body()
    ed25519, ml_dsa = KEYS[CosignatureType.ED25519], KEYS[CosignatureType.ML_DSA_44]
    note = cosigned(ml_dsa.cosign(BODY, TIME_S), body=extended)
    assert cosignatures(note, [ml_dsa.verifier])
    with pytest.raises(SignatureInvalid):
        cosignatures(cosigned(ed25519.cosign(BODY, TIME_S), body=extended), [ed25519.verifier])


def test_only_ml_dsa_44_commits_to_the_name() -> None:
    for kind, key in KEYS.items():
        line = key.cosign(BODY, TIME_S)
        other = CosignerKey.of("another.example/w", kind, key.verifier.public)
        moved = cosigned(Signature(other.name, other.key_hash, line.data))
        if kind is CosignatureType.ED25519:
            assert cosignatures(moved, [other])
        else:
            with pytest.raises(SignatureInvalid):
                cosignatures(moved, [other])


def test_lines_of_unknown_keys_are_ignored() -> None:
    stranger = CosigningKey.generate("witness.example/w")
    junk = Signature("witness.example/w", 7, b"junk")
    note = cosigned(stranger.cosign(BODY, TIME_S), junk)
    assert cosignatures(note, [key.verifier for key in KEYS.values()]) == ()


def test_a_line_without_a_signature_is_wrong() -> None:
    for key in KEYS.values():
        for data in (b"\0" * 8, b"\0" * 7, b"\xff" * 80):
            line = Signature(key.name, key.verifier.key_hash, data)
            with pytest.raises(SignatureInvalid):
                cosignatures(cosigned(line), [key.verifier])


def test_what_is_no_checkpoint_is_not_cosigned() -> None:
    for key in KEYS.values():
        with pytest.raises(MalformedCheckpoint):
            key.cosign("a text\n", TIME_S)
        for time_s in (0, -1, MAX_TIME_S + 1):
            with pytest.raises(MalformedCheckpoint):
                key.cosign(BODY, time_s)
        key.cosign(BODY, MAX_TIME_S)


def test_ml_dsa_44_cosigns_no_name_that_does_not_fit() -> None:
    key = CosigningKey.generate("w" * 256, CosignatureType.ML_DSA_44)
    with pytest.raises(MalformedCheckpoint):
        key.cosign(BODY, TIME_S)
    long = Checkpoint("o" * 256, 3, b"\x11" * 32).body()
    with pytest.raises(MalformedCheckpoint):
        KEYS[CosignatureType.ML_DSA_44].cosign(long, TIME_S)
    KEYS[CosignatureType.ED25519].cosign(long, TIME_S)


@pytest.mark.parametrize("text", ["", "a", "PRIVATE+KEY", "PRIVATE+KEY+a+00000000+BA=="])
def test_what_is_no_signing_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedKey):
        CosigningKey.parse(text)


def test_a_logs_key_is_no_cosigners_key() -> None:
    with pytest.raises(MalformedKey):
        CosigningKey.parse(LOG.encode())
    with pytest.raises(MalformedKey):
        SigningKey.parse(KEYS[CosignatureType.ED25519].encode())


def test_every_mangling_of_a_signing_key_is_refused() -> None:
    text = KEYS[CosignatureType.ED25519].encode()
    for at, character in enumerate(text):
        for changed in (chr(ord(character) + 1), ""):
            with pytest.raises(MalformedKey):
                CosigningKey.parse(text[:at] + changed + text[at + 1 :])


def test_a_library_without_ml_dsa_44_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    key = KEYS[CosignatureType.ML_DSA_44]
    note = cosigned(key.cosign(BODY, TIME_S))
    text = key.encode()
    monkeypatch.setattr(type(backend), "mldsa_supported", lambda _: False)
    with pytest.raises(AlgorithmUnavailable):
        cosignatures(note, [key.verifier])
    with pytest.raises(AlgorithmUnavailable):
        CosigningKey.parse(text)
    with pytest.raises(AlgorithmUnavailable):
        CosigningKey.generate("w", CosignatureType.ML_DSA_44)
