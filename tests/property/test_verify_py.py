"""Garbage in, findings out: the portable verifier never raises, and misses no changed bit."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.export.verifiers import verify
from hashing import canonical
from hashing.canonical import NotCanonical
from hashing.note import SigningKey
from tests.archives import dock, new_site
from tests.engine_sources import MemorySource, noise
from tests.logbook import Logbook
from tests.stub_recorder import StubRecorder

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
NAMES = st.from_regex("[a-z][a-z0-9_]{0,5}", fullmatch=True) | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4)
)


def is_canonical(raw: bytes) -> bool:
    try:
        verify.canonical(raw)
    except verify.Refused:
        return False
    return True


def is_canonical_to_the_program(raw: bytes) -> bool:
    try:
        canonical.decode(raw)
    except NotCanonical:
        return False
    return True


@given(value=st.dictionaries(NAMES, VALUES, max_size=4), sort=st.booleans())
def test_both_readers_accept_the_same_spellings(value: dict[str, Any], sort: bool) -> None:
    text = json.dumps(value, sort_keys=sort, separators=(",", ":"), ensure_ascii=False)
    raw = text.encode("utf-8", "surrogatepass")
    assert is_canonical(raw) is is_canonical_to_the_program(raw)


SPELLINGS = [
    b"{}", b"", b" {}", b"{} ", b"{}\n", b"\xef\xbb\xbf{}", b"[]", b'"a"', b"1", b"null", b"{",
    b'{"a":1}', b'{"a": 1}', b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'{"a":1,"b":1}', b'{"A":1}',
    b'{"":1}', b'{"1a":1}', b'{"a-b":1}', b'{"\xc3\xa9":1}',
    b'{"a":1.0}', b'{"a":1.5}', b'{"a":1e3}', b'{"a":1E3}', b'{"a":-0}', b'{"a":-0.0}', b'{"a":01}',
    b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":9007199254740991}',
    b'{"a":-9007199254740991}', b'{"a":9007199254740992}', b'{"a":-9007199254740992}',
    b'{"a":123456789012345678901234567890}', b'{"a":' + b"9" * 5000 + b"}",
    b'{"a":"\\u0041"}', b'{"a":"\\/"}', b'{"a":"/"}', b'{"a":"\\u001f"}', b'{"a":"\\u001F"}',
    b'{"a":"\\u0008"}', b'{"a":"\\b"}', b'{"a":"\x7f"}', b'{"a":"\\u007f"}', b'{"a":"\x01"}',
    b'{"a":"\\ud800"}', b'{"a":"\\ud83d\\ude00"}', '{"a":"😀"}'.encode(), b'{"a":"\xed\xa0\x80"}',
    b'{"a":"\xff"}', b'{"a":"\xc0\x80"}', '{"a":"\u2028"}'.encode(), b'{"a":true,"b":false}',
    b'{"a":True}', b'{"a":[1,2,[3,{"b":null}]]}', b'{"a":[{"B":1}]}', b'{"a":[1.5]}',
    b'{"a":"x"}{"a":"x"}', b"{'a':1}", b'{"a":1,}', b"{\"a\":[" + b"[" * 5000 + b"]" * 5000 + b"]}",
]  # fmt: skip


@pytest.mark.parametrize("raw", SPELLINGS, ids=lambda raw: repr(raw[:30]))
def test_they_agree_on_chosen_spellings(raw: bytes) -> None:
    assert is_canonical(raw) is is_canonical_to_the_program(raw)


BOOK = Logbook().fill(2)
BOOK.rotate()
BOOK.fill(5)
FILES = {**BOOK.files()}
KEY = str(BOOK.first_key.verifier)


def question(key: str | None = KEY) -> verify.Question:
    return verify.Question(
        verify.Key.parse(key) if key else None, [], ("sha256", "sm3"), False, 1, lambda _: None
    )


def lay(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz") / "log"
    lay(folder, FILES)
    assert verify.verify(str(folder), question()).exit_code == 0
    return folder


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(st.data())
def test_every_changed_bit_of_a_log_is_found(log: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FILES)))
    at = data.draw(st.integers(0, len(FILES[name]) * 8 - 1))
    changed = bytearray(FILES[name])
    changed[at // 8] ^= 1 << at % 8
    lay(log, {**FILES, name: bytes(changed)})
    run = verify.verify(str(log), question())
    lay(log, FILES)
    assert not run.ok


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(st.data())
def test_garbage_in_any_file_of_a_log_is_a_finding(log: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FILES)))
    whole = FILES[name]
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    changed = whole[:start] + data.draw(st.binary(max_size=80)) + whole[end:]
    lay(log, {**FILES, name: changed})
    run = verify.verify(str(log), question(data.draw(st.sampled_from([KEY, None]))))
    lay(log, FILES)
    assert run.ok is (changed == whole)
    assert list(verify.text_lines(run, "zh"))
    assert list(verify.json_lines(run))


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_reader_lets_anything_else_out(raw: bytes) -> None:
    for reader in READERS:
        sentence = refusal(reader, raw)
        assert sentence is None or sentence.isprintable()


READERS: tuple[Callable[[bytes], object], ...] = (
    verify.canonical,
    verify.read_entry,
    verify.Note.parse,
    verify.Checkpoint.parse,
    verify.known_checkpoint,
    lambda data: verify.Key.parse(data.decode("latin-1")),
)


def refusal(reader: Callable[[bytes], object], raw: bytes) -> str | None:
    """What a reader has against bytes; any other exception fails the test."""
    try:
        reader(raw)
    except verify.Refused as why:
        return verify.say(verify.DETAILS[why.message], "en", why.values)
    return None


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    site = new_site(tmp_path_factory.mktemp("fuzz") / "site")
    with site.open() as opened:
        dock(opened, StubRecorder({b"a.mp4": MemorySource(noise(700))}))
    yield site.root, str(site.key)
    shutil.rmtree(site.folder)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(st.integers(0, 700 * 8 - 1))
def test_every_changed_bit_of_an_object_is_found(archive: tuple[Path, str], at: int) -> None:
    root, key = archive
    [path] = (each for each in (root / "objects").rglob("*") if each.is_file())
    honest = path.read_bytes()
    changed = bytearray(honest)
    changed[at // 8] ^= 1 << at % 8
    path.write_bytes(bytes(changed))
    run = verify.verify(str(root), question(key))
    path.write_bytes(honest)
    assert [finding.code for finding in run.findings] == ["DIGEST_MISMATCH"]


def test_every_sentence_has_both_languages_and_the_same_values() -> None:
    tables = (verify.CHECKS, verify.MEANINGS, verify.DETAILS, verify.NOT_CHECKED, verify.PHRASES)
    for table in tables:
        for zh, en in table.values():
            assert zh
            assert en
            assert set(_fields(zh)) == set(_fields(en)), (zh, en)
    assert set(verify.MEANINGS) == set(verify.EXIT_CODES)


def _fields(template: str) -> Iterator[str]:
    return (part.partition("}")[0] for part in template.split("{")[1:])


def test_a_name_cannot_paint_the_terminal() -> None:
    shown = verify.printable("a\x1b[31m\u202eb\r\n" + "x" * 1000)
    assert "\x1b" not in shown
    assert shown.isprintable()
    assert len(shown) < 400


def test_another_signing_key_is_refused_as_a_pinned_one() -> None:
    other = SigningKey.generate(BOOK.origin)
    with pytest.raises(verify.Refused):
        verify.Key.parse(str(other.verifier)[:-2] + "A=")
