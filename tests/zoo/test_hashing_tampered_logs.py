"""Logs that someone changed, and how the verifier names each change.

Every case starts from the same honest log. It says which findings name the defect, as
(check, code, subject, first words of the detail); the finding that the root differs, which
follows from most of them, is left out unless it is the point.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from hashing import canonical
from hashing.checkpoint import Checkpoint
from hashing.findings import Severity
from hashing.note import SigningKey, sign
from hashing.verifier import verify_log
from tests.logbook import Logbook, MemoryLog, bundle, index_path, leaf, log_files
from tests.tiny_verifier import accepts

SIZE = 700
BOOK = Logbook().fill(SIZE)
ENTRIES = BOOK.entries
FILES = BOOK.files()
LAST = "tile/entries/002.p/188"

Named = tuple[int, str, str, str]


def edited(entry: bytes, **changes: object) -> bytes:
    return canonical.encode({**canonical.decode(entry), **changes})


def forged(entries: list[bytes], *places: int) -> list[bytes]:
    return [edited(e, detail="forged") if at in places else e for at, e in enumerate(entries)]


def rechained(entries: list[bytes], start: int) -> list[bytes]:
    made = list(entries)
    for at in range(start, len(made)):
        made[at] = edited(made[at], prev=leaf(made[at - 1]).hex())
    return made


def renumbered(entries: list[bytes], start: int) -> list[bytes]:
    return rechained([edited(e, seq=at) for at, e in enumerate(entries)], start)


def swapped(one: int, other: int) -> list[bytes]:
    made = list(ENTRIES)
    made[one], made[other] = made[other], made[one]
    return made


def with_bundles(entries: list[bytes], tiles: bool = False) -> dict[str, bytes]:
    """The log with other entries, bundled anew; the tiles made anew as well where asked."""
    files = {name: data for name, data in FILES.items() if "entries" not in name}
    made = log_files(entries)
    return files | {name: data for name, data in made.items() if tiles or "entries" in name}


def with_file(name: str, change: Callable[[bytes], bytes] | None) -> dict[str, bytes]:
    files = dict(FILES)
    data = files.pop(name)
    return files if change is None else files | {name: change(data)}


def with_bundle(index: int, entries: list[bytes]) -> dict[str, bytes]:
    width = min(256, SIZE - 256 * index)
    return FILES | {f"tile/entries/{index_path(index, width)}": bundle(entries)}


def with_checkpoint(checkpoint: Checkpoint, key: SigningKey = BOOK.key) -> dict[str, bytes]:
    return FILES | {"checkpoint": sign(checkpoint.body(), [key])}


def flip(at: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def entry(seq: int, detail: str, check: int = 4) -> Named:
    return (check, "LOG_INCONSISTENT", f"entry {seq}", detail)


def entries(first: int, last: int, detail: str, check: int = 4) -> Named:
    return (check, "LOG_INCONSISTENT", f"entries {first} to {last}", detail)


ROOT: Named = (5, "LOG_INCONSISTENT", "checkpoint", "the entries hash to")


@dataclass(frozen=True)
class Case:
    files: dict[str, bytes]
    named: list[Named]
    known: list[Checkpoint] = field(default_factory=list)
    root_differs: bool = False


OTHER_KEY = SigningKey.generate(BOOK.origin)
CASES = {
    "entry edited": Case(
        with_bundles(forged(ENTRIES, 5)),
        [entry(5, "changed: entry 6 follows another one")],
        root_differs=True,
    ),
    "entry edited, tiles made anew": Case(
        with_bundles(forged(ENTRIES, 5), tiles=True),
        [entry(5, "changed: entry 6 follows another one")],
        root_differs=True,
    ),
    "last entry of a bundle edited": Case(
        with_bundles(forged(ENTRIES, 255)),
        [entry(255, "changed: entry 256 follows another one")],
        root_differs=True,
    ),
    "first entry of a bundle edited": Case(
        with_bundles(forged(ENTRIES, 256)),
        [entry(256, "changed: entry 257 follows another one")],
        root_differs=True,
    ),
    "two entries edited": Case(
        with_bundles(forged(ENTRIES, 5, 400)),
        [entry(5, "changed"), entry(400, "changed")],
        root_differs=True,
    ),
    "neighbours edited": Case(
        with_bundles(forged(ENTRIES, 5, 6)),
        [entry(5, "changed"), entry(6, "changed")],
        root_differs=True,
    ),
    "last entry edited": Case(
        with_bundles(forged(ENTRIES, SIZE - 1)),
        [entry(SIZE - 1, "changed: the tiles, which lead to the signed root", check=5)],
        root_differs=True,
    ),
    "last entry edited, tiles made anew": Case(
        with_bundles(forged(ENTRIES, SIZE - 1), tiles=True), [], root_differs=True
    ),
    "first entry edited": Case(
        with_bundles([edited(ENTRIES[0], actor="nobody"), *ENTRIES[1:]]),
        [entry(0, "changed: entry 1 follows another one")],
        root_differs=True,
    ),
    "prev of the first entry edited": Case(
        with_bundles([edited(ENTRIES[0], prev="1" * 64), *ENTRIES[1:]]),
        [entry(0, "changed: prev of the first entry is not zeros")],
        root_differs=True,
    ),
    "prev edited": Case(
        with_bundles([*ENTRIES[:6], edited(ENTRIES[6], prev="1" * 64), *ENTRIES[7:]]),
        [entry(6, "changed")],
        root_differs=True,
    ),
    "prev edited, tiles made anew": Case(
        with_bundles([*ENTRIES[:6], edited(ENTRIES[6], prev="1" * 64), *ENTRIES[7:]], tiles=True),
        [entry(6, "changed: it does not follow entry 5")],
        root_differs=True,
    ),
    "entry edited and the next one's prev": Case(
        with_bundles([*rechained(forged(ENTRIES, 5), 6)[:7], *ENTRIES[7:]]),
        [entry(6, "changed: entry 7 follows another one"), entry(5, "changed", check=5)],
        root_differs=True,
    ),
    "entry edited and chained anew to the end": Case(
        with_bundles(rechained(forged(ENTRIES, 5), 6)),
        [entries(5, SIZE - 1, "changed: the tiles, which lead", check=5)],
        root_differs=True,
    ),
    "everything made anew but the checkpoint": Case(
        with_bundles(rechained(forged(ENTRIES, 5), 6), tiles=True),
        [(5, "LOG_INCONSISTENT", "checkpoint", "the entries hash to")],
        root_differs=True,
    ),
    "entry removed from its bundle": Case(
        with_bundle(0, ENTRIES[:5] + ENTRIES[6:256]),
        [
            (3, "LOG_INCONSISTENT", "tile/entries/000", "bundle holds 255 entries, not 256"),
            entry(5, "removed: entry 6 follows"),
        ],
    ),
    "first entry removed": Case(
        with_bundle(0, ENTRIES[1:256]),
        [
            (3, "LOG_INCONSISTENT", "tile/entries/000", "bundle holds 255"),
            entry(0, "removed: entry 1 comes first"),
            (7, "SIGNATURE", "entry 0", "not a readable key entry"),
        ],
    ),
    "last entry of a bundle removed": Case(
        with_bundle(0, ENTRIES[:255]),
        [
            (3, "LOG_INCONSISTENT", "tile/entries/000", "bundle holds 255"),
            entry(255, "removed: entry 256 follows"),
        ],
    ),
    "last entry removed": Case(
        with_bundle(2, ENTRIES[512:699]),
        [
            (3, "LOG_INCONSISTENT", LAST, "bundle holds 187 entries, not 188"),
            entry(699, "removed: the checkpoint covers 700 entries"),
        ],
    ),
    "last entries removed": Case(
        with_bundle(2, ENTRIES[512:690]),
        [
            (3, "LOG_INCONSISTENT", LAST, "bundle holds 178"),
            entries(690, 699, "removed: the checkpoint covers"),
        ],
    ),
    "entry removed and bundled anew": Case(
        with_bundles(ENTRIES[:5] + ENTRIES[6:]),
        [
            (3, "LOG_INCONSISTENT", LAST, "bundle holds 187"),
            entry(5, "removed: entry 6 follows"),
        ],
        root_differs=True,
    ),
    "entries removed across bundles": Case(
        with_bundles(ENTRIES[:250] + ENTRIES[600:]),
        [
            (3, "LOG_INCONSISTENT", "tile/entries/001", "bundle holds 94 entries, not 256"),
            (3, "MISSING_FILE", LAST, "missing"),
            entries(250, 599, "removed: entry 600 follows"),
        ],
        root_differs=True,
    ),
    "entry removed, the rest numbered and chained anew": Case(
        with_bundles(renumbered(ENTRIES[:5] + ENTRIES[6:], 5)),
        [
            (3, "LOG_INCONSISTENT", LAST, "bundle holds 187"),
            entries(5, 511, "changed: the tiles", check=5),
            entry(699, "removed: the checkpoint covers"),
        ],
        root_differs=True,
    ),
    "two entries changed places": Case(
        with_bundles(swapped(5, 9)),
        [entry(5, "reordered: changed places with entry 9")],
        root_differs=True,
    ),
    "neighbours changed places": Case(
        with_bundles(swapped(698, 699)),
        [entry(698, "reordered: changed places with entry 699")],
        root_differs=True,
    ),
    "entry moved": Case(
        with_bundles(ENTRIES[:5] + ENTRIES[6:10] + ENTRIES[5:6] + ENTRIES[10:]),
        [entries(5, 9, "reordered: not in the order of their numbers")],
        root_differs=True,
    ),
    "entries of two bundles changed places": Case(
        with_bundles(swapped(5, 300)),
        [
            entry(5, "removed: entry 6 follows"),
            entry(300, "misplaced: found at the place of entry 5"),
            entry(5, "misplaced: found at the place of entry 300"),
            entry(300, "removed: entry 301 follows"),
        ],
        root_differs=True,
    ),
    "bundles changed places": Case(
        with_bundles(ENTRIES[256:512] + ENTRIES[:256] + ENTRIES[512:]),
        [
            entries(0, 255, "removed: entry 256 comes first"),
            entries(0, 255, "misplaced: found at the place of entries 256 to 511"),
        ],
        root_differs=True,
    ),
    "entry repeated": Case(
        with_bundle(0, ENTRIES[:6] + ENTRIES[5:255]),
        [entry(5, "repeated: found again at position 6"), entry(255, "removed: entry 256")],
        root_differs=True,
    ),
    "entry of the log added at its end": Case(
        with_bundle(2, ENTRIES[512:] + ENTRIES[3:4]),
        [
            (3, "LOG_INCONSISTENT", LAST, "bundle holds 189 entries, not 188"),
            entry(3, "misplaced: found at the place of entry 700"),
        ],
    ),
    "entry added behind the checkpoint": Case(
        with_bundle(2, [*ENTRIES[512:], edited(ENTRIES[3], seq=700, prev=BOOK.prev)]),
        [
            (3, "LOG_INCONSISTENT", LAST, "bundle holds 189 entries, not 188"),
            entry(700, "added: the checkpoint covers 700 entries"),
        ],
    ),
    "entry with white space": Case(
        with_bundles([*ENTRIES[:5], ENTRIES[5].replace(b",", b", ", 1), *ENTRIES[6:]]),
        [entry(5, "changed: not in canonical form")],
        root_differs=True,
    ),
    "entry that is not JSON": Case(
        with_bundles([*ENTRIES[:5], b"\xff\x00garbage", *ENTRIES[6:]]),
        [entry(5, "changed: not canonical JSON")],
        root_differs=True,
    ),
    "entry that is empty": Case(
        with_bundles([*ENTRIES[:5], b"", *ENTRIES[6:]]),
        [entry(5, "changed: not canonical JSON")],
        root_differs=True,
    ),
    "entry without common fields": Case(
        with_bundles([*ENTRIES[:5], b"{}", *ENTRIES[6:]]),
        [entry(5, "changed: entry lacks act, actor")],
        root_differs=True,
    ),
    "entry with a number beyond the log": Case(
        with_bundles([*ENTRIES[:5], edited(ENTRIES[5], seq=2**52), *ENTRIES[6:]]),
        [entry(2**52, "added: the checkpoint covers"), entry(5, "removed: entry 6 follows")],
        root_differs=True,
    ),
    "bundle truncated": Case(
        with_file("tile/entries/001", lambda data: data[:5000]),
        [(3, "LOG_INCONSISTENT", "tile/entries/001", "bundle breaks off inside its entry")],
    ),
    "bundle of zeros": Case(
        with_file("tile/entries/001", lambda data: bytes(len(data))),
        [
            (3, "LOG_INCONSISTENT", "tile/entries/001", "bundle holds"),
            entries(256, 511, "changed: not canonical JSON"),
        ],
        root_differs=True,
    ),
    "bundle empty": Case(
        with_file("tile/entries/001", lambda _: b""),
        [
            (3, "LOG_INCONSISTENT", "tile/entries/001", "bundle holds 0 entries, not 256"),
            entries(256, 511, "removed: entry 512 follows"),
        ],
    ),
    "bundle missing": Case(
        with_file("tile/entries/001", None), [(3, "MISSING_FILE", "tile/entries/001", "missing")]
    ),
    "first bundle missing": Case(
        with_file("tile/entries/000", None),
        [
            (3, "MISSING_FILE", "tile/entries/000", "missing"),
            (7, "SIGNATURE", "entry 0", "not a readable key entry"),
        ],
    ),
    "last bundle missing": Case(with_file(LAST, None), [(3, "MISSING_FILE", LAST, "missing")]),
    "tile of level 0 changed alone": Case(
        with_file("tile/0/000", flip(5 * 32)),
        [(6, "LOG_INCONSISTENT", "tile/0/000", "changed: hash 5 is not that of entry 5")],
    ),
    "partial tile of level 0 changed alone": Case(
        with_file("tile/0/002.p/188", flip(0)),
        [(6, "LOG_INCONSISTENT", "tile/0/002.p/188", "changed: hash 0 is not that of entry 512")],
    ),
    "tile of level 1 changed alone": Case(
        with_file("tile/1/000.p/2", flip(40)),
        [(6, "LOG_INCONSISTENT", "tile/1/000.p/2", "changed: hash 1 is another")],
    ),
    "tile truncated": Case(
        with_file("tile/0/000", lambda data: data[:-1]),
        [(6, "LOG_INCONSISTENT", "tile/0/000", "tile has 8191 bytes, not 8192")],
    ),
    "tile missing": Case(
        with_file("tile/0/001", None), [(6, "MISSING_FILE", "tile/0/001", "missing")]
    ),
    "upper tile missing": Case(
        with_file("tile/1/000.p/2", None), [(6, "MISSING_FILE", "tile/1/000.p/2", "missing")]
    ),
    "checkpoint signed with another key": Case(
        with_checkpoint(BOOK.head(), OTHER_KEY),
        [(2, "SIGNATURE", "checkpoint", "note is not signed by")],
    ),
    "checkpoint text changed": Case(
        FILES | {"checkpoint": FILES["checkpoint"].replace(b"\n700\n", b"\n699\n")},
        [(2, "SIGNATURE", "checkpoint", "signature by")],
        root_differs=True,
    ),
    "checkpoint of another origin": Case(
        with_checkpoint(Checkpoint("a/b/c", SIZE, BOOK.head().root)),
        [(2, "SIGNATURE", "checkpoint", "it is of origin 'a/b/c'")],
    ),
    "checkpoint ahead of the entries": Case(
        with_checkpoint(Checkpoint(BOOK.origin, SIZE + 3, BOOK.head().root)),
        [
            (3, "LOG_INCONSISTENT", "tile/entries/002.p/191", "bundle holds 188 entries"),
            entries(700, 702, "removed: the checkpoint covers 703 entries"),
            (6, "MISSING_FILE", "tile/0/002.p/191", "missing"),
        ],
    ),
    "checkpoint far ahead of the entries": Case(
        with_checkpoint(Checkpoint(BOOK.origin, 10**15, BOOK.head().root)),
        [
            (3, "LOG_INCONSISTENT", "tile/entries/002", "bundle holds 188 entries, not 256"),
            (3, "MISSING_FILE", "tile/entries/003", "missing, and the 63 after it"),
            (6, "MISSING_FILE", "tile/0/002", "missing, and the 64 after it"),
        ],
    ),
    "checkpoint with another root": Case(
        with_checkpoint(Checkpoint(BOOK.origin, SIZE, bytes(32))), [ROOT], root_differs=True
    ),
    "checkpoint that is garbage": Case(
        FILES | {"checkpoint": b"\xff"}, [(1, "LOG_INCONSISTENT", "checkpoint", "note is not")]
    ),
    "checkpoint that is another note": Case(
        FILES | {"checkpoint": sign("hello\n", [BOOK.key])},
        [(1, "LOG_INCONSISTENT", "checkpoint", "a checkpoint is three or more lines")],
    ),
    "checkpoint missing": Case(
        with_file("checkpoint", None), [(1, "MISSING_FILE", "checkpoint", "the log has no")]
    ),
    "rolled back": Case(
        FILES,
        [(9, "ROLLED_BACK", "known checkpoint of size 705", "rolled back: the log has only 700")],
        known=[Checkpoint(BOOK.origin, 705, bytes(32))],
    ),
    "forked": Case(
        FILES,
        [(9, "ROLLED_BACK", "known checkpoint of size 7", "forked: the log has another root")],
        known=[Checkpoint(BOOK.origin, 7, bytes(32))],
    ),
    "forked at its own size": Case(
        FILES,
        [(9, "ROLLED_BACK", "known checkpoint of size 700", "forked")],
        known=[Checkpoint(BOOK.origin, 700, bytes(32))],
    ),
    "another log in its place": Case(
        FILES,
        [(9, "ROLLED_BACK", "known checkpoint of size 7", "forked: it is of another log, a/b/c")],
        known=[Checkpoint("a/b/c", 7, bytes(32))],
    ),
    "nothing at all": Case({}, [(1, "MISSING_FILE", "checkpoint", "the log has no checkpoint")]),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_it_is_named(case: Case) -> None:
    verdict = verify_log(MemoryLog(case.files), BOOK.first_key.verifier, case.known)
    errors = [f for f in verdict.findings if f.severity is Severity.ERROR]
    assert not verdict.ok
    assert all(finding.exit_code for finding in errors)
    found = [(f.check, f.code, f.subject, f.detail) for f in errors]
    root = [item for item in found if item[0] == 5 and item[2] == "checkpoint"]
    assert bool(root) == case.root_differs
    named = [item for item in found if item not in root]
    wanted = [item for item in case.named if item[2:] != ROOT[2:]]
    assert [item[:3] for item in sorted(named)] == [item[:3] for item in sorted(wanted)]
    for item, want in zip(sorted(named), sorted(wanted), strict=True):
        assert item[3].startswith(want[3])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_tiny_verifier_agrees(case: Case) -> None:
    # A known checkpoint is beyond the tiny one; without it these logs are honest.
    assert accepts(case.files, str(BOOK.first_key.verifier)) == bool(case.known)


def test_the_log_they_start_from_is_honest() -> None:
    verdict = verify_log(MemoryLog(dict(FILES)), BOOK.first_key.verifier, [BOOK.head()])
    assert verdict.findings == ()
    assert verdict.origin_proven
