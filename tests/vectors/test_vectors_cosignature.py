"""Examples of C2SP tlog-cosignature and of the Go implementations, and its messages by hand."""

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from hashing.checkpoint import Checkpoint
from hashing.cosignature import (
    CosignatureType,
    CosignerKey,
    CosigningKey,
    cosignatures,
    cosigned_message,
    parse_vkey,
)
from hashing.note import MalformedKey, SignedNote, VerifierKey

C2SP_CHECKPOINT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
)
C2SP_COSIGNED = C2SP_CHECKPOINT + (
    "\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2"
    "q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2o"
    "yin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
C2SP_MESSAGE = (
    "cosignature/v1\n"
    "time 1679315147\n"
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
)
GO_ED25519 = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
GO_ML_DSA_44 = (
    "test+5893dc2c+BtMcFiao6ZOdU6LZ40tLKbsWpDOU8smRapXBIYI3lXyESm62to+/AeDuWOEtbwUNVzrC9FacZ1q+gX"
    "ES2hAhp5/C1TPwTiO/G+T9x0iAb8gSGkGwsbDJXmQMhsFM+Ub3tB5Fdujz4o7DF3NqCCUMC1zsD7jMyy9BTCFi6Av1I/"
    "ZDRQxJJOKFt31l0cJY6OHFcUGMSGSHcGEo839UikbMBlArWRgYk/Ve4aqW0pRl7G46Qk39pu/yFYwhk3gMYMkush5NKQ"
    "o7EbvhnHvUlQWK27t2VsIbH2p/l9i73UDtEmHeqIMcqtwhCnFoqT6S7cL9/p7NLwxD1gICM0gCZIi3KrbnMFok+5uovB"
    "brF9vISSXX67R1nprdjiE0MGAwZ3Prtt0ah2xchT5I1WgmUGSA0B1cnEDXWneUaA0axw/TQ47x88+jfKIN0kn8rg5bnc"
    "I5q71hV2mF1n2xuE4G+WOdBRjMVGLWlt1rZcCh8IredoZe3SxWKx7amrLo00lFN8QL8TAw1bvDiFYRqyAZE4Z5M77H8O"
    "mAR2QahuZA+d8Q1SXmTdDtOu1RRXtHq54Nm3d2SbQl48UE7BsWvu7YdqGEti5EpTX3oMVmnnjj0FRH2QjlnpaRn5bE8t"
    "iblhL31f6KRz37E9lqIUoLuE19OQ+yYOj2B6avwEY6xWq5SrOOhENQKAODXTjacDYVL4Z1hsJA9+7qbFH5S3JjMCs4VF"
    "tZHOa4tkxbpO94lfPNnhqDnuFb5xm7sT51/In+xn0vAyCoaaIpm/rwG0nRFZmR6bafSPBJXcnrocdPy86sQ/C3ma7ldB"
    "yWwsHuEm8YTNABAqn6hNICNECFuoV8EBwnA0BVkhClyjTkPSnyB1CAUEkzQwd/SW7VgjDoI9r6k4ot1oaxD9ZudZor73"
    "09jhMIbQhE1ODPMDxFM2B5XvhlJ6nl6r0JUI/q2uLnZGyzKDMGnL+T+uGDN+AvBrg4kyHEM1X39Dkr1XpJIMRlROY+Ga"
    "yJliTQ8eEdZ1yug5C0JGHJ9bEQu/L2Zf084+/+4BAUrrJ4JtmShbYulaDmMVjm72Osu5a9ld7KeZ2hn5uK9yhiUJqeBD"
    "GGLmqqZbbUwIRa9OWZoQVU+dCt2ust5migCq69O3H+83U2YKBj9r3QLv6FG/crj3IUrKagKIqv5fT71eeCEmSmdAGqVP"
    "+5hxBQMBcISqp+9rqDsS1NLba2YuUWYgFDlQ7Xq915t+d3N5ouHNWJHs1/2V0ZNsSvID1p73sUWVJlh2M4/B8/QT1uvt"
    "eCPc+yycsJM80Xaomwv9KTfUpyNn60R860zr+Va432W8v5urT1Teu6QCTWKdq3ivhyYREBLvka07jb7SlIees2PKDfvi"
    "bKBBanF/EmorgkdPIagG/88kT9GtXtOIQp/HJLw3Ej5QPwEgrLYZ0YY6t53ZC6BmjDt0eSEShPmqte74KC7Qgo2hvA3g"
    "rqp03vA7RG3cMCmtn/k0PH9ZY4ytTF7eozJCRim9AWa0HudpkGKbv3ijxrkBBhAGTCGQe96Tt5nBiKatheV3z4i2o4Tt"
    "oRC6SEQZUEnWLszXOWtghhfe/V7QqB8jfMLxHW2qkueUkTz2IatYI+2hlkyTQRIKGPjKrnF8qAKz5/PZcoaL6pBaWcps"
    "UEcpwQs6/aT0tmB2UGZNzrj02lREEgGajjuqHMH/rwmqIQTV38KohBniPDkDV9jdIyU1HVlm5dElah29WMC+RWC6bN2G"
    "bOvn1+s6iQwNNLUGU="
)
GO_LOG = "sigsum.org+e4ade967+AZuUY6B08pW3QVHu8uvsrxWPcAv9nykap2Nb4oxCee+r"
SEED = bytes(range(32))


def test_c2sp_example_carries_the_time_that_the_text_names() -> None:
    note = SignedNote.parse(C2SP_COSIGNED.encode())
    log, witness = note.signatures
    assert (log.name, len(log.data)) == ("example.com/behind-the-sofa", 64)
    assert (witness.name, len(witness.data)) == ("witness.example.com/w1", 72)
    time_s = int.from_bytes(witness.data[:8], "big")
    assert time_s == 1679315147
    made = cosigned_message(CosignatureType.ED25519, witness.name, note.text, time_s)
    assert made == C2SP_MESSAGE.encode()


def test_a_go_vkey_is_read_and_written_alike() -> None:
    key = parse_vkey(GO_ED25519)
    assert isinstance(key, CosignerKey)
    assert (key.kind, str(key)) == (CosignatureType.ED25519, GO_ED25519)


def test_the_hash_of_an_ml_dsa_44_key_is_the_one_of_the_specification() -> None:
    """The key of Go's own test, where the hash in front of it is another and is not compared."""
    _, stale, data = GO_ML_DSA_44.split("+", 2)
    material = base64.b64decode(data)
    digest = hashlib.sha256(b"test\n\x06" + material[1:]).hexdigest()[:8]
    text = f"test+{digest}+{data}"
    key = parse_vkey(text)
    assert isinstance(key, CosignerKey)
    assert (key.kind, str(key)) == (CosignatureType.ML_DSA_44, text)
    with pytest.raises(MalformedKey):
        parse_vkey(text.replace(digest, stale))


def test_a_vkey_of_a_log_is_typed_as_one() -> None:
    key = parse_vkey(GO_LOG)
    assert isinstance(key, VerifierKey)
    with pytest.raises(MalformedKey):
        CosignerKey.parse(GO_LOG)


def test_every_mangling_of_go_vkeys_is_refused() -> None:
    for text in (GO_ED25519, GO_LOG):
        for at, character in enumerate(text):
            for changed in (chr(ord(character) + 1), ""):
                with pytest.raises(MalformedKey):
                    parse_vkey(text[:at] + changed + text[at + 1 :])


def test_the_message_of_ml_dsa_44_is_the_structure_of_the_specification() -> None:
    body = Checkpoint("example.com/log", 300, b"\xaa" * 32, ("extension",)).body()
    made = cosigned_message(CosignatureType.ML_DSA_44, "witness.example/w", body, 0x0102030405)
    expected = (
        b"subtree/v1\n\0"
        b"\x11witness.example/w"
        b"\0\0\0\x01\x02\x03\x04\x05"
        b"\x0fexample.com/log"
        b"\0\0\0\0\0\0\0\0"
        b"\0\0\0\0\0\0\x01\x2c" + b"\xaa" * 32
    )
    assert made == expected


def test_ml_dsa_44_signs_that_message_with_an_empty_context() -> None:
    key = CosigningKey("witness.example/w", MLDSA44PrivateKey.from_seed_bytes(SEED))
    line = key.cosign(C2SP_CHECKPOINT, 1679315147)
    assert len(line.data) == 8 + 2420
    message = cosigned_message(CosignatureType.ML_DSA_44, key.name, C2SP_CHECKPOINT, 1679315147)
    MLDSA44PublicKey.from_public_bytes(key.verifier.public).verify(line.data[8:], message)


def test_openssl_verifies_an_ed25519_cosignature(tmp_path: Path) -> None:
    key = CosigningKey("witness.example/w", Ed25519PrivateKey.from_private_bytes(SEED))
    line = key.cosign(C2SP_CHECKPOINT, 1679315147)
    (tmp_path / "message").write_text(C2SP_MESSAGE, "utf-8")
    (tmp_path / "signature").write_bytes(base64.b64decode(str(line).split(" ")[2])[12:])
    public = bytes.fromhex("302a300506032b6570032100") + key.verifier.public
    (tmp_path / "public.der").write_bytes(public)
    command = (
        "openssl pkeyutl -verify -pubin -keyform DER -inkey public.der -rawin"
        " -in message -sigfile signature"
    )
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_a_cosigned_note_keeps_the_logs_own_line() -> None:
    key = CosigningKey("witness.example/w", Ed25519PrivateKey.from_private_bytes(SEED))
    line = key.cosign(C2SP_CHECKPOINT, 1679315147)
    note = SignedNote.parse(C2SP_COSIGNED.encode() + str(line).encode())
    [made] = cosignatures(note, [key.verifier])
    assert (made.time_s, made.line) == (1679315147, line)
