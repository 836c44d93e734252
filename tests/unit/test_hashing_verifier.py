"""What the verifier says of honest logs, what it passes on, and what it refuses to say."""

import pytest

from hashing import canonical
from hashing.acts import Act
from hashing.checkpoint import Checkpoint
from hashing.entry import Entry, parse
from hashing.errors import EvidenceError
from hashing.findings import MAX_FINDINGS_PER_CHECK, Check, Severity
from hashing.note import SigningKey, sign
from hashing.verifier import LogVerdict, verify_log
from tests.logbook import START_US, Logbook, MemoryLog, index_path, leaf, log_files, naive_root

PREDECESSOR = {"origin": "bureau/old/00000000", "size": 40, "root": "1" * 64, "reason": "disk lost"}


def codes(verdict: LogVerdict) -> list[tuple[int, str, Severity]]:
    return [(f.check, f.code, f.severity) for f in verdict.findings]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512, 700])
def test_an_honest_log_of_any_shape(size: int) -> None:
    book = Logbook().fill(size)
    verdict = verify_log(book.source(), book.first_key.verifier)
    assert verdict.findings == ()
    assert verdict.ok
    assert verdict.origin_proven
    assert (verdict.size, verdict.root, verdict.origin) == (size, book.head().root, book.origin)
    assert verdict.keys == ((0, book.key.verifier),)


@pytest.mark.slow
def test_an_honest_log_with_three_levels_of_tiles() -> None:
    book = Logbook().fill(65_536 + 300)
    source = book.source()
    assert "tile/2/000.p/1" in source.files
    assert verify_log(source, book.key.verifier).findings == ()
    tile = bytearray(source.files["tile/1/000"])
    tile[-1] ^= 1
    source.files["tile/1/000"] = bytes(tile)
    verdict = verify_log(source, book.key.verifier)
    assert [(f.check, f.subject) for f in verdict.findings] == [(6, "tile/1/000")]


def test_without_a_pinned_key_the_origin_is_not_proven() -> None:
    book = Logbook().fill(5)
    verdict = verify_log(book.source(), None)
    assert verdict.ok
    assert not verdict.origin_proven
    assert codes(verdict) == [(2, "ORIGIN_NOT_PROVEN", Severity.WARNING)]
    assert verdict.findings[0].exit_code == 101
    assert str(book.key.verifier) in verdict.findings[0].detail


def test_a_log_made_anew_under_another_key_is_caught_by_the_pinned_one_only() -> None:
    book, forged = Logbook().fill(9), Logbook().fill(9)
    assert verify_log(forged.source(), None).ok
    verdict = verify_log(forged.source(), book.key.verifier)
    assert codes(verdict) == [(2, "SIGNATURE", Severity.ERROR)]
    assert "begins with key" in verdict.findings[0].detail


def test_a_rotated_key_signs_what_comes_after_it() -> None:
    book = Logbook().fill(300)
    old = book.key
    new = book.rotate()
    book.fill(600)
    verdict = verify_log(book.source(), old.verifier)
    assert verdict.findings == ()
    assert verdict.origin_proven
    assert verdict.keys == ((0, old.verifier), (300, new.verifier))


@pytest.mark.parametrize("size", [300, 301])
def test_the_key_is_the_one_valid_at_the_size(size: int) -> None:
    book = Logbook().fill(300)
    old = book.key
    new = book.rotate()
    head = Checkpoint(book.origin, size, naive_root([leaf(e) for e in book.entries[:size]]))
    for key in (old, new):
        files = {"checkpoint": sign(head.body(), [key]), **log_files(book.entries[:size])}
        verdict = verify_log(MemoryLog(files), old.verifier)
        assert verdict.ok == ((key is old) == (size == 300))


def test_pinning_a_later_key_does_not_prove_the_origin() -> None:
    book = Logbook().fill(5)
    new = book.rotate()
    assert not verify_log(book.source(), new.verifier).origin_proven


def test_a_rotation_that_the_old_key_did_not_endorse_is_caught() -> None:
    book = Logbook().fill(5)
    thief = SigningKey.generate(book.origin)
    book.key = thief
    book.rotate()
    verdict = verify_log(book.source(), book.first_key.verifier)
    assert {(c, code) for c, code, _ in codes(verdict)} == {(7, "SIGNATURE"), (2, "SIGNATURE")}
    assert not verdict.origin_proven


def test_signatures_of_others_on_the_checkpoint_do_not_matter() -> None:
    book = Logbook().fill(5)
    source = book.source()
    witness = SigningKey.generate("witness")
    source.files["checkpoint"] = sign(book.head().body(), [witness, book.key])
    assert verify_log(source, book.key.verifier).findings == ()


def test_known_checkpoints_of_every_size_hold() -> None:
    book = Logbook().fill(600)
    leaves = [leaf(entry) for entry in book.entries]
    sizes = [0, 1, 255, 256, 257, 511, 512, 599, 600]
    known = [Checkpoint(book.origin, size, naive_root(leaves[:size])) for size in sizes]
    assert verify_log(book.source(), book.key.verifier, known).findings == ()
    for checkpoint in known[1:]:
        wrong = Checkpoint(book.origin, checkpoint.size, bytes(32))
        verdict = verify_log(book.source(), book.key.verifier, [*known, wrong])
        assert codes(verdict) == [(9, "ROLLED_BACK", Severity.ERROR)]


def test_a_changed_entry_is_not_called_a_fork() -> None:
    book = Logbook().fill(600)
    source = book.source()
    data = source.files["tile/entries/000"]
    source.files["tile/entries/000"] = data.replace(b'entry 5"', b'entry 4"')
    verdict = verify_log(source, book.key.verifier, [book.head()])
    assert Check.KNOWN not in {finding.check for finding in verdict.findings}
    assert not verdict.ok


def test_a_log_that_was_signed_anew_is_called_a_fork() -> None:
    book = Logbook().fill(20)
    known = book.head()
    fork = Logbook(key=book.key).fill(10)
    fork.append(Act.STOP, {"reason": "another history"})
    fork.fill(30)
    verdict = verify_log(fork.source(), book.key.verifier, [known])
    assert codes(verdict) == [(9, "ROLLED_BACK", Severity.ERROR)]


def test_succession_is_reported_and_the_lost_history_named() -> None:
    book = Logbook(succeeds=PREDECESSOR).fill(5)
    verdict = verify_log(book.source(), book.key.verifier)
    assert verdict.ok
    assert codes(verdict) == [(7, "LOG_SUCCEEDS", Severity.INFORMATION)]
    assert "disk lost" in verdict.findings[0].detail
    assert any("bureau/old" in gap for gap in verdict.not_checked)


@pytest.mark.parametrize(
    ("size", "root", "ok"),
    [(39, "2" * 64, True), (40, "1" * 64, True), (40, "2" * 64, False), (41, "1" * 64, False)],
)
def test_known_checkpoints_of_the_predecessor(size: int, root: str, ok: bool) -> None:
    book = Logbook(succeeds=PREDECESSOR).fill(5)
    known = Checkpoint("bureau/old/00000000", size, bytes.fromhex(root))
    verdict = verify_log(book.source(), book.key.verifier, [known])
    assert verdict.ok == ok
    assert any(f"of size {size} of bureau/old" in gap for gap in verdict.not_checked) == ok


def test_time_that_goes_back_within_a_boot_is_information() -> None:
    book = Logbook().fill(5)
    book.append(Act.STOP, {"reason": "a"}, time_us=START_US)
    book.append(Act.STOP, {"reason": "b"}, time_us=START_US - 1)
    verdict = verify_log(book.source(), book.key.verifier)
    assert verdict.ok
    assert verdict.origin_proven
    assert codes(verdict) == [(8, "CLOCK_WENT_BACK", Severity.INFORMATION)]
    assert "2 times" in verdict.findings[0].detail
    assert "entry 5" in verdict.findings[0].detail
    assert verdict.findings[0].exit_code == 0


def test_time_may_go_back_across_boots() -> None:
    book = Logbook().fill(5)
    book.append(
        Act.START, {"program": "p", "version": "1", "timezone": "UTC"}, time_us=0, boot="c" * 32
    )
    assert verify_log(book.source(), book.key.verifier).findings == ()


def test_entries_are_passed_on_in_order() -> None:
    book = Logbook().fill(600)
    seen: list[Entry] = []
    steps: list[tuple[int, int]] = []
    verify_log(book.source(), None, on_entry=seen.append, progress=lambda *step: steps.append(step))
    assert [entry.raw for entry in seen] == book.entries
    assert [entry.seq for entry in seen] == list(range(600))
    assert steps == [(256, 600), (512, 600), (600, 600)]


def test_entries_around_a_damage_are_passed_on_once_each() -> None:
    book = Logbook().fill(600)
    files = log_files([*book.entries[:5], b"garbage", *book.entries[6:]])
    seen: list[int] = []
    source = MemoryLog({**files, "checkpoint": book.files()["checkpoint"]})
    verify_log(source, None, on_entry=lambda entry: seen.append(entry.seq))
    assert seen == [seq for seq in range(600) if seq != 5]


def test_unknown_acts_are_intact_and_not_interpreted() -> None:
    book = Logbook().fill(5)
    fields = canonical.decode(book.entries[-1])
    fields |= {"seq": 5, "prev": book.prev, "act": "teleport", "to": "elsewhere"}
    book.entries.append(canonical.encode(fields))
    verdict = verify_log(book.source(), book.key.verifier, check_bodies=True)
    assert verdict.ok
    assert any("'teleport'" in gap for gap in verdict.not_checked)


def test_bodies_are_checked_on_request() -> None:
    book = Logbook().fill(5)
    fields = canonical.decode(book.entries[-1])
    fields |= {"seq": 5, "prev": book.prev, "detail": 7}
    book.entries.append(canonical.encode(fields))
    assert verify_log(book.source(), book.key.verifier).ok
    verdict = verify_log(book.source(), book.key.verifier, check_bodies=True)
    assert codes(verdict) == [(10, "BODY_MISMATCH", Severity.ERROR)]
    assert verdict.findings[0].subject == "entry 5"


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": True},
        {"act": "Not An Act"},
        {"act": ["stop"]},
        {"time": "2026-02-30T00:00:00.000000Z"},
        {"time": None},
        {"mono_ms": -1},
        {"station": 7},
        {"seq": 9},
        {"seq": 4},
        {"seq": True},
        {"prev": "1" * 64},
        {"prev": None},
    ],
    ids=repr,
)
@pytest.mark.parametrize("hole", [False, True])
def test_a_malformed_entry_under_a_good_signature_is_found(
    changes: dict[str, object], hole: bool
) -> None:
    book = Logbook().fill(256 if hole else 5)
    fields = canonical.decode(book.entries[-1])
    seq = len(book.entries)
    book.entries.append(canonical.encode({**fields, "seq": seq, "prev": book.prev} | changes))
    source = book.source()
    if hole:
        del source.files["tile/entries/000"]
    seen: list[Entry] = []
    verdict = verify_log(source, None, on_entry=seen.append, check_bodies=True)
    assert hole or Check.ENTRIES in {f.check for f in verdict.findings}
    assert not verdict.ok
    assert all(parse(entry.raw) == entry for entry in seen)


def test_known_checkpoints_are_not_judged_without_a_root() -> None:
    book = Logbook().fill(600)
    source = book.source()
    del source.files["tile/entries/001"], source.files["tile/0/001"]
    verdict = verify_log(source, book.key.verifier, [book.head()])
    assert Check.KNOWN not in {finding.check for finding in verdict.findings}
    assert any("known checkpoint of size 600" in gap for gap in verdict.not_checked)


def test_a_log_that_grew_while_it_was_read_is_honest() -> None:
    book = Logbook().fill(600)
    head = book.files()["checkpoint"]
    for size in (601, 700, 768, 800):
        grown = Logbook(key=book.key)
        grown.entries = list(book.entries)
        files = {**grown.fill(size).files(), "checkpoint": head}
        assert verify_log(MemoryLog(files), book.key.verifier).findings == ()


class FailingLog(MemoryLog):
    """A source whose disk fails."""

    def bundle(self, index: int, width: int) -> bytes | None:
        if index == 1:
            raise EvidenceError("input/output error")
        return super().bundle(index, width)

    def tile(self, level: int, index: int, width: int) -> bytes | None:
        if level == 1:
            raise EvidenceError("input/output error")
        return super().tile(level, index, width)


def test_a_file_that_cannot_be_read_is_a_finding() -> None:
    book = Logbook().fill(600)
    verdict = verify_log(FailingLog(book.files()), book.key.verifier)
    assert [(f.check, f.code, f.detail) for f in verdict.findings] == [
        (3, "MISSING_FILE", "cannot be read: input/output error"),
        (6, "MISSING_FILE", "cannot be read: input/output error"),
    ]


def test_a_source_that_fails_at_once_is_a_finding() -> None:
    class Gone(MemoryLog):
        def checkpoint(self) -> bytes | None:
            raise EvidenceError("share is not mounted")

    verdict = verify_log(Gone(), None)
    assert [(f.check, f.detail) for f in verdict.findings] == [(1, "share is not mounted")]
    assert verdict.not_checked


def test_very_many_findings_are_counted() -> None:
    book = Logbook().fill(600)
    entries = [entry if at % 2 else b"garbage %d" % at for at, entry in enumerate(book.entries)]
    source = MemoryLog({**log_files(entries), "checkpoint": book.files()["checkpoint"]})
    verdict = verify_log(source, book.key.verifier)
    named = [f for f in verdict.findings if f.check == Check.ENTRIES]
    assert len(named) == MAX_FINDINGS_PER_CHECK + 1
    assert any("200 more findings" in finding.detail for finding in named)


def test_an_empty_log_names_no_key() -> None:
    key = SigningKey.generate_origin("a/b")
    head = Checkpoint(key.name, 0, naive_root([]))
    verdict = verify_log(MemoryLog({"checkpoint": sign(head.body(), [key])}), key.verifier)
    assert codes(verdict) == [(7, "SIGNATURE", Severity.ERROR)]


def test_index_paths_of_the_helper() -> None:
    assert index_path(1234067, 256) == "x001/x234/067"
