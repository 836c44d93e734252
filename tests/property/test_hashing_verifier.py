"""No damage to a log goes unseen, and none makes the verifier stumble."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hashing.canonical import decode, encode
from hashing.entry import Entry, parse
from hashing.note import sign
from hashing.verifier import verify_log
from tests.logbook import Logbook, MemoryLog, bundle
from tests.tiny_verifier import accepts

BOOK = Logbook().fill(300)
BOOK.rotate()
BOOK.fill(530)
FILES = BOOK.files()
PINNED = BOOK.first_key.verifier
NAMES = sorted(FILES)


@given(st.sampled_from(NAMES), st.data())
@settings(deadline=None, max_examples=150)
def test_any_flipped_bit_in_any_file_is_found(name: str, data: st.DataObject) -> None:
    changed = bytearray(FILES[name])
    bit = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    assert not verify_log(MemoryLog(FILES | {name: bytes(changed)}), PINNED).ok


@given(st.integers(1, 600), st.integers(0, 600), st.data())
@settings(deadline=None, max_examples=40)
def test_both_verifiers_accept_every_honest_log(
    size: int, rotation: int, data: st.DataObject
) -> None:
    book = Logbook().fill(min(rotation, size))
    book.rotate()
    book.fill(size)
    assert verify_log(book.source(), book.first_key.verifier).findings == ()
    files = book.files()
    assert accepts(files, str(book.first_key.verifier))
    name = data.draw(st.sampled_from(sorted(files)))
    at = data.draw(st.integers(0, len(files[name]) - 1))
    files[name] = files[name][:at] + bytes([files[name][at] ^ 4]) + files[name][at + 1 :]
    assert not accepts(files, str(book.first_key.verifier))
    assert not verify_log(MemoryLog(files), book.first_key.verifier).ok


@given(st.sampled_from(NAMES), st.data())
@settings(deadline=None, max_examples=100)
def test_any_file_cut_short_is_found(name: str, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(FILES[name]) - 1))
    assert not verify_log(MemoryLog(FILES | {name: FILES[name][:end]}), PINNED).ok


@given(st.sampled_from(NAMES), st.binary(max_size=400))
@settings(deadline=None, max_examples=100)
def test_any_file_of_garbage_is_found(name: str, garbage: bytes) -> None:
    assert not verify_log(MemoryLog(FILES | {name: garbage}), PINNED).ok


@given(st.permutations(range(250, 262)))
@settings(deadline=None, max_examples=60)
def test_any_other_order_is_found(order: list[int]) -> None:
    entries = list(BOOK.entries)
    entries[250:262] = [BOOK.entries[at] for at in order]
    files = FILES | {
        "tile/entries/000": bundle(entries[:256]),
        "tile/entries/001": bundle(entries[256:512]),
    }
    assert verify_log(MemoryLog(files), PINNED).ok == (order == sorted(order))


@given(st.sets(st.integers(0, len(BOOK.entries) - 1), min_size=1, max_size=40))
@settings(deadline=None, max_examples=60)
def test_every_removed_entry_is_named_and_no_other(removed: set[int]) -> None:
    kept = [e for at, e in enumerate(BOOK.entries) if at not in removed]
    files = dict(FILES)
    for index, name in enumerate(("tile/entries/000", "tile/entries/001", "tile/entries/002.p/18")):
        part = range(index * 256, min(index * 256 + 256, len(BOOK.entries)))
        files[name] = bundle([BOOK.entries[at] for at in part if at not in removed])
    assert len(kept) < len(BOOK.entries)
    verdict = verify_log(MemoryLog(files), PINNED)
    named: set[int] = set()
    for finding in verdict.findings:
        if finding.check == 4:
            assert finding.detail.startswith("removed")
            numbers = [int(word) for word in finding.subject.split() if word.isdigit()]
            named |= set(range(numbers[0], numbers[-1] + 1))
    assert named == removed


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text("abc", max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("a"), inner),
    max_leaves=5,
)
fields = sorted(decode(BOOK.entries[0]))


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from([*fields, "previous_vkey", "succeeds"]), values, max_size=3
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["key", "undock", "ingest", "config", "teleport"]),
)
@settings(deadline=None, max_examples=150)
def test_any_signed_entries(changes: list[dict[str, object]], act: str) -> None:
    book = Logbook()
    for change in changes:
        fields = decode(book.entries[0]) | {"act": act, "seq": len(book.entries)}
        book.entries.append(encode(fields | {"prev": book.prev} | change))
    seen: list[Entry] = []
    verify_log(book.source(), book.key.verifier, on_entry=seen.append, check_bodies=True)
    assert all(parse(entry.raw) == entry for entry in seen)


@given(st.text(max_size=100))
@settings(deadline=None)
def test_any_signed_text_as_a_checkpoint(text: str) -> None:
    body = "".join(c for c in text if c >= " " or c == "\n").encode("utf-8", "ignore").decode()
    files = FILES | {"checkpoint": sign(body + "\n", [BOOK.key])}
    verify_log(MemoryLog(files), PINNED)
