"""The browser's verifier calculates what the standards say, in a real browser.

FIPS 180-4 and GB/T 32905-2016 examples, RFC 8032 §7.1, and for everything else other
implementations as the oracle: hashlib, OpenSSL (through ``cryptography``), the program's own tree.
"""

import base64
import hashlib
import itertools
import random
from collections.abc import Iterator

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hashing import canonical
from hashing.errors import EvidenceError
from hashing.note import strict_base64
from tests.browser import browser, needs_browser
from tests.logbook import Logbook, leaf, naive_root
from tests.page_verifier import Calculator, RefusedInPage
from tests.tiny_tree import consistency, inclusion

pytestmark = needs_browser

L = 2**252 + 27742317777372353535851937790883648493

DIGESTS = {
    ("sha256", b"abc"): "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ("sha256", b""): "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ("sha256", b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"): (
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    ("sha256", b"a" * 1_000_000): (
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
    ("sha512", b"abc"): (
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    ),
    ("sha384", b"abc"): (
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
        "8086072ba1e7cc2358baeca134c825a7"
    ),
    ("sm3", b"abc"): "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    ("sm3", b"abcd" * 16): "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}

ED25519 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
]
"""RFC 8032 §7.1: TEST 1, 2, 3 and TEST SHA(abc), as public key, message, signature."""

SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    # Not canonical: y is p, p + 1, or the sign of x = 0 is set.
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]
"""The points whose order divides 8, in every spelling."""


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calculator]:
    with browser() as session:
        yield Calculator(session, tmp_path_factory.mktemp("page"))


def test_digests_are_those_of_the_standards(ask: Calculator) -> None:
    for (name, message), wanted in DIGESTS.items():
        assert ask(f"(bytes) => toHex({name}(bytes))", message) == wanted, (name, len(message))


@pytest.mark.parametrize("name", ["sha256", "sm3", "sha384", "sha512"])
def test_digests_of_every_length_are_those_of_openssl(ask: Calculator, name: str) -> None:
    data = random.Random(1).randbytes(300)
    made = ask(
        f"(bytes) => Array.from({{length: 300}}, (_, n) => toHex({name}(bytes.subarray(0, n))))",
        data,
    )
    assert made == [hashlib.new(name, data[:length]).hexdigest() for length in range(300)]


@pytest.mark.parametrize("name", ["sha256", "sm3"])
def test_a_digest_in_pieces_is_that_of_the_whole(ask: Calculator, name: str) -> None:
    chance = random.Random(2)
    pieces = [
        chance.randbytes(chance.choice([0, 1, 63, 64, 65, 127, 200, 5000])) for _ in range(80)
    ]
    make = {"sha256": "newSha256", "sm3": "newSm3"}[name]
    made = ask(
        f"(pieces) => toHex(pieces.reduce((d, p) => d.update(p), {make}()).digest())", pieces
    )
    assert made == hashlib.new(name, b"".join(pieces)).hexdigest()


def test_a_length_beyond_32_bits_is_counted(ask: Calculator) -> None:
    # The state after 6 GiB of zeros is beyond a test's patience; the count at its end is not.
    made = ask(
        "() => { const d = newSha256(); d.length = 2 ** 33 + 5; d.held = 5; d.digest();"
        " return toHex(d.tail.subarray(56, 64)); }"
    )
    assert made == ((2**33 + 5) * 8).to_bytes(8, "big").hex()


def verifies(ask: Calculator, cases: list[tuple[bytes, bytes, bytes]]) -> list[bool]:
    flat = list(itertools.chain.from_iterable(cases))
    made = ask(
        "(flat) => Array.from({length: flat.length / 3}, (_, n) =>"
        " ed25519Verifies(flat[3 * n], flat[3 * n + 1], flat[3 * n + 2]))",
        flat,
    )
    assert isinstance(made, list)
    return made


def openssl_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def test_signatures_of_rfc_8032_hold(ask: Calculator) -> None:
    cases = [tuple(map(bytes.fromhex, case)) for case in ED25519]
    assert verifies(ask, [(k, m, s) for k, m, s in cases]) == [True] * len(cases)
    assert verifies(ask, [(k, m + b"!", s) for k, m, s in cases]) == [False] * len(cases)


def test_every_flipped_bit_of_a_signature_is_refused(ask: Calculator) -> None:
    key, message, signature = map(bytes.fromhex, ED25519[1])
    flipped = [
        signature[:at] + bytes([signature[at] ^ 1 << at % 8]) + signature[at + 1 :]
        for at in range(64)
    ]
    assert not any(verifies(ask, [(key, message, each) for each in flipped]))


def test_s_beyond_the_order_is_refused(ask: Calculator) -> None:
    key, message, signature = map(bytes.fromhex, ED25519[1])
    s = int.from_bytes(signature[32:], "little")
    cases = [
        (key, message, signature[:32] + (s + times * L).to_bytes(32, "little"))
        for times in range(1, 8)
    ]
    assert not any(verifies(ask, cases))
    assert not any(itertools.starmap(openssl_verifies, cases))


def test_signatures_of_another_length_are_refused(ask: Calculator) -> None:
    key, message, signature = map(bytes.fromhex, ED25519[1])
    lengths = [b"", signature[:63], signature + b"\0"]
    assert not any(verifies(ask, [(key, message, each) for each in lengths]))
    assert not any(verifies(ask, [(key[:31], message, signature), (b"", message, signature)]))


def test_points_of_small_order_are_judged_as_openssl_judges_them(ask: Calculator) -> None:
    points = [bytes.fromhex(text) for text in SMALL_ORDER]
    cases = [
        (key, b"message %d" % n, r + bytes(32))
        for key, r, n in itertools.product(points, points, range(3))
    ]
    wanted = list(itertools.starmap(openssl_verifies, cases))
    assert any(wanted)
    assert not all(wanted)
    assert verifies(ask, cases) == wanted


def test_bytes_that_are_no_point_are_refused(ask: Calculator) -> None:
    chance = random.Random(3)
    message, signature = b"m", Ed25519PrivateKey.generate().sign(b"m")
    cases = [(chance.randbytes(32), message, signature) for _ in range(40)]
    assert verifies(ask, cases) == list(itertools.starmap(openssl_verifies, cases))


BASE64 = [
    "",
    "AA==",
    "AB==",
    "AA=",
    "AA",
    "AAA=",
    "AAB=",
    "AAAA",
    "A===",
    "====",
    "AA==AA==",
    "AAAA\n",
    " AAAA",
    "AA_-",
    "AA+/",
    "Zg==",
    "Zm9v",
    "Zm9vYg==",
    "é",
    "AAAAA",
    "=AAA",
]


def test_base64_has_one_spelling(ask: Calculator) -> None:
    made = ask(
        "(texts) => texts.map((t) => { const b = fromBase64(t); return b && toHex(b); })", BASE64
    )
    found = [strict_base64(text) for text in BASE64]
    assert made == [None if each is None else each.hex() for each in found]


def test_random_base64_is_read_alike(ask: Calculator) -> None:
    chance = random.Random(4)
    datas = [chance.randbytes(chance.randrange(60)) for _ in range(100)]
    texts = [base64.b64encode(data).decode() for data in datas]
    assert ask("(texts) => texts.map((t) => toHex(fromBase64(t)))", texts) == [
        d.hex() for d in datas
    ]


JSON = [
    b"{}",
    b'{"a":1}',
    b'{"a":-1}',
    b'{"a":0}',
    b'{"a":-0}',
    b'{"a":01}',
    b'{"a":1.0}',
    b'{"a":1e3}',
    b'{"a":9007199254740991}',
    b'{"a":9007199254740992}',
    b'{"a":-9007199254740991}',
    b'{"a":-9007199254740992}',
    b'{"a":123456789012345678901}',
    b'{"a":+1}',
    b'{"a":.5}',
    b'{"a":true}',
    b'{"a":false}',
    b'{"a":null}',
    b'{"a":True}',
    b'{"a":NaN}',
    b'{"a":}',
    b'{"a":1,"b":2}',
    b'{"b":1,"a":2}',
    b'{"a":1,"a":2}',
    b'{"a":1,}',
    b'{,"a":1}',
    b'{"a" :1}',
    b' {"a":1}',
    b'{"a":1}\n',
    b'{"a":[1,2,{"b":[]}]}',
    b'{"a":[1,]}',
    b'{"a":[,1]}',
    b'{"a":[1 ]}',
    b'{"A":1}',
    b'{"":1}',
    b'{"a-b":1}',
    b'{"a_1":1}',
    b'{"_a":1}',
    b'{"1a":1}',
    b'{"a\\u0062":1}',
    b'{"a":"x"}',
    b'{"a":"\\n"}',
    b'{"a":"\\u000a"}',
    b'{"a":"\\u001f"}',
    b'{"a":"\\u001F"}',
    b'{"a":"\\u0020"}',
    b'{"a":"\\/"}',
    b'{"a":"/"}',
    b'{"a":"\\\\"}',
    b'{"a":"\\""}',
    b'{"a":"\n"}',
    b'{"a":"\\b\\f\\r\\t"}',
    b'{"a":"\\u0008"}',
    b'{"a":"\\ud800"}',
    b'{"a":"\\u4e2d"}',
    b'{"a":"\x7f"}',
    '{"a":"中文"}'.encode(),
    '{"a":"😀"}'.encode(),
    b'{"a":"\xed\xa0\x80"}',
    b'{"a":"\xff"}',
    b'\xef\xbb\xbf{"a":1}',
    b'{"a":"\xef\xbb\xbf"}',
    b"[]",
    b'"a"',
    b"1",
    b"",
    b"{",
    b'{"a',
    b'{"a":"',
    b'{"a":"\\',
    b'{"a":"\\u00',
    b'{"a":[',
    b'{"a":1}}',
    b'{"a":1}{"b":1}',
    b'{"a":{"b":{"c":null}}}',
    b'{"a":' + b"[" * 200 + b"]" * 200 + b"}",
    b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}",
    b'{"constructor":1}',
    b'{"a":tru}',
    b'{"a":1 ,"b":2}',
    b"{'a':1}",
    b'{"a":"\xe2\x80\xa8"}',
]


def accepts_canonical(ask: Calculator, texts: list[bytes]) -> list[bool]:
    made = ask(
        "(texts) => texts.map((bytes) => { try { readCanonical(bytes); return true; }"
        " catch (error) { if (!(error instanceof Malformed)) throw error; return false; } })",
        texts,
    )
    assert isinstance(made, list)
    return made


def is_canonical(data: bytes) -> bool:
    try:
        canonical.decode(data)
    except EvidenceError:
        return False
    return True


def test_canonical_json_is_accepted_where_the_program_accepts_it(ask: Calculator) -> None:
    wanted = [is_canonical(text) for text in JSON]
    found = accepts_canonical(ask, JSON)
    assert [(t, f) for t, f in zip(JSON, found, strict=True)] == list(
        zip(JSON, wanted, strict=True)
    )


def test_entries_with_a_changed_byte_are_accepted_where_the_program_accepts_them(
    ask: Calculator,
) -> None:
    chance = random.Random(5)
    entry = Logbook().entries[0]
    texts = []
    for _ in range(1500):
        at = chance.randrange(len(entry))
        texts.append(
            entry[:at] + bytes([chance.randrange(256)]) + entry[at + chance.choice([0, 1]) :]
        )
    assert accepts_canonical(ask, texts) == [is_canonical(text) for text in texts]


def test_what_is_read_is_what_was_written(ask: Calculator) -> None:
    value = {"a": [1, None, {"b": '\n\u0001\\" 中😀\u2028'}], "n": -9007199254740991, "t": True}
    assert ask("(bytes) => readCanonical(bytes)", canonical.encode(value)) == value


def test_roots_and_proofs_are_those_of_the_rfcs(ask: Calculator) -> None:
    entries = [b"entry %d" % n for n in range(40)]
    leaves = [leaf(entry) for entry in entries]
    roots = ask(
        "(entries) => entries.map((_, n) => toHex(rootOf(entries.slice(0, n).map(leafHash))))",
        entries,
    )
    assert roots == [naive_root(leaves[:size]).hex() for size in range(40)]
    for size in (1, 2, 3, 7, 8, 20, 33, 40):
        root = naive_root(leaves[:size])
        for index in range(size):
            proof = inclusion(index, leaves[:size])
            made = ask(
                "(l, i, n, p) => { const r = inclusionRoot(l, i, n, p); return r && toHex(r); }",
                leaves[index], index, size, proof,
            )  # fmt: skip
            assert made == root.hex(), (index, size)


CONSISTENT = "(s1, r1, s2, r2, proof) => isConsistent(s1, r1, s2, r2, proof)"


def test_consistency_proofs_hold_and_changed_ones_do_not(ask: Calculator) -> None:
    leaves = [leaf(b"entry %d" % n) for n in range(21)]
    for size in (1, 2, 8, 13, 21):
        root = naive_root(leaves[:size])
        for old in range(1, size + 1):
            old_root = naive_root(leaves[:old])
            proof = consistency(old, leaves[:size])
            assert ask(CONSISTENT, old, old_root, size, root, proof), (old, size)
            assert not ask(CONSISTENT, old, bytes(32), size, root, proof)
            assert not ask(CONSISTENT, old, old_root, size, bytes(32), proof)
            assert not ask(CONSISTENT, old, old_root, size, root, [*proof, bytes(32)])
            if proof:
                assert not ask(CONSISTENT, old, old_root, size, root, proof[:-1])
                assert not ask(CONSISTENT, old, old_root, size, root, [bytes(32), *proof[1:]])
    assert not ask(CONSISTENT, 0, naive_root([]), 5, naive_root(leaves[:5]), [])


def test_an_index_beyond_the_tree_has_no_proof(ask: Calculator) -> None:
    made = ask("(l) => [inclusionRoot(l, 5, 5, []), inclusionRoot(l, 0, 1, [l])]", leaf(b"x"))
    assert made == [None, None]


def test_numbers_beyond_32_bits_are_halved_rightly(ask: Calculator) -> None:
    size, index = 2**40 + 1, 2**40
    node = leaf(b"last")
    left = leaf(b"left")
    root = hashlib.sha256(b"\x01" + left + node).hexdigest()
    assert (
        ask("(l, i, n, p) => toHex(inclusionRoot(l, i, n, p))", node, index, size, [left]) == root
    )


@pytest.mark.parametrize(
    ("index", "width", "name"),
    [
        (0, 256, "000"),
        (5, 3, "005.p/3"),
        (1234067, 256, "x001/x234/067"),
        (1000, 1, "x001/000.p/1"),
    ],
)
def test_names_of_tiles(ask: Calculator, index: int, width: int, name: str) -> None:
    assert ask("indexPath", index, width) == name


def test_a_mistyped_key_is_refused(ask: Calculator) -> None:
    key = str(Logbook().key.verifier)
    assert ask("(text) => readKey(text).text", key) == key
    for text in (
        "",
        "a",
        key[:-1],
        key.replace("+", " "),
        key.replace("bureau", "bureao"),
        key + "\n",
    ):
        with pytest.raises(RefusedInPage):
            ask("readKey", text)
