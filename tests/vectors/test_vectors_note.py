"""Examples of C2SP signed-note and tlog-checkpoint, and of Go's sumdb note package."""

import base64

import pytest

from hashing.checkpoint import Checkpoint, open_checkpoint
from hashing.errors import SignatureInvalid
from hashing.note import MalformedKey, SignedNote, SigningKey, VerifierKey, sign

GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_SIGNATURE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotp"
    "RZb6KE6RyyBwJnAM=\n"
)
GO_SECOND = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33"
    "WWd1RvMc+QQ=\n"
)
C2SP_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRK"
    "uwHjG1Yu72IneyaQM=\n"
)
C2SP_CHECKPOINT = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2"
    "q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
EMPTY_LINE_IN_TEXT = (
    "Ognuno sta solo sul cuor della terra\n"
    "trafitto da un raggio di sole:\n"
    "\n"
    "ed è subito sera.\n"
    "\n"
    "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU"
    "0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)


def test_go_keys_are_read_and_written_alike() -> None:
    key = SigningKey.parse(GO_SKEY)
    assert str(key.verifier) == GO_VKEY
    assert key.encode() == GO_SKEY
    assert str(VerifierKey.parse(GO_VKEY)) == GO_VKEY


def test_go_signature_is_made_alike() -> None:
    made = sign(GO_TEXT, [SigningKey.parse(GO_SKEY)])
    assert made.decode() == GO_TEXT + "\n" + GO_SIGNATURE


def test_go_note_with_two_signatures_verifies_under_the_known_one() -> None:
    note = SignedNote.parse((GO_TEXT + "\n" + GO_SIGNATURE + GO_SECOND).encode())
    note.verify(VerifierKey.parse(GO_VKEY))
    assert [signature.name for signature in note.signatures] == ["PeterNeumann", "EnochRoot"]
    assert f"{note.signatures[1].key_hash:08x}" == "af0cfe78"


@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
    ids=["wrong length", "unknown algorithm"],
)
def test_go_refuses_these_keys(text: str) -> None:
    with pytest.raises(MalformedKey):
        VerifierKey.parse(text)


def test_every_mangling_of_go_keys_is_refused() -> None:
    for text, parse in ((GO_VKEY, VerifierKey.parse), (GO_SKEY, SigningKey.parse)):
        for at, character in enumerate(text):
            with pytest.raises(MalformedKey):
                parse(text[:at] + chr(ord(character) + 1) + text[at + 1 :])
            for part in (text[:at], text[at + 1 :]):
                with pytest.raises(MalformedKey):
                    parse(part)


def test_c2sp_note_verifies() -> None:
    note = SignedNote.parse(C2SP_NOTE.encode())
    note.verify(VerifierKey.parse(C2SP_VKEY))
    assert note.text == "This is an example message.\n"
    assert note.encode() == C2SP_NOTE.encode()


def test_c2sp_note_with_an_empty_line_splits_at_the_last_one() -> None:
    note = SignedNote.parse(EMPTY_LINE_IN_TEXT.encode())
    assert note.text.endswith("\n\ned è subito sera.\n")
    assert len(note.signatures) == 1


def test_c2sp_checkpoint_is_read_and_written_alike() -> None:
    note = SignedNote.parse(C2SP_CHECKPOINT.encode())
    checkpoint = Checkpoint.parse(note.text)
    assert checkpoint.origin == "example.com/behind-the-sofa"
    assert checkpoint.size == 20852163
    assert base64.b64encode(checkpoint.root) == b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    assert checkpoint.body() == note.text


def test_c2sp_checkpoint_of_an_unknown_key_is_not_opened() -> None:
    key = SigningKey.generate("example.com/behind-the-sofa").verifier
    with pytest.raises(SignatureInvalid):
        open_checkpoint(C2SP_CHECKPOINT.encode(), key)
