"""Trust policies: what a file says, which witnesses satisfy it, and which files are refused."""

import itertools

import pytest

from hashing.checkpoint import Checkpoint
from hashing.cosignature import CosignatureType, CosignerKey, CosigningKey
from hashing.errors import SignatureInvalid
from hashing.note import Signature, SignedNote, SigningKey, VerifierKey, sign
from hashing.policy import MalformedPolicy, Policy

LOG = SigningKey.generate("bureau/station-1/0a0b0c0d")
X1, X2, X3, Y1, Y2 = KEYS = tuple(CosigningKey.generate(f"w.example/{n}") for n in range(5))
QUANTUM = CosigningKey.generate("w.example/q", CosignatureType.ML_DSA_44)
RENAMED = CosignerKey.of("other.example", CosignatureType.ED25519, X1.verifier.public)

EXAMPLE = f"""
# a station and five witnesses
log {LOG.verifier} https://station.example/log

witness X1 {X1.verifier}
witness X2 {X2.verifier}\thttps://x2.example/
  witness\tX3   {X3.verifier}\t
group X-witnesses 2 X1 X2 X3

witness Y1 {Y1.verifier}
witness Y2 {Y2.verifier}
group Y-witnesses any Y1 Y2

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def keys(*which: CosigningKey) -> set[CosignerKey]:
    return {key.verifier for key in which}


def test_the_example_of_the_specification() -> None:
    policy = Policy.parse(EXAMPLE.encode())
    assert [log.key for log in policy.logs] == [LOG.verifier]
    assert policy.logs[0].url == "https://station.example/log"
    assert [witness.url for witness in policy.witnesses][:3] == [None, "https://x2.example/", None]
    assert policy.log_keys(LOG.name) == (LOG.verifier,)
    assert policy.log_keys("bureau/station-2/0a0b0c0d") == ()
    for size in range(6):
        for which in itertools.combinations(KEYS, size):
            enough = len({X1, X2, X3} & set(which)) >= 2 and bool({Y1, Y2} & set(which))
            assert policy.satisfied_by(keys(*which)) == enough


def test_a_quorum_of_one_and_of_none() -> None:
    one = Policy.parse(f"witness w {QUANTUM.verifier}\nquorum w\n".encode())
    assert not one.satisfied_by(())
    assert one.satisfied_by(keys(QUANTUM))
    assert Policy.parse(b"quorum none\n").satisfied_by(())
    late = Policy.parse(f"quorum none\nwitness w {X1.verifier}\n".encode())
    assert late.witness_keys == (X1.verifier,)


def test_a_key_counts_by_itself_and_not_by_its_name() -> None:
    policy = Policy.parse(f"witness w {X1.verifier}\nquorum w\n".encode())
    assert not policy.satisfied_by([RENAMED])


def test_names_are_bytes() -> None:
    latin, utf8 = "é".encode("latin-1"), "é".encode()
    lines = (
        b"witness " + name + f" {key.verifier}\n".encode()
        for name, key in [(latin, X1), (utf8, X2)]
    )
    policy = Policy.parse(b"".join(lines) + b"group g all " + latin + b" " + utf8 + b"\nquorum g\n")
    assert policy.satisfied_by(keys(X1, X2))
    assert not policy.satisfied_by(keys(X1))


def test_cosignatures_by_known_witnesses_only() -> None:
    policy = Policy.parse(EXAMPLE.encode())
    body = Checkpoint(LOG.name, 3, b"\x11" * 32).body()
    signed = SignedNote.parse(sign(body, [LOG]))
    stranger = CosigningKey.generate("w.example/0")
    lines = [key.cosign(body, 1_790_000_000) for key in (X1, stranger, Y1)]
    note = SignedNote(signed.text, (*signed.signatures, *lines))
    assert [made.key for made in policy.cosignatures(note)] == [X1.verifier, Y1.verifier]
    wrong = Signature(X2.name, X2.verifier.key_hash, lines[0].data)
    with pytest.raises(SignatureInvalid):
        policy.cosignatures(SignedNote(note.text, (*note.signatures, wrong)))


def test_log_keys_may_be_of_ml_dsa_44_and_then_are_not_ours() -> None:
    policy = Policy.parse(f"log {QUANTUM.verifier}\nquorum none\n".encode())
    assert policy.logs[0].key == QUANTUM.verifier
    assert policy.log_keys(QUANTUM.name) == ()
    assert isinstance(VerifierKey.parse(str(LOG.verifier)), VerifierKey)


W1, W2 = (f"witness w{n} {key.verifier}\n" for n, key in ((1, X1), (2, X2)))
BAD = {
    "nothing": ("", 0),
    "no quorum": (W1, 1),
    "two quorums": ("quorum none\nquorum none\n", 2),
    "quorum of nothing": ("quorum\n", 1),
    "quorum of two": (W1 + W2 + "quorum w1 w2\n", 3),
    "quorum of a stranger": ("quorum w\n", 1),
    "quorum before its witness": ("quorum w1\n" + W1, 1),
    "unknown word": ("quorum none\npolicy x\n", 2),
    "no newline at the end": ("quorum none", 1),
    "carriage return": ("quorum none\r\n", 1),
    "null byte": ("#\0\nquorum none\n", 1),
    "delete": ("# \x7f\nquorum none\n", 1),
    "witness without key": ("witness w\nquorum none\n", 1),
    "witness with two urls": (W1[:-1] + " a b\nquorum none\n", 1),
    "witness with a log's key": (f"witness w {LOG.verifier}\nquorum none\n", 1),
    "log without key": ("log\nquorum none\n", 1),
    "log with a witness's key": (f"log {X1.verifier}\nquorum none\n", 1),
    "log twice": (f"log {LOG.verifier}\nlog {LOG.verifier}\nquorum none\n", 2),
    "witness key twice": (W1 + f"witness w2 {X1.verifier}\nquorum none\n", 2),
    "witness key under another name": (W1 + f"witness w2 {RENAMED}\nquorum none\n", 2),
    "witness name twice": (W1 + f"witness w1 {X2.verifier}\nquorum none\n", 2),
    "witness called none": (f"witness none {X1.verifier}\nquorum none\n", 1),
    "group called none": (W1 + "group none 1 w1\nquorum none\n", 2),
    "group with the name of a witness": (W1 + "group w1 1 w1\nquorum none\n", 2),
    "group of nobody": (W1 + "group g all\nquorum none\n", 2),
    "group of none": ("group g all none\nquorum none\n", 1),
    "group of a later witness": ("group g all w1\n" + W1 + "quorum none\n", 1),
    "group of itself": ("group g all g\nquorum none\n", 1),
    "member twice": (W1 + W2 + "group g 1 w1 w1\nquorum none\n", 3),
    "member of two groups": (W1 + "group g 1 w1\ngroup h 1 w1\nquorum none\n", 3),
    "threshold above its members": (W1 + "group g 2 w1\nquorum g\n", 2),
    "threshold of zero": (W1 + "group g 0 w1\nquorum g\n", 2),
    "threshold with a sign": (W1 + "group g -1 w1\nquorum g\n", 2),
    "threshold with a leading zero": (W1 + "group g 01 w1\nquorum g\n", 2),
    "threshold in other digits": (W1 + "group g ١ w1\nquorum g\n", 2),
    "key in loose base64": (W1.replace("\n", "=\n") + "quorum none\n", 1),
    "key of another hash": (
        W1.replace(f"{X1.verifier.key_hash:08x}", "00000000") + "quorum none\n",
        1,
    ),
}


@pytest.mark.parametrize(("text", "line"), BAD.values(), ids=BAD)
def test_malformed_policies_are_refused_at_their_line(text: str, line: int) -> None:
    with pytest.raises(MalformedPolicy, match=f"^line {line}: "):
        Policy.parse(text.encode())


def test_a_policy_too_long_is_refused() -> None:
    for data in (b"#" * (1 << 20) + b"\n", b"\n" * 5000):
        with pytest.raises(MalformedPolicy):
            Policy.parse(data + b"quorum none\n")


def test_as_many_as_the_specification_recommends() -> None:
    many = [CosigningKey.generate(f"w.example/{n}") for n in range(64)]
    lines = [f"log {SigningKey.generate(f'log.example/{n}').verifier}\n" for n in range(32)]
    lines += [f"witness w{n} {key.verifier}\n" for n, key in enumerate(many)]
    lines += [f"group g{n} 1 w{n}\n" for n in range(32)]
    text = "".join(lines) + "group all all " + " ".join(f"g{n}" for n in range(32))
    policy = Policy.parse(f"{text}\nquorum all\n".encode())
    assert policy.satisfied_by(keys(*many[:32]))
    assert not policy.satisfied_by(keys(*many[1:]))
