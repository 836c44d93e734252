"""Whatever bytes come as a token: a typed error, or a token that says what was signed."""

import functools
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hashing import der
from hashing.errors import EvidenceError
from hashing.timestamp import Imprint, Judgement, Request, Token, read_roots, verify
from tests.tsa import Authority

MESSAGE = b"example/station-1/03a107bf\n3\noAA7ZJ7dp0qIQaGfRzUX4CgfWQ4Cd3hHJgNp3QogNa8=\n"


@functools.cache
def real() -> tuple[bytes, bytes]:
    """An answer of a real authority, and its roots."""
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        answer = authority.answer(Request(Imprint.SHA256, MESSAGE, 7).encode())
        return answer, authority.roots_file.read_bytes()


def judged(data: bytes) -> None:
    """Nothing but typed errors, and a verified token says what the real one says."""
    answer, pem = real()
    try:
        token = Token.read(data)
        token.expires_us()
        judgement = verify(token, MESSAGE, read_roots(pem))
    except EvidenceError:
        return
    if judgement is Judgement.VERIFIED:
        assert token.info == Token.read(answer).info


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    judged(data)


@settings(max_examples=300)
@given(st.data())
def test_changed_answers(data: st.DataObject) -> None:
    """Bytes of a real answer replaced, removed, repeated or inserted."""
    changed = bytearray(real()[0])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 1))
        length = data.draw(st.integers(0, 8))
        changed[place : place + length] = data.draw(st.binary(max_size=8))
    judged(bytes(changed))


@settings(max_examples=200)
@given(st.data())
def test_changed_elements(data: st.DataObject) -> None:
    """One element of a real answer replaced, with every length around it made right again."""
    element = der.Element.whole(real()[0], der.SEQUENCE)
    judged(_changed(element, data))


def _changed(element: der.Element, data: st.DataObject) -> bytes:
    constructed = bool(element.tag & 0x20)
    children = list(element.children()) if constructed else []
    deeper = data.draw(st.integers(0, 5)) > 0
    if children and deeper:
        chosen = data.draw(st.integers(0, len(children) - 1))
        parts = [child.raw for child in children]
        parts[chosen] = _changed(children[chosen], data)
        return der.encode(element.tag, *parts)
    match data.draw(st.integers(0, 3)):
        case 0:
            return b""
        case 1:
            return element.raw * 2
        case 2:
            return der.encode(data.draw(st.sampled_from([2, 4, 5, 6, 24, 48, 49, 160])), b"")
        case _:
            return der.encode(element.tag, data.draw(st.binary(max_size=40)))


@given(st.integers(0, 1 << 70))
def test_integers_round_trip(value: int) -> None:
    assert der.Element.whole(der.encode_integer(value), der.INTEGER).integer() == value


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 1 << 40), max_size=8))
def test_object_identifiers_round_trip(first: int, second: int, rest: list[int]) -> None:
    text = ".".join(map(str, (first, second, *rest)))
    element = der.Element.whole(der.encode_oid(text), der.OBJECT_IDENTIFIER)
    assert element.oid() == text
