"""Signed notes, keys and checkpoints: what is refused, and that secrets do not print."""

import base64

import pytest

from hashing.checkpoint import MAX_SIZE, Checkpoint, MalformedCheckpoint, open_checkpoint
from hashing.errors import SignatureInvalid
from hashing.note import (
    MAX_NOTE_BYTES,
    MalformedKey,
    MalformedNote,
    SignedNote,
    SigningKey,
    VerifierKey,
    sign,
)

KEY = SigningKey.generate("bureau/station-1/0a0b0c0d")
TEXT = "a text\n"
LINE = sign(TEXT, [KEY]).decode().removeprefix(TEXT + "\n")
ROOT = base64.b64encode(bytes(32)).decode()

BAD_NOTES = {
    "nothing": "",
    "no signature": TEXT + "\n",
    "no blank line": TEXT + LINE,
    "no newline at the end": TEXT + "\n" + LINE.removesuffix("\n"),
    "carriage return": "a text\r\n\n" + LINE,
    "tab": "a\ttext\n\n" + LINE,
    "hyphen for dash": TEXT + "\n" + LINE.replace("—", "-"),
    "no name": TEXT + "\n— " + LINE.split(" ")[2],
    "plus in name": TEXT + "\n" + LINE.replace("station-1", "station+1"),
    "no-break space in name": TEXT + "\n" + LINE.replace("station-1", "station\u00a01"),
    "no base64": TEXT + "\n— a !!!!\n",
    "short signature": TEXT + "\n— a AAAAAA==\n",
    "base64 with spare bits": TEXT + "\n— a AAAAAAB=\n",
    "url base64": TEXT + "\n— a AAAA__8_AAAA\n",
    "trailing space": TEXT + "\n" + LINE.replace("\n", " \n"),
    "too many signatures": TEXT + "\n" + LINE * 101,
    "too long": "a" * MAX_NOTE_BYTES + "\n\n" + LINE,
}


@pytest.mark.parametrize("note", BAD_NOTES.values(), ids=BAD_NOTES.keys())
def test_malformed_notes_are_refused(note: str) -> None:
    with pytest.raises(MalformedNote):
        SignedNote.parse(note.encode())


def test_a_note_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(MalformedNote):
        SignedNote.parse(b"\xff\n\n" + LINE.encode())


def test_a_note_comes_back() -> None:
    data = sign("one\n\ntwo\n", [KEY, SigningKey.generate("witness")])
    note = SignedNote.parse(data)
    assert bytes(note) == data
    assert note.text == "one\n\ntwo\n"
    note.verify(KEY.verifier)


@pytest.mark.parametrize("text", ["", "no newline", "control\x01\n", "surrogate\ud800\n"])
def test_what_no_note_can_say_is_not_signed(text: str) -> None:
    with pytest.raises(MalformedNote):
        sign(text, [KEY])
    with pytest.raises(MalformedNote):
        sign(TEXT, [])


def test_a_changed_text_does_not_verify() -> None:
    note = SignedNote.parse(("another text\n\n" + LINE).encode())
    with pytest.raises(SignatureInvalid, match="wrong"):
        note.verify(KEY.verifier)


def test_one_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    wrong = sign("another text\n", [KEY]).decode().split("\n\n")[1]
    with pytest.raises(SignatureInvalid, match="wrong"):
        SignedNote.parse((TEXT + "\n" + LINE + wrong).encode()).verify(KEY.verifier)


def test_the_same_name_under_another_key_is_not_signed_by_it() -> None:
    other = SigningKey.generate(KEY.name)
    with pytest.raises(SignatureInvalid, match="not signed"):
        SignedNote.parse((TEXT + "\n" + LINE).encode()).verify(other.verifier)


def test_a_signature_of_the_wrong_length_does_not_verify() -> None:
    packed = KEY.verifier.key_hash.to_bytes(4, "big") + b"short"
    line = f"— {KEY.name} {base64.b64encode(packed).decode()}\n"
    with pytest.raises(SignatureInvalid):
        SignedNote.parse((TEXT + "\n" + line).encode()).verify(KEY.verifier)


def test_a_signing_key_does_not_print_its_secret() -> None:
    secret = KEY.encode().split("+", 4)[4]
    assert secret not in repr(KEY)
    assert secret not in str(KEY)
    assert SigningKey.parse(KEY.encode() + "\n").verifier == KEY.verifier


def test_an_origin_ends_in_the_keys_first_bytes() -> None:
    key = SigningKey.generate_origin("bureau/station-1")
    assert key.name == f"bureau/station-1/{key.verifier.public[:4].hex()}"


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb", "a\x7f\x00", "\ud800"])
def test_bad_key_names_are_refused(name: str) -> None:
    with pytest.raises(MalformedKey):
        SigningKey.generate(name)
    with pytest.raises(MalformedKey):
        VerifierKey.of(name, bytes(32))


@pytest.mark.parametrize(
    "text",
    ["", "a", "a+b", "a+00000000+AQ==", "a+00000000+é", "PRIVATE+KEY+a", "PRIVATE+KEY+a+0+AQ=="],
)
def test_malformed_keys_are_refused(text: str) -> None:
    with pytest.raises(MalformedKey):
        VerifierKey.parse(text)
    with pytest.raises(MalformedKey):
        SigningKey.parse(text)


def test_a_key_hash_in_upper_case_is_refused() -> None:
    key = VerifierKey.of("a", bytes([7]) * 32)
    assert any(character.isalpha() for character in f"{key.key_hash:08x}")
    name, key_hash, data = str(key).split("+", 2)
    with pytest.raises(MalformedKey, match="hash"):
        VerifierKey.parse(f"{name}+{key_hash.upper()}+{data}")


BAD_CHECKPOINTS = {
    "nothing": "",
    "two lines": "a\n1\n",
    "no newline at the end": f"a\n1\n{ROOT}",
    "empty origin": f"\n1\n{ROOT}\n",
    "leading zero": f"a\n01\n{ROOT}\n",
    "sign": f"a\n+1\n{ROOT}\n",
    "negative": f"a\n-1\n{ROOT}\n",
    "digits that are not ASCII": f"a\n１\n{ROOT}\n",
    "too large": f"a\n{MAX_SIZE + 1}\n{ROOT}\n",
    "endless size": f"a\n{'9' * 5000}\n{ROOT}\n",
    "short root": f"a\n1\n{base64.b64encode(bytes(31)).decode()}\n",
    "hexadecimal root": f"a\n1\n{'0' * 64}\n",
    "empty extension": f"a\n1\n{ROOT}\n\nb\n",
}


@pytest.mark.parametrize("text", BAD_CHECKPOINTS.values(), ids=BAD_CHECKPOINTS.keys())
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpoint):
        Checkpoint.parse(text)


def test_a_checkpoint_comes_back() -> None:
    checkpoint = Checkpoint(KEY.name, MAX_SIZE, bytes(range(32)), ("extension 1", "2"))
    assert Checkpoint.parse(checkpoint.body()) == checkpoint
    assert open_checkpoint(sign(checkpoint.body(), [KEY]), KEY.verifier) == checkpoint


def test_a_checkpoint_of_another_origin_is_not_opened() -> None:
    note = sign(Checkpoint("elsewhere", 1, bytes(32)).body(), [KEY])
    with pytest.raises(MalformedCheckpoint):
        open_checkpoint(note, KEY.verifier)
